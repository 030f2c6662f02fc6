"""Why a deployment is in the set, in the words that every page and table uses."""

from collections.abc import Mapping
from types import MappingProxyType

from scope.model import Because

# An ordinary change is explained by its path alone.
REASONS: Mapping[Because, str] = MappingProxyType(
    {
        "changed": "",
        "rule": "by rule",
        "first-deploy": "first deploy",
        "failed-attempt": "the last deploy did not complete",
        "untrusted-record": "the record can't be trusted",
        "base-unreachable": "no base to compare with",
        "new-value": "a value from the environment is new",
        "removed": "gone from the repository",
    }
)
UNOWNED = "no rule covers it"
