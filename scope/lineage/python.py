"""Python → the tables it writes and reads: datasets of pipelines, Spark's readers and writers, SQL in strings.

Names are followed through a file's plain assignments: `PAYMENTS = table("finance.stripe.final_payments")`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from scope.inference.collector import UsesCollector
from scope.inference.notebooks import without_magic_lines
from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.strings import text_of
from scope.inference.syntax_tree import read_imports
from scope.inference.uses import Place
from scope.lineage.collector import Placeholder, TableCollector, name_parts

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
# So are those that may have more values, or longer ones.
_MOST_VALUES = 50
_LONGEST = 128 * 1024
_Placeholders = dict[str, Placeholder | None]


@dataclass(frozen=True, slots=True)
class _Value:
    """A string that an expression may be, and whether `table()` makes the target's name of it."""

    text: str
    logical: bool = False


@dataclass(slots=True)
class _Source:
    imports: UsesCollector
    tables: TableCollector
    first_line: int
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    # Calls of `table()` that were read with the call around them, by identity.
    claimed: set[int] = field(default_factory=set)
    # The values of names, each as deep as it was looked up.
    known: dict[tuple[str, int], tuple[_Value, ...]] = field(default_factory=dict)

    def line(self, node: ast.expr | ast.stmt) -> int:
        return node.lineno + self.first_line - 1

    def pipelines_names(self, node: ast.AST) -> frozenset[str]:
        """Return the functions of pipelines that an expression may stand for."""
        origins = (origin.rpartition(".") for origin in self.imports.origins(node))
        return frozenset(name for module, _, name in origins if module in _PIPELINES)

    def is_logical(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _LOGICAL in self.imports.origins(node.func)

    def values(self, node: ast.expr | None, depth: int = 0) -> tuple[_Value, ...]:
        """Return every value that a string expression may have, or none if any of them is only known at run time."""
        if node is None or depth > _DEPTH:
            return ()
        if isinstance(node, ast.Call) and self.is_logical(node):
            self.claimed.add(id(node))
            return tuple(_Value(value.text, logical=True) for value in self.values(_argument(node, "logical"), depth + 1))
        if isinstance(node, ast.Name):
            if (node.id, depth) not in self.known:
                self.known[node.id, depth] = self._any_of(self.assigned.get(node.id, []), depth)
            return self.known[node.id, depth]
        if isinstance(node, ast.IfExp):
            return self._any_of([node.body, node.orelse], depth)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, depth)
        text = text_of(node, self.imports.place)
        return (_Value(text.text),) if text.whole else ()

    def _any_of(self, nodes: list[ast.expr], depth: int) -> tuple[_Value, ...]:
        if len(nodes) > _MOST_VALUES:
            return ()
        choices = [self.values(node, depth + 1) for node in nodes]
        values = tuple(value for values in choices for value in values) if all(choices) else ()
        return values if len(values) <= _MOST_VALUES else ()

    def _joined(self, node: ast.JoinedStr, depth: int) -> tuple[_Value, ...]:
        text, logical = "", False
        for piece in node.values:
            inner = piece.value if isinstance(piece, ast.FormattedValue) else piece
            values = self.values(inner, depth + 1)
            if len(values) != 1 or len(text) + len(values[0].text) > _LONGEST:
                return ()
            text += values[0].text
            logical = logical or values[0].logical
        return (_Value(text, logical),)

    def read(self, name: ast.expr | None, at: ast.expr) -> None:
        """Collect the read of a table whose name is the value of an expression."""
        for value in self._names(name, at):
            self.tables.add_read(name_parts(value.text), self.line(at), through_table=value.logical)

    def write(self, name: ast.expr | None, at: ast.expr) -> None:
        """Collect the write of a table whose name is the value of an expression."""
        for value in self._names(name, at):
            self.tables.add_write(name_parts(value.text), self.line(at))

    def hide(self, name: ast.expr | None) -> None:
        """Collect a temporary view whose name is the value of an expression."""
        for value in self.values(name):
            self.tables.add_view(name_parts(value.text))

    def _names(self, name: ast.expr | None, at: ast.expr) -> tuple[_Value, ...]:
        values = self.values(name)
        if not values:
            self.tables.unresolved.add(self.line(at))
        return values


def read_python(text: str, path: str, tables: TableCollector, first_line: int = 1) -> None:
    """Collect the tables that Python writes and reads. `text` may hold IPython's lines; imports count from `path`."""
    try:
        tree = parse(text)
    except NOT_PARSED:
        try:
            tree = parse(without_magic_lines(text))
        except NOT_PARSED as error:
            tables.unresolved.add((getattr(error, "lineno", None) or 1) + first_line - 1)
            return
    nodes = list(ast.walk(tree))
    imports = UsesCollector(Place.of(path))
    read_imports(nodes, imports)
    tables.unresolved.update(line + first_line - 1 for line in imports.dynamic)
    source = _Source(imports, tables, first_line, _assigned(nodes))
    # Datasets first: a view may be read above the function that defines it.
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            _read_dataset(node, source)
    for node in nodes:
        if isinstance(node, ast.Call):
            _read_call(node, source)


