"""Turns a logical table name into the name the table has in this target.

Code names tables as prod does, `<domain>.<source>.<layer>_<asset>`, and knows nothing of targets. What goes before the
catalog and the schema comes from the pipeline's configuration, or from the arguments of a job's task:

    spark.read.table(table("finance.stripe.final_payments"))

The domain that runs uses its own prefixes; tables of other domains are read from where `upstream` says. Where a repository
has names of its own (`[tool.scope.naming]`), the configuration has patterns instead: `platform.catalog_pattern` and its
like, such as `main` and `{source}`. A table that is filled from outside this repository has no prefix:
`spark.readStream.table(external_table("ingest.stripe.payments"))`.

Catalogs of one's own come with Unity Catalog. Open-source Spark has one, and a prefix of catalogs that names it,
`spark_catalog.`, makes each catalog's schemas schemas of that one. See docs/open-source-spark.md.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

KEYS = (
    "platform.domain",
    "platform.catalog_prefix",
    "platform.schema_prefix",
    "platform.upstream_catalog_prefix",
    "platform.upstream_schema_prefix",
)

# In the place of the prefixes: what catalog and schema are made of, for the domain itself and for the others.
PATTERN_KEYS = (
    "platform.domain",
    "platform.catalog_pattern",
    "platform.schema_pattern",
    "platform.upstream_catalog_pattern",
    "platform.upstream_schema_pattern",
)
_ALL_KEYS = tuple(dict.fromkeys((*KEYS, *PATTERN_KEYS)))

# Names of these shapes need no backticks anywhere, so none are ever written.
_PART = re.compile(r"[a-z][a-z0-9_]*")
_PREFIX = re.compile(r"[A-Za-z0-9_]*")
_CATALOG_PREFIX = re.compile(r"([A-Za-z0-9_]+\.)?[A-Za-z0-9_]*")
_PATTERN = re.compile(r"([A-Za-z0-9_]+\.)?(?:[A-Za-z0-9_]|\{domain\}|\{source\}|\{layer\})+")
# Unity Catalog's limit for a catalog, a schema and a table each.
_MAX_LENGTH = 255


class TableError(Exception):
    """A table can't be named: a malformed name, or configuration that is missing or malformed."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Where tables lie in one target, seen from one domain: prefixes of the domain and the source, or patterns with both."""

    domain: str
    catalog: str
    schema: str
    upstream_catalog: str
    upstream_schema: str
    are_patterns: bool = False

    def physical(self, logical: str) -> str:
        """Return the full name of a table in this target."""
        parts = logical.split(".")
        if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
            raise TableError(
                f"`{logical}` is not a logical table name. Write three snake_case parts, domain, source and table, each "
                "beginning with a letter: `finance.stripe.final_payments`."
            )
        catalog, schema, name = self._place(logical, *parts)
        for part in (catalog, schema, name):
            if len(part) > _MAX_LENGTH:
                raise TableError(
                    f"`{part}`, of `{logical}`, has {len(part)} characters; Unity Catalog allows {_MAX_LENGTH}."
                )
        return full_name(catalog, schema, name)

    def _place(self, logical: str, domain: str, source: str, name: str) -> tuple[str, str, str]:
        own = domain == self.domain
        catalog, schema = (self.catalog, self.schema) if own else (self.upstream_catalog, self.upstream_schema)
        if not self.are_patterns:
            return catalog + domain, schema + source, name
        parts = {"{domain}": domain, "{source}": source}
        if "{layer}" in catalog + schema:
            # Where the layer is a part of the schema, it is none of the table's own name.
            parts["{layer}"], _, name = name.partition("_")
            if not name:
                raise TableError(f"`{logical}` names no layer, and its schema is made of one. End it with <layer>_<table>.")
        for placeholder, part in parts.items():
            catalog, schema = catalog.replace(placeholder, part), schema.replace(placeholder, part)
        return catalog, schema, name

    def external(self, name: str) -> str:
        """Return the full name of a table that this repository doesn't write, which is the same in every target."""
        only_catalog, is_only, _ = self.catalog.partition(".")
        if not is_only:
            return name
        catalog, schema, table_name = name.split(".")
        return full_name(f"{only_catalog}.{catalog}", schema, table_name)


def full_name(catalog: str, schema: str, name: str) -> str:
    """Return a table's full name. A catalog within another one is no catalog there: its name becomes part of the schema's.

    >>> full_name("finance", "stripe", "final_payments"), full_name("spark_catalog.finance", "stripe", "final_payments")
    ('finance.stripe.final_payments', 'spark_catalog.finance__stripe.final_payments')
    """
    return f"{catalog}__{schema}.{name}" if "." in catalog else f"{catalog}.{schema}.{name}"


def table(logical: str, prefixes: Prefixes | None = None) -> str:
    """Return the full name of a table in the target this code runs in.

    A notebook gives its prefixes itself: `table("…", prefixes_from(dbutils.widgets.getAll()))`. Raises TableError.
    """
    return (prefixes or configured_prefixes()).physical(logical)


def external_table(name: str) -> str:
    """Return the full name of a table that this repository doesn't write: `ingest.stripe.payments`. Raises TableError."""
    return configured_prefixes().external(name)


def configured_prefixes() -> Prefixes:
    """Return the prefixes that this run was configured with: the task's named arguments, otherwise the Spark configuration.

    The two are never mixed. A pipeline's configuration is Spark configuration; a job's task on serverless can't have any, so
    its arguments carry the values. Raises TableError.
    """
    return prefixes_from(_named_arguments(sys.argv[1:]) or _spark_configuration())


def prefixes_from(values: Mapping[str, str]) -> Prefixes:
    """Return the prefixes that `values` holds under the `platform.…` keys; other keys are ignored. Raises TableError."""
    are_patterns = any(key in values for key in PATTERN_KEYS[1:])
    keys = PATTERN_KEYS if are_patterns else KEYS
    missing = [key for key in keys if key not in values]
    if missing:
        names = ", ".join(f"`{key}`" for key in missing)
        raise TableError(
            f"Missing configuration: {names}. Set it in the pipeline's `configuration`, or pass `--{missing[0]}=…` and the "
            "like to the job's task; an empty value is a value. Specs do so by themselves, see docs/unity-catalog.md."
        )
    for key in keys:
        shape = _shape_of(key)
        if not shape.fullmatch(values[key]):
            raise TableError(f"`{key}` is {values[key]!r}: only letters, digits and underscores can be part of a name here.")
    return Prefixes(*(values[key] for key in keys), are_patterns=are_patterns)


def _shape_of(key: str) -> re.Pattern[str]:
    if key == "platform.domain":
        return _PART
    if key.endswith("_pattern"):
        return _PATTERN
    return _CATALOG_PREFIX if key.endswith("catalog_prefix") else _PREFIX


def _named_arguments(arguments: Iterable[str]) -> dict[str, str]:
    """Return the `--platform.…=value` arguments; whatever else a task is given is its own business."""
    found: dict[str, str] = {}
    for argument in arguments:
        key, is_named, value = argument.removeprefix("--").partition("=")
        is_ours = argument.startswith("--") and is_named and key in _ALL_KEYS
        if is_ours and found.setdefault(key, value) != value:
            raise TableError(f"`--{key}` is given twice, as {found[key]!r} and as {value!r}. Give it once.")
    return found


def _spark_configuration() -> dict[str, str]:
    # Imported here: naming tables needs no Spark where the values come as arguments.
    from pyspark.sql import SparkSession

    configuration = SparkSession.active().conf
    values = {key: configuration.get(key, None) for key in _ALL_KEYS}
    return {key: value for key, value in values.items() if value is not None}
