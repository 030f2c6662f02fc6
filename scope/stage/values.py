"""The values that a deploy takes from its environment: variables of the bundle that `[tool.scope]` lists by name.

The record keeps a digest of each, so that a new value is due like a new file. A value may be a secret, and many may read a
record: the digest is salted, and slow to compute, so that nobody finds a value by trying.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scope.graph.index import DeploymentIndex

# The CLI's own convention for variables in the environment.
PREFIX = "BUNDLE_VAR_"
_SCRYPT = "scrypt"
# 16 MiB and some 50 ms a value (RFC 7914 calls this interactive use).
_COST = {"n": 1 << 14, "r": 8, "p": 1, "dklen": 32}
_DIGEST = re.compile(rf"{_SCRYPT}:(?P<salt>[0-9a-f]{{32}}):(?P<hash>[0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class DeployValues:
    """The listed variables that one deployment refers to, and the values that the environment gives to some of them."""

    used: frozenset[str] = frozenset()
    # Not shown by `repr`: they may be secrets.
    given: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of the environment that hand the values to the CLI."""
        return {f"{PREFIX}{name}": value for name, value in self.given.items()}

    def digests(self) -> dict[str, str]:
        """Return a digest of each given value, by name, for a record. Each call salts them anew."""
        return {name: _digest(value, secrets.token_hex(16)) for name, value in sorted(self.given.items())}

    def find_changed(self, recorded: Mapping[str, str]) -> tuple[str, ...]:
        """Return the names of the values that differ from the recorded ones, sorted. One that isn't given can't be told."""
        return tuple(
            name for name, value in sorted(self.given.items()) if name not in recorded or not _fits(value, recorded[name])
        )

    def find_missing(self, recorded: Mapping[str, str]) -> tuple[str, ...]:
        """Return the names that are used and recorded, and for which the environment has no value, sorted."""
        return tuple(sorted((self.used & recorded.keys()) - self.given.keys()))


def find_values(index: DeploymentIndex, target: str, domain: str, environment: Mapping[str, str]) -> DeployValues:
    """Return the values that an environment has for the listed variables which a deployment refers to."""
    names = listed_names(index.rules.variables, domain)
    if not names:
        return DeployValues()
    used = index.used_variables(target, domain, names)
    return DeployValues(
        used, {name: environment[f"{PREFIX}{name}"] for name in sorted(used) if f"{PREFIX}{name}" in environment}
    )


def listed_names(listed: Iterable[str], domain: str) -> frozenset[str]:
    """Return the names of the variables that are listed for a domain: for all domains, or for it alone.

    >>> sorted(listed_names(["region", "finance.api_key", "marketing.token"], "finance"))
    ['api_key', 'region']
    """
    parts = (name.rpartition(".") for name in listed)
    return frozenset(name for owner, _, name in parts if owner in {"", domain})


def _digest(value: str, salt: str) -> str:
    digest = hashlib.scrypt(value.encode(errors="surrogateescape"), salt=bytes.fromhex(salt), **_COST)
    return f"{_SCRYPT}:{salt}:{digest.hex()}"


def _fits(value: str, digest: str) -> bool:
    parts = _DIGEST.fullmatch(digest)
    return parts is not None and hmac.compare_digest(_digest(value, parts["salt"]), digest)
