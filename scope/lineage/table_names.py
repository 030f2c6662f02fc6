"""What a table is called, and whose it is, in a repository with some naming.

One table has as many names as there are targets. It is shown, and compared, by the one that it has in the last target, such
as prod: a name that another target would give it, and one that is made of references, stand for the same table. With the
default naming that is `<domain>.<source>.<table>`, and nothing need be known of the repository.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from scope.lineage.names import HOLE, PREFIXES, References
from scope.naming import DEFAULT, Naming, fill, resolve_references, to_key
from scope.repository.layout import Role, place_of

_PATTERNS = ("catalog_pattern", "schema_pattern", "upstream_catalog_pattern", "upstream_schema_pattern")
_REFERENCE = re.compile(r"\$\{[^{}]*\}")


class TableNames(NamedTuple):
    """The names of tables in one tree.

    `values` are what references stand for in names, by the variable's name or the key that the platform hands it on by.
    `owners` has by schema (`<catalog>.<schema>`) the domain and its source, an empty one if it is several of the domain's.
    `written` has by a schema as any target calls it the schema as it is shown. `loaders` have by file, or by folder of a
    layer, the layer of a pipeline that loads it into its own schema.
    """

    naming: Naming = DEFAULT
    values: Mapping[str, str] = PREFIXES
    owners: Mapping[str, tuple[str, str]] = MappingProxyType({})
    written: Mapping[str, str] = MappingProxyType({})
    domains: frozenset[str] = frozenset()
    loaders: Mapping[str, str] = MappingProxyType({})

    @property
    def is_plain(self) -> bool:
        """Return whether a table's name begins with its domain and its source."""
        return self.naming.has_plain_tables

    @property
    def key(self) -> tuple[object, ...]:
        """What tells these names from others, as plain values; nothing for the default."""
        if self.is_plain:
            return ()
        parts = (self.values, self.owners, self.written, self.loaders)
        return (to_key(self.naming), *(sorted(part.items()) for part in parts), sorted(self.domains))

    def references(self, domain: str | None) -> References:
        """Return what references stand for in the code of a domain."""
        return References(domain, self.values)

    def home(self, path: str) -> tuple[str, str] | None:
        """Return the catalog and the schema from which short names count in a file, or None; a hole for what isn't known."""
        place = place_of(path)
        if place.role not in {Role.CODE, Role.RESOURCE, Role.SPEC} or not place.domain or not place.source:
            return None
        if self.is_plain:
            return place.domain, place.source
        catalog, schema = self.find_schema(place.domain, place.source, self._find_layer(path))
        return HOLE if HOLE in catalog else catalog, HOLE if HOLE in schema else schema

    def _find_layer(self, path: str) -> str:
        parts = path.split("/")
        loading = self.loaders.get(path) or self.loaders.get("/".join(parts[:4]))
        if loading is not None:
            return loading
        folder, stem = parts[3] if len(parts) > 4 else "", parts[-1].partition("_")[0]
        return next((name for name in (folder, stem) if name in self.naming.layers), HOLE)

    def find_schema(self, domain: str, source: str, layer: str) -> tuple[str, str]:
        """Return the catalog and the schema of tables, as they are shown."""
        catalog, schema = self.naming.schema_of(domain, source, layer)
        return self.resolve(catalog), self.resolve(schema)

    def resolve(self, text: str) -> str:
        """Return an expression with its references replaced, or a hole if nothing is left of it."""
        values = {f"var.{name}": value for name, value in self.values.items()} | {
            "bundle.target": self.values.get("target", "")
        }
        return resolve_references(text, values) or HOLE

    def physical(self, logical: str) -> str:
        """Return the name of the table that `table()` is given, which is logical: domain, source and table, or holes."""
        parts = logical.split(".")
        if self.is_plain or len(parts) != 3:
            return logical
        domain, source, table = parts
        split = self.naming.split_table(table)
        if split is None:
            return HOLE if HOLE in table else logical
        return ".".join((*self.find_schema(domain, source, split[0]), split[1]))

    def of_spec(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the parts of a table that a spec names: a logical name of a domain's table, the full name of any other."""
        is_logical = not self.is_plain and parts[0].lower() in self.domains
        return tuple(self.physical(".".join(parts).lower()).split(".")) if is_logical else parts

    def canonical(self, table: str) -> str:
        """Return the name by which a table is shown, of a name that it has in some target."""
        if self.is_plain:
            return table
        schema, _, name = table.rpartition(".")
        return f"{self.written.get(schema, schema)}.{name}"

    def domain_of(self, table: str) -> str | None:
        """Return the domain whose table it is, by its shown name, or None. With the default naming, it need not exist."""
        if self.is_plain:
            return table.partition(".")[0]
        owner = self.owners.get(table.rpartition(".")[0])
        return owner[0] if owner else None

    def schemas_of(self, domain: str, source: str) -> frozenset[str]:
        """Return the schemas of a source's tables, as they are shown."""
        if self.is_plain:
            return frozenset({f"{domain}.{source}"})
        layers = self.naming.layers if self.naming.has_layer else ("",)
        return frozenset(".".join(self.find_schema(domain, source, layer)) for layer in layers)

    def source_words(self, domain: str, source: str) -> frozenset[str]:
        """Return words of which a file has one that names a source's tables without their domain."""
        if self.is_plain:
            return frozenset({source})
        schemas = self.schemas_of(domain, source)
        names = {one for one, shown in self.written.items() if shown in schemas} | schemas
        expressions = (self.naming.schema, self.naming.upstream_schema, self.naming.catalog, self.naming.upstream_catalog)
        for at, pair in enumerate((expressions[:2], expressions[2:])):
            parts = ({"domain": domain, "source": source, "layer": layer} for layer in self.naming.layers)
            bare = {fill(_REFERENCE.sub("", one), part) for part in parts for one in pair}
            # What is left of an expression stands in the text where references stand for the rest.
            words = {name.split(".")[1 - at] for name in names} | bare
            if "" not in bare:
                return frozenset(words)
        return frozenset({part for name in names for part in name.split(".")} | {*self.values} - {""})

    def words(self, domain: str, source: str) -> frozenset[str]:
        """Return words of which every file that names a source's tables, by whatever name, has one."""
        return frozenset({domain}) if self.is_plain else self.source_words(domain, source) | {domain}

    def catalogs(self, domains: Iterable[str]) -> frozenset[str]:
        """Return the catalogs by which tables of some domains are named in full."""
        if self.is_plain:
            return frozenset(domains)
        wanted = frozenset(domains)
        return frozenset(
            name.partition(".")[0] for name, shown in self.written.items() if self.owners.get(shown, ("",))[0] in wanted
        )

    def has_word(self, table: str, words: Collection[str]) -> bool:
        """Return whether a shown name has one of some words, or its domain is one."""
        if self.is_plain:
            return table.partition(".")[0] in words
        return self.domain_of(table) in words or not frozenset(table.split(".")).isdisjoint(words)

    def is_mentioned(self, text: bytes) -> bool:
        """Return whether a document may name a table by references that the default naming doesn't have."""
        return not self.is_plain and b"{" in text


PLAIN = TableNames()


def make_names(
    naming: Naming,
    sources: Mapping[str, Iterable[str]],
    values: Mapping[str, Mapping[str, str | None]],
    loaders: Mapping[str, str],
) -> TableNames:
    """Return the names of tables, from the sources by domain and the variables' values by target, the shown one last.

    The loaders are those of `TableNames`.
    """
    if naming.has_plain_tables:
        return TableNames(domains=frozenset(sources))
    last, known = list(values.items())[-1] if values else ("", {})
    # A variable whose value only the CLI knows stands for itself.
    shown = {name: name.lower() if (value := known.get(name)) is None else value for name in naming.variables}
    if naming.has_target:
        shown["target"] = last
    names = TableNames(naming, dict(shown))
    patterns = zip(_PATTERNS, naming.expressions, strict=True)
    shown |= {key: names.resolve(text) for key, text in patterns if not re.search(r"(?<!\$)\{", text)}
    owners: dict[str, tuple[str, str]] = {}
    written: dict[str, str] = {}
    for domain, source, layer in _list_places(naming, sources):
        schema = ".".join(names.find_schema(domain, source, layer))
        owner = owners.setdefault(schema, (domain, source))
        if owner != (domain, source):
            owners[schema] = (domain, "") if owner[0] == domain else ("", "")
        written[schema] = schema
    for target, of_target in values.items():
        by_name = {f"var.{name}": value for name, value in of_target.items()} | {"bundle.target": target}
        for domain, source, layer in _list_places(naming, sources):
            schema = ".".join(names.find_schema(domain, source, layer))
            for is_upstream in (False, True):
                text = ".".join(naming.schema_of(domain, source, layer, upstream=is_upstream))
                name = resolve_references(text, by_name)
                if name is not None:
                    written.setdefault(name.lower(), schema)
    owned = {schema: owner for schema, owner in owners.items() if owner[0]}
    return TableNames(naming, shown, owned, written, frozenset(sources), loaders)


def _list_places(naming: Naming, sources: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str, str]]:
    """Yield the domain, the source and the layer of every schema; an empty layer where that makes no difference."""
    for domain, names in sources.items():
        for source in names:
            for layer in naming.layers if naming.has_layer else ("",):
                yield domain, source, layer