def _assigned(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    """Return the names whose values are all known: every binding is a plain assignment."""
    assigned: dict[str, list[ast.expr]] = {}
    bindings: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bindings[node.id] = bindings.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            bindings[node.arg] = bindings.get(node.arg, 0) + 1
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            assigned.setdefault(node.target.id, []).append(node.value)
    return {name: values for name, values in assigned.items() if bindings.get(name) == len(values)}


def _read_dataset(node: ast.FunctionDef, source: _Source) -> None:
    """Read the decorators that make a function a dataset; its name is the dataset's unless they name another."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        names = source.pipelines_names(call.func if call else decorator)
        if names.isdisjoint(_VIEWS | _DATASETS):
            continue
        named = _keyword(call, "name") if call else None
        if not names.isdisjoint(_VIEWS) or (call and _is_unstored(call)):
            source.hide(named or ast.Constant(node.name))
        elif named is None:
            source.tables.add_write((node.name,), source.line(node))


def _is_unstored(call: ast.Call) -> bool:
    return any(_is_true(_keyword(call, word)) for word in ("temporary", "private"))


def _read_call(node: ast.Call, source: _Source) -> None:
    if id(node) in source.claimed:
        return
    if source.is_logical(node):
        source.read(node, node)
    elif names := source.pipelines_names(node.func):
        _read_pipelines_call(node, names, source)
    elif isinstance(node.func, ast.Attribute):
        _read_method(node, node.func, source)


def _read_pipelines_call(node: ast.Call, names: frozenset[str], source: _Source) -> None:
    if names & _DATASETS and (named := _keyword(node, "name")) is not None:
        if not _is_unstored(node):
            source.write(named, node)
    elif names & _CREATED:
        source.write(_argument(node, "name"), node)
    elif "append_flow" in names and (target := _keyword(node, "target")) is not None:
        source.write(target, node)
    elif names & _FLOWS:
        source.write(_argument(node, "target"), node)
        origin = _argument(node, "source", 1)
        if origin is not None and not isinstance(origin, ast.Lambda):
            source.read(origin, node)
    elif names & _READS:
        source.read(_argument(node, "name"), node)
    elif names & _TEMPORARY:
        source.hide(_argument(node, "name"))


def _read_method(node: ast.Call, func: ast.Attribute, source: _Source) -> None:
    receivers = list(_chain(func.value))
    is_session = bool(receivers) and receivers[0].lower().endswith(("spark", "session", "getorcreate", "active"))
    if func.attr == "table" and (is_session or not {"read", "readStream"}.isdisjoint(receivers)):
        source.read(_argument(node, "tableName"), node)
    elif func.attr == "sql" and is_session:
        _read_query(_argument(node, "sqlQuery"), node, source)
    elif func.attr == "forName" and "DeltaTable" in receivers:
        source.read(_argument(node, "tableOrViewName", 1 if len(node.args) > 1 else 0), node)
    elif func.attr in _WRITERS and node.args:
        source.write(node.args[0], node)
    elif func.attr in _TEMPORARY and node.args:
        source.hide(node.args[0])


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


def _read_query(node: ast.expr | None, call: ast.Call, source: _Source) -> None:
    from scope.lineage.sql import read_sql  # sqlglot is slow to import, and most changes have no SQL

    placeholders: _Placeholders = {}
    text = _sql_text(node, source, placeholders)
    if text is None:
        source.tables.unresolved.add(source.line(call))
    else:
        read_sql(text, source.tables, source.line(node or call), placeholders)


def _sql_text(node: ast.expr | None, source: _Source, placeholders: _Placeholders, depth: int = 0) -> str | None:
    """Return SQL with placeholders for values that only the run knows, or None if not even its beginning is known."""
    if depth > _DEPTH:
        return None
    if isinstance(node, ast.Name):
        values = source.assigned.get(node.id, [])
        return _sql_text(values[0], source, placeholders, depth + 1) if len(values) == 1 else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_sql_piece(piece, source, placeholders) for piece in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = _sql_text(node.left, source, placeholders, depth + 1)
        return None if left is None else left + _sql_piece(node.right, source, placeholders)
    return None


def _sql_piece(node: ast.expr, source: _Source, placeholders: _Placeholders) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    values = source.values(node.value if isinstance(node, ast.FormattedValue) else node)
    if len(values) == 1 and not values[0].logical:
        return values[0].text
    name = f"scope_placeholder_{len(placeholders)}_"
    placeholders[name] = Placeholder(name_parts(values[0].text), source.line(node)) if len(values) == 1 else None
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
