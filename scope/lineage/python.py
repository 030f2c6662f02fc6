"""Python → the tables it writes and reads, noted: datasets of pipelines, Spark's readers and writers, SQL in strings.

Names are followed through what a file assigns once: `PAYMENTS = table("finance.stripe.final_payments")`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from scope.inference.calls import NOT_PARSED, parse
from scope.inference.collector import UsesCollector
from scope.inference.notebooks import without_magic_lines
from scope.inference.strings import text_of
from scope.inference.syntax_tree import read_imports
from scope.inference.uses import Place
from scope.lineage.collector import TableCollector, name_parts
from scope.lineage.sql import Placeholder, read_sql

_LOGICAL = "common.tables.table"
_PIPELINES = ("dlt", "pyspark.pipelines")
_DATASETS = frozenset({"table", "materialized_view"})
_VIEWS = frozenset({"view", "temporary_view"})
_CREATED = frozenset({"create_streaming_table", "create_streaming_live_table", "create_target_table"})
_FLOWS = frozenset(
    {
        "apply_changes",
        "apply_changes_from_snapshot",
        "create_auto_cdc_flow",
        "create_auto_cdc_from_snapshot_flow",
    }
)
_READS = frozenset({"read", "read_stream", "readStream"})
# Methods whose first argument names a table that is written; of Spark's writers, and of DataFrames.
_WRITERS = frozenset({"insertInto", "saveAsTable", "toTable", "writeTo"})
_TEMPORARY = frozenset(
    {"createOrReplaceGlobalTempView", "createGlobalTempView", "createOrReplaceTempView", "createTempView", "create_sink"}
)
# Names assigned through names deeper than this are left alone.
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class _Value:
    """A string that an expression may be, and whether `table()` makes the target's name of it."""

    text: str
    logical: bool = False


@dataclass(slots=True)
class _Source:
    found: UsesCollector
    notes: TableCollector
    first_line: int
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    # Calls of `table()` that were noted with what they stand in, by identity.
    claimed: set[int] = field(default_factory=set)

    def line(self, node: ast.expr | ast.stmt) -> int:
        return node.lineno + self.first_line - 1

    def is_pipelines(self, node: ast.AST, names: frozenset[str]) -> bool:
        return any(
            module in _PIPELINES and name in names
            for module, _, name in (origin.rpartition(".") for origin in self.found.origins(node))
        )

    def is_logical(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _LOGICAL in self.found.origins(node.func)

    def values(self, node: ast.expr | None, depth: int = 0) -> tuple[_Value, ...]:
        """Return all that a string expression may be; nothing if any of it is only known when it runs."""
        if node is None or depth > _DEPTH:
            return ()
        if isinstance(node, ast.Call) and self.is_logical(node):
            self.claimed.add(id(node))
            return tuple(_Value(value.text, logical=True) for value in self.values(_argument(node, "logical"), depth + 1))
        if isinstance(node, ast.Name):
            found = [self.values(value, depth + 1) for value in self.assigned.get(node.id, [])]
            return tuple(value for values in found for value in values) if all(found) else ()
        if isinstance(node, ast.IfExp):
            either = [self.values(side, depth + 1) for side in (node.body, node.orelse)]
            return tuple(value for values in either for value in values) if all(either) else ()
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, depth)
        text = text_of(node, self.found.place)
        return (_Value(text.text),) if text.whole else ()

    def _joined(self, node: ast.JoinedStr, depth: int) -> tuple[_Value, ...]:
        text, logical = "", False
        for piece in node.values:
            inner = piece.value if isinstance(piece, ast.FormattedValue) else piece
            values = self.values(inner, depth + 1)
            if len(values) != 1:
                return ()
            text += values[0].text
            logical = logical or values[0].logical
        return (_Value(text, logical),)

    def read(self, node: ast.expr | None, at: ast.expr) -> None:
        """Note a table that is read by the name that an expression holds."""
        values = self.values(node)
        if not values:
            self.notes.unknown.add(self.line(at))
        for value in values:
            self.notes.read(name_parts(value.text), self.line(at), through_table=value.logical)

    def write(self, node: ast.expr | None, at: ast.expr) -> None:
        """Note a table that is written by the name that an expression holds."""
        values = self.values(node)
        if not values:
            self.notes.unknown.add(self.line(at))
        for value in values:
            self.notes.write(name_parts(value.text), self.line(at))


def read_python(text: str, path: str, notes: TableCollector, first_line: int = 1) -> None:
    """Note what Python does to tables. `text` may hold IPython's lines; `path` is the file's, for its imports."""
    try:
        tree = parse(text)
    except NOT_PARSED:
        try:
            tree = parse(without_magic_lines(text))
        except NOT_PARSED as error:
            notes.unknown.add((getattr(error, "lineno", None) or 1) + first_line - 1)
            return
    nodes = list(ast.walk(tree))
    found = UsesCollector(Place.of(path))
    read_imports(nodes, found)
    source = _Source(found, notes, first_line, _assigned(nodes))
    # Datasets first: views may be read before the function that makes them.
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            _dataset(node, source)
    for node in nodes:
        if isinstance(node, ast.Call):
            _call(node, source)


