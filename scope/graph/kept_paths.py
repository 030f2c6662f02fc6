"""The paths from changed shared files to a domain, as an earlier run found them between the same folders."""

import json
from collections.abc import Collection, Mapping

from scope.graph.closure import DomainIndex
from scope.model import Step

# By changed file; a file that the domain doesn't depend on has none.
Paths = Mapping[str, tuple[Step, ...]]


class KeptPaths:
    """The paths between two trees, by domain. They depend on its folders, the shared code and the files of every stage."""

    def __init__(self, base: DomainIndex, head: DomainIndex, starts: Collection[str]) -> None:
        """Keep the paths from some shared files, `starts`, together."""
        self._sides = (base, head)
        self._starts = sorted(starts)

    def get(self, domain: str) -> dict[str, tuple[Step, ...]] | None:
        """Return the paths to a domain, or None if none were kept."""
        kept, name = self._sides[1].kept, self._name(domain)
        text = kept.get(name) if kept is not None and name is not None else None
        if text is None:
            return None
        return {start: tuple(Step(node, edge) for node, edge in steps) for start, steps in json.loads(text).items()}

    def put(self, domain: str, paths: Paths) -> None:
        """Keep the paths to a domain."""
        kept, name = self._sides[1].kept, self._name(domain)
        if kept is not None and name is not None:
            steps = {start: [(step.node, step.edge) for step in steps] for start, steps in paths.items()}
            kept.put(name, json.dumps(steps))

    def _name(self, domain: str) -> str | None:
        sides = [side.name_of_uses(domain) for side in self._sides]
        return None if None in sides else json.dumps(["paths", domain, self._starts, *sides])
