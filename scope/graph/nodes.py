"""The names of the graph's nodes, `<kind>:<name>`, composed and parsed nowhere else.

A file's name is its path as the manifest writes it, a source's `<domain>.<source>`, a table's its full name in the last
target: `<domain>.<source>.<table>` by default.
"""

from scope.model import quote_path
from scope.repository.layout import Role, place_of

# One node for all files that shape every deployment and belong to none.
TOOLING = "tooling:the bundle and its tooling"
_FILE = "file"
_ROLES = {
    Role.SPEC: "spec",
    Role.SETTINGS: "spec",
    Role.MODEL: "model",
    Role.SHARED: "shared",
    Role.RESOURCE: "resource",
    Role.LOADER: "resource",
    Role.CODE: "code",
}


def file_node(path: str) -> str:
    """Return a file's node."""
    return f"{_FILE}:{quote_path(path)}"


def written_file_node(path: str) -> str:
    """Return the node of a file whose path is written as in a manifest already."""
    return f"{_FILE}:{path}"


def domain_node(domain: str) -> str:
    """Return a domain's node."""
    return f"domain:{domain}"


def source_node(domain: str, source: str) -> str:
    """Return the node of a domain's source."""
    return f"source:{domain}.{source}"


def source_of_table(table: str) -> str:
    """Return the node of the source after which a table's schema is called."""
    return f"source:{table.rpartition('.')[0]}"


def target_node(target: str) -> str:
    """Return a target's node."""
    return f"target:{target}"


def table_node(table: str) -> str:
    """Return a table's node."""
    return f"table:{table}"


def schema_node(schema: str) -> str:
    """Return the node of a schema, `<catalog>.<schema>`, of a catalog that is no domain's."""
    return f"schema:{schema}"


def catalog_node(catalog: str) -> str:
    """Return the node of a catalog that is no domain's."""
    return f"catalog:{catalog}"


def library_node(folder: str) -> str:
    """Return the node of a folder of shared code."""
    return f"library:{folder}"


def folder_node(folder: str) -> str:
    """Return the node of another folder."""
    return f"folder:{folder}"


def reader_node(domain: str) -> str:
    """Return the node of a domain that only reads: nothing of it deploys."""
    return f"reader:{domain}"


def split_node(node: str) -> tuple[str, str]:
    """Return a node's kind and its name."""
    kind, _, name = node.partition(":")
    return kind, name


def file_of(node: str) -> str | None:
    """Return the path that a file's node names, as the manifest writes it; None for a node of another kind."""
    kind, name = split_node(node)
    return name if kind == _FILE else None


def label(node: str) -> str:
    """Return a node as people read it: a file's path, or the kind and name of another node."""
    return file_of(node) or node


def node_kind(node: str) -> str:
    """Return the kind of a node, or for a file the kind of its role."""
    path = file_of(node)
    if path is None:
        return split_node(node)[0]
    return _ROLES.get(place_of(path).role, "config")
