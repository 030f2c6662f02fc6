"""What would break in a stage or in the workspace, found in the whole repository at once."""

from collections import defaultdict
from collections.abc import Iterator

from scope.closure import Closures
from scope.model import Finding, Kind
from scope.rules import NO_DOMAINS, is_domain_name
from scope.stage_check import check_stage

# Folders below `src` and `resources` that are nobody's domain.
_PLACED = frozenset({"common", "_models", "_generated", "dist"})


def check_repository(closures: Closures) -> tuple[Finding, ...]:
    """Return every finding, sorted by place: what keeps any domain's stage from standing alone, and names that can't be."""
    found = set(_names(closures))
    for domain in closures.domains:
        for target in closures.targets[:1]:
            found.update(check_stage(closures, target, domain))
    return tuple(sorted(found))


def _names(closures: Closures) -> Iterator[Finding]:
    spellings: dict[str, set[str]] = defaultdict(set)
    for top in ("src", "resources"):
        for name, entry in closures.snapshot.names(top).items():
            if entry.kind is not Kind.FOLDER or name in _PLACED:
                continue
            spellings[name.lower()].add(name)
            if name in NO_DOMAINS:
                yield Finding(
                    f"{top}/{name}", 0, "reserved-name", f"`{name}` has a meaning of its own. Give the domain another name."
                )
            elif not is_domain_name(name):
                message = f"`{name}` can't be a domain: snake_case, a letter first, no Python keyword. Rename the folder."
                yield Finding(f"{top}/{name}", 0, "domain-name", message)
    for names in spellings.values():
        if len(names) > 1:
            first, *others = sorted(names)
            message = (
                f"Differs from {', '.join(others)} only in case, and Unity Catalog doesn't tell cases apart. Rename one."
            )
            yield Finding(f"src/{first}", 0, "case", message)
