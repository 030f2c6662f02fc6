"""The names of tables and resources: `[tool.scope.naming]` → expressions, and what they come to.

An expression is text with placeholders (`{domain}`, `{source}`, `{layer}`) and references of the bundle (`${var.catalog}`,
`${bundle.target}`). What differs between targets is a variable's value: the bundle has a home for it already, `targets/`,
and whatever else reads the variable agrees. `scope` and `generator` share this module, since they must agree on names.
"""

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from scope.wording import suggest

DEFAULT_LAYERS = ("raw", "base", "staging", "final")
KEYS: Mapping[str, str] = {
    "catalog": "An expression: the catalog of a domain's tables.",
    "schema": "An expression: their schema.",
    "upstream-catalog": "An expression: where other domains read the tables, if not where `catalog` says.",
    "upstream-schema": "The same for `schema`.",
    "layers": "A list of words, in the order in which data passes: the folders of a source, and the layers of specs.",
    "resource": "The name of a pipeline or a job, of text and `{domain}`, `{source}`, `{layer}`, `{asset}`.",
}
"""The keys of the table, each with what it takes."""
# `platform.<variable>` is how a variable reaches code; these are keys of the platform's own.
OWN_KEYS = frozenset(
    {"domain", "target", "catalog_pattern", "schema_pattern", "upstream_catalog_pattern", "upstream_schema_pattern"}
)
# Set by scope for one deployment: other domains' tables would be looked for where one's own are.
_OF_ONE_DEPLOYMENT = frozenset({"domain", "stage"})
_PIECE = r"\$\{(?P<reference>[^{}]*)\}|(?<!\$)\{(?P<placeholder>[^{}]*)\}|(?P<text>[a-z0-9_]+)"
_REFERENCE = r"var\.(?P<variable>[A-Za-z_][A-Za-z0-9_]*)|bundle\.target"
_LAYER = re.compile(r"[a-z][a-z0-9]*")
_LONGEST = 200
_MOST_LAYERS = 20
# Folders of a source that are no layer's.
_NO_LAYERS = frozenset({"jobs", "pipelines", "tasks", "transforms"})


class Problem(NamedTuple):
    """What is wrong with the value of a key; `part` is the piece of it that is meant, or empty."""

    key: str
    message: str
    part: str = ""


class Naming(NamedTuple):
    """How tables and resources are named. Every text is a valid expression."""

    catalog: str = "${var.catalog_prefix}{domain}"
    schema: str = "${var.schema_prefix}{source}"
    upstream_catalog: str = "${var.upstream_catalog_prefix}{domain}"
    upstream_schema: str = "${var.upstream_schema_prefix}{source}"
    layers: tuple[str, ...] = DEFAULT_LAYERS
    resource: str = "{domain}_{source}_{layer}_{asset}"

    @property
    def expressions(self) -> tuple[str, str, str, str]:
        """The expressions of tables: catalog and schema for the domain itself, then both for the others."""
        return self.catalog, self.schema, self.upstream_catalog, self.upstream_schema

    @property
    def has_plain_tables(self) -> bool:
        """Return whether catalog and schema are the domain and the source, each with a prefix of the target."""
        return self.expressions == DEFAULT.expressions

    @property
    def has_layer(self) -> bool:
        """Return whether the layer is part of the catalog or the schema, and so not of the table's own name."""
        return any("{layer}" in text for text in self.expressions)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that tables' names take, in the order in which the expressions have them."""
        found = (match["variable"] for text in self.expressions for match in re.finditer(_REFERENCE, text))
        return tuple(dict.fromkeys(name for name in found if name))

    @property
    def differs_by_target(self) -> bool:
        """Return whether a table can have another name in another target."""
        return bool(self.variables) or self.has_target

    @property
    def has_target(self) -> bool:
        """Return whether the target's own name is part of tables' names."""
        return any("${bundle.target}" in text for text in self.expressions)

    def schema_of(self, domain: str, source: str, layer: str, *, upstream: bool = False) -> tuple[str, str]:
        """Return the catalog and the schema of tables, with the bundle's references in them."""
        parts = {"domain": domain, "source": source, "layer": layer}
        catalog, schema = self.expressions[2:] if upstream else self.expressions[:2]
        return fill(catalog, parts), fill(schema, parts)

    def split_table(self, name: str) -> tuple[str, str] | None:
        """Return the layer and the table of the last part of a logical name; None if it names no layer and has to.

        >>> Naming().split_table("final_payments"), Naming(schema="{layer}").split_table("final_payments")
        (('', 'final_payments'), ('final', 'payments'))
        """
        if not self.has_layer:
            return "", name
        layer, _, table = name.partition("_")
        return (layer, table) if layer in self.layers and table else None

    def resource_of(self, domain: str, source: str, layer: str, asset: str) -> str:
        """Return the name of a resource, which its key begins with."""
        return fill(self.resource, {"domain": domain, "source": source, "layer": layer, "asset": asset})

    def list_catalogs(self, sources: Mapping[str, Iterable[str]], values: Mapping[str, str | None]) -> tuple[str, ...]:
        """Return the catalogs of domains, with their sources, where references have some values; each one once.

        The values are by the reference's name: `var.catalog`, `bundle.target`.
        """
        found: dict[str, None] = {}
        for domain, names in sources.items():
            for source in names if "{source}" in self.catalog else ("",):
                for layer in self.layers if "{layer}" in self.catalog else ("",):
                    found[resolve_references(self.schema_of(domain, source, layer)[0], values) or ""] = None
        return tuple(name for name in found if name)

    def find_collisions(self, sources: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], tuple[str, str], str]]:
        """Yield pairs of sources of different domains whose tables would lie in one schema, with that schema.

        Each domain is deployed on its own, so nothing else would keep one from writing another's tables.
        """
        first: dict[str, tuple[str, str]] = {}
        for domain, source in sorted(sources):
            for layer in self.layers if self.has_layer else ("",):
                schema = ".".join(self.schema_of(domain, source, layer))
                other = first.setdefault(schema, (domain, source))
                if other[0] != domain:
                    yield other, (domain, source), schema
                    break