def _assigned(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    """Return the names whose values are all known: every binding is a plain assignment."""
    values: dict[str, list[ast.expr]] = {}
    bindings: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bindings[node.id] = bindings.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            bindings[node.arg] = bindings.get(node.arg, 0) + 1
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            values.setdefault(node.target.id, []).append(node.value)
    return {name: found for name, found in values.items() if bindings.get(name) == len(found)}


def _dataset(node: ast.FunctionDef, source: _Source) -> None:
    """Read the decorators that make a function a dataset, named by it unless they say otherwise."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        maker = call.func if call else decorator
        is_view = source.is_pipelines(maker, _VIEWS)
        if not is_view and not source.is_pipelines(maker, _DATASETS):
            continue
        named = _keyword(call, "name") if call else None
        is_kept = not is_view and not (call and any(_is_true(_keyword(call, word)) for word in ("temporary", "private")))
        if not is_kept:
            for name in [value.text for value in source.values(named)] if named else [node.name]:
                source.notes.temporary(name_parts(name))
        elif named is None:
            source.notes.write((node.name,), source.line(node))


def _call(node: ast.Call, source: _Source) -> None:
    if id(node) in source.claimed:
        return
    if source.is_logical(node):
        source.read(node, node)
    elif any(origin.rpartition(".")[0] in _PIPELINES for origin in source.found.origins(node.func)):
        _pipelines_call(node, source)
    elif isinstance(node.func, ast.Attribute):
        _method(node, node.func, source)


def _pipelines_call(node: ast.Call, source: _Source) -> None:
    func = node.func
    if source.is_pipelines(func, _DATASETS) and (named := _keyword(node, "name")) is not None:
        if not any(_is_true(_keyword(node, word)) for word in ("temporary", "private")):
            source.write(named, node)
    elif source.is_pipelines(func, _CREATED):
        source.write(_argument(node, "name"), node)
    elif source.is_pipelines(func, frozenset({"append_flow"})) and (target := _keyword(node, "target")) is not None:
        source.write(target, node)
    elif source.is_pipelines(func, _FLOWS):
        source.write(_argument(node, "target"), node)
        origin = _argument(node, "source", 1)
        if origin is not None and not isinstance(origin, ast.Lambda):
            source.read(origin, node)
    elif source.is_pipelines(func, _READS):
        source.read(_argument(node, "name"), node)
    elif source.is_pipelines(func, _TEMPORARY):
        for value in source.values(_argument(node, "name")):
            source.notes.temporary(name_parts(value.text))


def _method(node: ast.Call, func: ast.Attribute, source: _Source) -> None:
    receivers = list(_chain(func.value))
    is_session = bool(receivers) and receivers[0].lower().endswith(("spark", "session", "getorcreate", "active"))
    if func.attr == "table" and (is_session or not {"read", "readStream"}.isdisjoint(receivers)):
        source.read(_argument(node, "tableName"), node)
    elif func.attr == "sql" and is_session:
        _sql(_argument(node, "sqlQuery"), node, source)
    elif func.attr == "forName" and "DeltaTable" in receivers:
        source.read(_argument(node, "tableOrViewName", 1 if len(node.args) > 1 else 0), node)
    elif func.attr in _WRITERS and node.args:
        source.write(node.args[0], node)
    elif func.attr in _TEMPORARY and node.args:
        for value in source.values(node.args[0]):
            source.notes.temporary(name_parts(value.text))


def _chain(node: ast.expr) -> Iterator[str]:
    """Yield the names of `a.b.c().d` from its end."""
    while True:
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            if isinstance(node, ast.Name):
                yield node.id
            return


def _sql(node: ast.expr | None, call: ast.Call, source: _Source) -> None:
    holes: dict[str, Placeholder | None] = {}
    text = _sql_text(node, source, holes)
    if text is None:
        source.notes.unknown.add(source.line(call))
        return
    read_sql(text, source.notes, source.line(node or call), holes)


def _sql_text(node: ast.expr | None, source: _Source, holes: dict[str, Placeholder | None], depth: int = 0) -> str | None:
    """Return SQL with names in place of what only the run puts there, or None where even its beginning isn't known."""
    if isinstance(node, ast.Name) and depth <= _DEPTH:
        values = source.assigned.get(node.id, [])
        return _sql_text(values[0], source, holes, depth + 1) if len(values) == 1 else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(piece, source, holes) for piece in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth <= _DEPTH:
        left = _sql_text(node.left, source, holes, depth + 1)
        return None if left is None else left + _piece(node.right, source, holes)
    return None


def _piece(node: ast.expr, source: _Source, holes: dict[str, Placeholder | None]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    values = source.values(node.value if isinstance(node, ast.FormattedValue) else node)
    if len(values) == 1 and not values[0].logical:
        return values[0].text
    name = f"scope_hole_{len(holes)}_"
    holes[name] = Placeholder(name_parts(values[0].text), source.line(node)) if len(values) == 1 else None
    return name


def _argument(node: ast.Call, name: str, position: int = 0) -> ast.expr | None:
    by_name = _keyword(node, name)
    if by_name is not None or any(isinstance(argument, ast.Starred) for argument in node.args):
        return by_name
    return node.args[position] if position < len(node.args) else None


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
