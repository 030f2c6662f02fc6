"""The resources that a folder defines as text that is kept: a folder of the same content never has others."""

import json
from collections.abc import Iterable

from scope.inference.resource_keys import DefinedResource
from scope.model import ResourceKey


def dump_resources(defined: Iterable[DefinedResource], unread: Iterable[tuple[str, int]]) -> str:
    """Return a folder's resources, and the places whose keys its text doesn't tell, as text."""
    return json.dumps([[[one.key.kind, one.key.name, one.key.child, one.name] for one in defined], list(unread)])


def load_resources(text: str) -> tuple[tuple[DefinedResource, ...], tuple[tuple[str, int], ...]]:
    """Return what `dump_resources` has made a text of."""
    defined, unread = json.loads(text)
    resources = tuple(DefinedResource(ResourceKey(kind, name, child), shown) for kind, name, child, shown in defined)
    return resources, tuple((path, line) for path, line in unread)