DEFAULT = Naming()


def fill(expression: str, parts: Mapping[str, str]) -> str:
    """Return an expression with its placeholders filled in."""
    return re.sub(r"(?<!\$)\{(\w+)\}", lambda match: parts.get(match[1], match[0]), expression)


def resolve_references(text: str, values: Mapping[str, str | None]) -> str | None:
    """Return a text with the bundle's references replaced, or None if one has no known value.

    `values` are by the reference's name: `var.catalog`, `bundle.target`.
    """
    found = {match: values.get(match) for match in re.findall(r"\$\{([^{}]*)\}", text)}
    if None in found.values():
        return None
    return re.sub(r"\$\{([^{}]*)\}", lambda match: found[match[1]] or "", text)


def read_naming(table: object) -> tuple[Naming, tuple[Problem, ...]]:
    """Return what `[tool.scope.naming]` says, with every problem of it. A key with a problem has its default value."""
    if not isinstance(table, Mapping):
        return DEFAULT, (Problem("naming", "is a table: write [tool.scope.naming]."),)
    problems = [_unknown_key(str(key)) for key in table if key not in KEYS]
    values: dict[str, str] = {}
    for key in ("catalog", "schema", "upstream-catalog", "upstream-schema", "resource"):
        found = list(_check(key, table[key])) if key in table else []
        if key in table and not found:
            values[key.replace("-", "_")] = str(table[key])
        problems += found
    # Whoever says where tables lie means it for their readers, too.
    for key in ("catalog", "schema"):
        if key in values:
            values.setdefault(f"upstream_{key}", values[key])
    layers = table.get("layers", list(DEFAULT_LAYERS))
    faults = list(_check_layers(layers))
    naming = Naming(
        values.get("catalog", DEFAULT.catalog),
        values.get("schema", DEFAULT.schema),
        values.get("upstream_catalog", DEFAULT.upstream_catalog),
        values.get("upstream_schema", DEFAULT.upstream_schema),
        DEFAULT_LAYERS if faults else tuple(layers),
        values.get("resource", DEFAULT.resource),
    )
    return naming, (*problems, *faults)


def _unknown_key(key: str) -> Problem:
    if key == "targets":
        message = (
            "isn't a key here: what differs between targets is a variable of the bundle. "
            'Write `catalog = "${var.catalog}"`, and its value in targets/<target>.yml.'
        )
        return Problem(key, message)
    return Problem(key, f"isn't a key of [tool.scope.naming]; there are {', '.join(KEYS)}.{suggest(key, KEYS)}")


