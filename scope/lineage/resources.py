"""Resources, dashboards, alerts and specs → the tables they read, by the keys under which tables and queries stand.

Whatever the resource, the keys mean the same: `table_names` of a trigger, `query_text` of an alert, `queryLines` of a
dashboard. So a kind that is new needs nothing here. Short names count from what the document says, not from the folder it
lies in: a warehouse runs its queries.
"""

import ast
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scope.inference.json_texts import JsonTexts
from scope.inference.parsing import decode
from scope.inference.yaml_nodes import compose
from scope.lineage.collector import TableCollector
from scope.lineage.names import HOLE, read_name
from scope.lineage.python import Load, PythonReader
from scope.lineage.sql import read_sql
from scope.lineage.values import Value, collections, merge, texts
from scope.repository.layout import Role, place_of

if TYPE_CHECKING:
    import yaml

_TABLES = frozenset(
    {
        "asset_name",
        "baseline_table_name",
        "external_tables",
        "identifier",
        "securable_full_name",
        "source_table",
        "source_table_full_name",
        "source_table_name",
        "table_full_name",
        "table_name",
        "table_names",
        "tables",
    }
)
_QUERIES = frozenset({"query", "queryLines", "query_lines", "query_text"})
# A whole document in a text.
_SERIALIZED = frozenset({"serialized_dashboard", "serialized_space"})
# What short names of a dashboard's queries count from.
_CATALOG, _SCHEMA = "dataset_catalog", "dataset_schema"
# Documents without any of these words name no table.
_MARKS = re.compile("|".join(("_prefix", *sorted(_TABLES | _QUERIES | _SERIALIZED))).encode())
_SELECTING = re.compile(r"\b(?:from|table|join)\b", re.IGNORECASE)
# Specs name tables wherever their texts do.
_IN_SPEC = re.compile(r"(?<![\w.}])([a-z]\w*)\.([a-z]\w*)\.([a-z]\w*)(?![\w.])", re.IGNORECASE)


def read_document(path: str, source: bytes, tables: TableCollector) -> None:
    """Collect the tables of a YAML or JSON file."""
    if place_of(path).role is Role.SPEC:
        _read_spec(source, tables)
    elif _MARKS.search(source) or tables.names.is_mentioned(source):
        tables.default = (HOLE, HOLE)
        (_read_json if path.lower().endswith(".json") else _read_yaml)(source.decode(errors="replace"), 1, tables)


def _read_spec(source: bytes, tables: TableCollector) -> None:
    for line, text in enumerate(source.decode(errors="replace").splitlines(), 1):
        for parts in _IN_SPEC.findall(text.partition("#")[0]):
            tables.add_read(tables.names.of_spec(parts), line, through_table=True)


def _read_yaml(text: str, _line: int, tables: TableCollector) -> None:
    import yaml  # 20 ms, and most domains have no YAML resources

    try:
        root = compose(text.encode())
    except (ValueError, yaml.YAMLError, RecursionError):
        tables.unresolved.add(1)
        return
    # Anchors let one node stand in many places: each is read once.
    seen: set[int] = set()
    stack: list[yaml.Node | None] = [root]
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack += node.value
        elif isinstance(node, yaml.MappingNode):
            names = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
            with_schema = {key: one.value for key, one in names.items() if isinstance(one, yaml.ScalarNode)}
            for key, value in names.items():
                lines = value.value if isinstance(value, yaml.SequenceNode) else [value]
                given = [one.value for one in lines if isinstance(one, yaml.ScalarNode)]
                if len(given) == len(lines):
                    _read_values(str(key), given, [_span(one) for one in lines], with_schema, tables)
                else:
                    stack.append(value)


def _span(node: "yaml.Node") -> tuple[int, int]:
    """Return the first and the last line of a text; what a block holds begins below its mark."""
    is_block = getattr(node, "style", None) in ("|", ">")
    return node.start_mark.line + 1 + is_block, max(node.end_mark.line + 1 - is_block, node.start_mark.line + 1 + is_block)


