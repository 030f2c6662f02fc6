"""What lies in what: the node that holds another one, from its place in the repository alone.

A picture is folded along these: a source's files and tables into the source, sources into their domain, shared files into
their folder. A table of a catalog that no domain has is somebody else's, and lies in its schema and catalog.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from scope.graph.nodes import (
    TOOLING,
    catalog_node,
    domain_node,
    file_of,
    folder_node,
    library_node,
    schema_node,
    source_node,
    source_of_table,
    split_node,
    target_node,
)
from scope.repository.layout import COMMON, Role, place_of


@dataclass(frozen=True, slots=True)
class Homes:
    """Where tables lie: the domains of the repository, and by schema the source or domain that has it.

    A schema that isn't listed is that of a source if its catalog is a domain's name.
    """

    domains: Collection[str]
    schemas: Mapping[str, str] = field(default_factory=dict)

    def find_home(self, table: str) -> str | None:
        """Return the node that a table lies in, or None if it isn't a domain's."""
        known = self.schemas.get(table.rpartition(".")[0])
        return known or (source_of_table(table) if table.partition(".")[0] in self.domains else None)


def find_parent(node: str, homes: Homes) -> str | None:
    """Return the node that holds another one, or None for one at the top."""
    kind, name = split_node(node)
    first, _, rest = name.partition(".")
    match kind:
        case "file":
            return _find_parent_of_file(name)
        case "table" if (home := homes.find_home(name)) is not None:
            return home
        case "table" if "." in name:
            return schema_node(name.rpartition(".")[0])
        case "source":
            return domain_node(first)
        case "schema" if rest:
            return catalog_node(first)
        case "library" if name != COMMON:
            return library_node(name.rpartition("/")[0])
        case _:
            return None


def list_ancestors(node: str, homes: Homes) -> Iterator[str]:
    """Yield the nodes that hold another one, the nearest first."""
    parent = find_parent(node, homes)
    while parent is not None:
        yield parent
        parent = find_parent(parent, homes)


def is_tooling(node: str) -> bool:
    """Return whether a node is a file that shapes every deployment and belongs to none."""
    path = file_of(node)
    return path is not None and place_of(path).role in {Role.BUNDLE, Role.OTHER}


def _find_parent_of_file(path: str) -> str | None:
    place = place_of(path)
    match place.role:
        case Role.SHARED:
            return library_node(path.rpartition("/")[0])
        case Role.MODEL:
            return folder_node(path.rpartition("/")[0])
        case Role.TARGET if place.target is not None:
            return target_node(place.target)
        case Role.BUNDLE | Role.OTHER:
            return TOOLING
    if place.domain is None:
        return None
    return source_node(place.domain, place.source) if place.source is not None else domain_node(place.domain)