def _check(key: str, value: object) -> Iterator[Problem]:
    """Yield the problems of an expression."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST:
        yield Problem(key, f"is a text of at most {_LONGEST} characters, not {_quote(value)}.")
        return
    is_resource = key == "resource"
    known = ("domain", "source", "layer", "asset") if is_resource else ("domain", "source", "layer")
    at = 0
    while at < len(value):
        token = re.compile(_PIECE).match(value, at)
        if token is None:
            yield Problem(key, _misfit(value[at], is_resource=is_resource), value[at:])
            return
        if token["placeholder"] is not None and token["placeholder"] not in known:
            there = ", ".join(f"`{{{name}}}`" for name in known)
            near = suggest(token["placeholder"], known)
            yield Problem(key, f"has a placeholder {_quote(token[0])}; there are {there}.{near}", token[0])
        elif token["reference"] is not None:
            yield from _check_reference(key, token["reference"], token[0], is_resource=is_resource)
        at = token.end()
    if is_resource and value[0] == "_":
        yield Problem(key, "begins with `_`, and a key begins with a letter.")
    if value[0].isdigit():
        yield Problem(key, "begins with a digit, so SQL would need backticks around it.")


def _misfit(sign: str, *, is_resource: bool) -> str:
    if sign in "{}$":
        also = "" if is_resource else ", or `${` for the bundle's references"
        return f"has `{sign}` without its counterpart: write `{{` and `}}` around a placeholder{also}."
    return f"has {_quote(sign)}: names are of lower-case letters, digits and `_`, which need no quotes anywhere."


def _check_reference(key: str, reference: str, written: str, *, is_resource: bool) -> Iterator[Problem]:
    found, shown = re.fullmatch(_REFERENCE, reference), _quote(written)
    if is_resource:
        yield Problem(key, f"refers to {shown}: a resource has one key in all targets, so its name takes none.", written)
    elif found is None:
        yield Problem(key, f"refers to {shown}: an expression takes `${{var.<name>}}` and `${{bundle.target}}`.", written)
    elif found["variable"] in _OF_ONE_DEPLOYMENT:
        yield Problem(key, f"refers to {shown}, which is set for one deployment alone: write `{{domain}}`.", written)
    elif found["variable"] in OWN_KEYS:
        message = f"refers to {shown}, but `platform.{found['variable']}` is a key of the platform. Rename the variable."
        yield Problem(key, message, written)


def _check_layers(value: object) -> Iterator[Problem]:
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_LAYERS:
        yield Problem("layers", f"is a list of 1 to {_MOST_LAYERS} words, not {_quote(value)}.")
        return
    for position, name in enumerate(value):
        written = f'"{name}"'
        if not isinstance(name, str) or not _LAYER.fullmatch(name) or len(name) > 30:
            message = f"has {_quote(name)}: a layer is one word of lower-case letters and digits, a letter first."
            yield Problem("layers", message, written if isinstance(name, str) else "")
        elif keyword.iskeyword(name):
            yield Problem("layers", f"has {_quote(name)}, which is a Python keyword: no module can have this name.", written)
        elif name in _NO_LAYERS:
            yield Problem("layers", f"has {_quote(name)}, which is the name of another folder of a source.", written)
        elif name in value[:position]:
            yield Problem("layers", f"names {_quote(name)} twice.", written)


def _quote(value: object) -> str:
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return f"`{text if len(text) <= 60 else f'{text[:59]}…'}`"


def find_problems(naming: Naming, variables: Iterable[str], sources: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """Yield the problems of a naming in a repository with some variables, and some sources of domains.

    These are variables that aren't there, and domains whose tables would lie in one schema.
    """
    known = sorted(variables)
    keys = ("catalog", "schema", "upstream-catalog", "upstream-schema")
    for name in naming.variables:
        if name not in known:
            reference = f"${{var.{name}}}"
            key = next(key for key, text in zip(keys, naming.expressions, strict=True) if reference in text)
            message = (
                f"refers to `{reference}`, which is no variable of the bundle.{suggest(name, known)} "
                "Declare it under `variables` in databricks.yml, and give it a value in targets/<target>.yml."
            )
            yield Problem(key, message, reference)
    for one, other, schema in naming.find_collisions(sources):
        message = (
            f"gives {'/'.join(one)} and {'/'.join(other)} one schema, {schema}: each domain is deployed on its own, and one "
            "could overwrite the other's tables. Put {domain} into `catalog` or `schema`."
        )
        yield Problem("schema" if naming.schema != DEFAULT.schema else "catalog", message)


def to_key(naming: Naming) -> tuple[object, ...]:
    """Return what tells a naming from any other, as plain values."""
    return tuple(naming)


def find_place(text: str, problem: Problem) -> tuple[int, int]:
    """Return the line and the column of a problem in a `pyproject.toml`, both from 1: of its part, its key or the table."""
    header = re.search(r"(?m)^[ \t]*\[[ \t]*tool\.scope\.naming[ \t]*\]|(?<![\w.-])(?:tool\.scope\.)?naming[ \t]*[.=]", text)
    at = header.end() - len(header[0].lstrip()) if header else 0
    key = re.compile(rf"(?<![\w-])[\"']?{re.escape(problem.key)}[\"']?[ \t]*=").search(text, at)
    if key is not None:
        part = text.find(problem.part, key.end()) if problem.part else -1
        at = key.start() if part < 0 else part
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
