"""The resources of each domain, as far as its text tells, read once and kept for later runs."""

import json

from scope.inference.resource_facts import dump_resources, load_resources
from scope.inference.resource_keys import DefinedResource, read_resources
from scope.ports import Kept
from scope.repository.layout import resource_folder
from scope.repository.snapshot import Snapshot

_Facts = tuple[tuple[DefinedResource, ...], tuple[tuple[str, int], ...]]


class ResourceIndex:
    """What the resource folders of one tree define."""

    def __init__(self, snapshot: Snapshot, kept: Kept | None) -> None:
        """Index a tree; nothing is read yet. `kept` is what earlier runs found out."""
        self._snapshot = snapshot
        self._kept = kept
        self._known: dict[str, _Facts] = {}

    def defined(self, domain: str) -> tuple[DefinedResource, ...]:
        """Return a domain's resources with their names, sorted by key."""
        return self._facts(domain)[0]

    def unread(self, domain: str) -> tuple[tuple[str, int], ...]:
        """Return where a domain's modules make resources whose keys their text doesn't tell: paths and lines, sorted."""
        return self._facts(domain)[1]

    def _facts(self, domain: str) -> _Facts:
        if domain not in self._known:
            folder = resource_folder(domain)
            entry = self._snapshot.entry(folder)
            name = json.dumps(["resources", domain, entry and [entry.kind, entry.oid]])
            text = self._kept.get(name) if self._kept is not None else None
            self._known[domain] = self._read(folder) if text is None else load_resources(text)
            if text is None and self._kept is not None:
                self._kept.put(name, dump_resources(*self._known[domain]))
        return self._known[domain]

    def _read(self, folder: str) -> _Facts:
        return read_resources(self._snapshot.read_all(self._snapshot.files(folder)))