def _read_json(text: str, first_line: int, tables: TableCollector) -> None:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        tables.unresolved.add(first_line)
        return
    lines = JsonTexts(text, first_line)
    stack: list[object] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += reversed(node)
        elif isinstance(node, dict):
            with_schema = {key: value for key, value in node.items() if isinstance(value, str)}
            inner: list[object] = []
            for key, value in node.items():
                given = value if isinstance(value, list) else [value]
                texts_only = [one for one in given if isinstance(one, str)]
                if len(texts_only) == len(given):
                    if key in _TABLES | _QUERIES | _SERIALIZED:
                        _read_values(
                            key,
                            texts_only,
                            [(line := lines.find_line(one), line) for one in texts_only],
                            with_schema,
                            tables,
                        )
                else:
                    inner.append(value)
            stack += reversed(inner)


def _read_values(
    key: str, values: list[str], spans: list[tuple[int, int]], beside: Mapping[str, str], tables: TableCollector
) -> None:
    """Read the texts under a key. `beside` are the texts of the other keys, `spans` the lines where the values stand."""
    if key in ("queryLines", "query_lines") and spans:
        _read_query("".join(values), (spans[0][0], spans[-1][1]), beside, tables)
    elif key in _QUERIES:
        for text, span in zip(values, spans, strict=True):
            _read_query(text, span, beside, tables)
    elif key in _SERIALIZED:
        for text, span in zip(values, spans, strict=True):
            if text.lstrip().startswith("{"):
                _read_json(text, span[0], tables)
    elif key not in (_CATALOG, _SCHEMA):
        for text, span in zip(values, spans, strict=True):
            _read_table(text, span[0], tables, is_table=key in _TABLES)


def _read_query(text: str, span: tuple[int, int], beside: Mapping[str, str], tables: TableCollector) -> None:
    if not _SELECTING.search(text):
        return
    before = tables.default
    schema = [read_name(beside[key], tables.references).parts for key in (_CATALOG, _SCHEMA) if key in beside]
    if len(schema) == 2 and all(len(parts) == 1 for parts in schema):
        tables.default = (schema[0][0], schema[1][0])
    read_sql(text, tables, *span)
    tables.default = before


def _read_table(text: str, line: int, tables: TableCollector, *, is_table: bool) -> None:
    """Read a text that may be a table's full name. A short one is a column's, or counts from what isn't here."""
    name = read_name(text, tables.references)
    if len(name.parts) == 3 and (is_table or name.is_logical):
        tables.add_read(name.parts, line, through_table=name.is_logical)
    elif is_table and HOLE in "".join(name.parts):
        tables.unresolved.add(line)


def read_resource_module(source: bytes, path: str, tables: TableCollector, load: Load) -> PythonReader:
    """Collect the tables of a Python module of resources."""
    reader = _ResourceReader(path, tables, load)
    tables.default = (HOLE, HOLE)
    if _MARKS.search(source) or tables.names.is_mentioned(source):
        reader.read(decode(source))
        reader.end()
    return reader


class _ResourceReader(PythonReader):
    """Reads the keys of dicts and the parameters of calls as those of a document."""

    def value(self, node: ast.expr | None) -> Value:
        """Return what an expression may be; tell the tables under the keys in it."""
        value = super().value(node)
        if isinstance(node, ast.Dict):
            for key, one in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    self._tell(key.value, one)
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg is not None:
                    self._tell(keyword.arg, keyword.value)
        return value

    def _tell(self, key: str, node: ast.expr) -> None:
        is_reference = isinstance(node, ast.Constant) and isinstance(node.value, str) and "_prefix}" in node.value
        if not self.tables.names.is_plain:
            is_reference = isinstance(node, ast.Constant) and isinstance(node.value, str) and "${" in node.value
        if key not in _TABLES | _QUERIES | _SERIALIZED and not is_reference:
            return
        value = super().value(node)
        inside = merge(*(items.all() for items in collections(value))) if any(collections(value)) else value
        given = [text for text in texts(inside) if inside]
        if key in _QUERIES and isinstance(node, ast.List) and HOLE not in "".join(given):
            given = ["".join(given)]
        _read_values(key, given, [(self.line(node), node.end_lineno or self.line(node))] * len(given), {}, self.tables)
