"""The names that domains and targets can have, and digests by which people name a list."""

import keyword
import re
from collections.abc import Iterable
from functools import lru_cache

from scope.errors import UsageError

NO_DOMAINS = frozenset({"all", "common"})
# Databricks limits catalog names to 255 characters; prefixes and key suffixes need room.
MAX_NAME = 100
_MOST_KNOWN = 4096


@lru_cache(_MOST_KNOWN)  # asked for each path of a tree
def is_domain_name(name: str) -> bool:
    """Return whether a folder's name can be a domain's: snake_case, no Python keyword, not reserved by scope."""
    return (
        re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None
        and len(name) <= MAX_NAME
        and name not in NO_DOMAINS
        and not keyword.iskeyword(name)
    )


def require_domain_names(names: Iterable[str]) -> None:
    """Raise `UsageError` if a name that a user gave can't be a domain's."""
    for name in sorted(names):
        if not is_domain_name(name):
            raise UsageError(f"`{name}` can't be a domain's name: those are snake_case, such as finance.")


def is_commit_name(name: str) -> bool:
    """Return whether a text is a commit's whole name, in hex: in git's place for a ref, any other might be an option."""
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name) is not None


def is_target_name(name: str) -> bool:
    """Return whether a name can be a bundle target's."""
    return re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name) is not None


def domain_environment(target: str, domain: str) -> str:
    """Return the environment with the identity of one domain in a target: `.` is in no name, so it is no other's."""
    return f"{target}.{domain}"


def is_list_digest(text: str) -> bool:
    """Return whether a text can be the digest of a list of deletions, which approves exactly that list."""
    return re.fullmatch(r"[0-9a-f]{16,64}", text) is not None
