"""Calls of Spark and of pipelines → the tables that they write and read: datasets, readers and writers, SQL in strings."""

import ast
from collections.abc import Iterator, Sequence

from scope.inference.collector import UsesCollector
from scope.inference.uses import Place
from scope.lineage.collector import TableCollector
from scope.lineage.names import HOLE, fill_references, has_calls, mark_logical, read_name
from scope.lineage.routines import Routines
from scope.lineage.sql import read_sql
from scope.lineage.values import UNKNOWN, Function, Value, collections, texts

_LOGICAL = "common.tables.table"
_EXTERNAL = "common.tables.external_table"
# Functions of shared code whose calls are read here, whatever the functions do.
NAMING = frozenset({_LOGICAL, _EXTERNAL})
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
_CURRENT = frozenset({"setCurrentCatalog", "setCurrentDatabase"})
# So many different queries are read of one line.
_MOST_QUERIES = 100


class SparkReader(Routines):
    """Follows the Python of one file, and tells a collector what its calls mean for tables."""

    def __init__(self, path: str, tables: TableCollector) -> None:
        """Begin a file."""
        super().__init__(UsesCollector(Place.of(path)))
        self.path = path
        self.tables = tables
        self.own_imports = self.imports
        # Functions that are datasets, by the identity of their nodes.
        self.datasets: set[int] = set()
        # Where this file calls what is in another one.
        self._called_at: int | None = None
        # The calls of `table()`: each name and its line; the claimed ones were told with what is around them.
        self._logical: dict[tuple[str, int], int] = {}
        self._claimed: set[int] = set()
        # The queries that were read, each with the schema that it left.
        self._queries: dict[tuple[str, int, object], object] = {}
        self._queries_of: dict[int, int] = {}

    def line(self, node: ast.expr | ast.stmt) -> int:
        """Return the line of this file that a node counts for."""
        return node.lineno if self._called_at is None else self._called_at

    def give_up(self, line: int) -> None:
        """Count a line whose tables aren't known."""
        self.tables.unresolved.add(line)

    def save_state(self) -> object:
        """Return the schema that short names count from."""
        return self.tables.default

    def join_states(self, states: Sequence[object]) -> None:
        """Count short names from one of some schemas: what they don't share isn't known."""
        defaults = {state if isinstance(state, tuple) else None for state in states}
        if len(defaults) == 1:
            self.tables.default = defaults.pop()
            return
        known = [default or self.tables.home or (HOLE, HOLE) for default in defaults]
        catalogs, schemas = {one[0] for one in known}, {one[1] for one in known}
        self.tables.default = (
            catalogs.pop() if len(catalogs) == 1 else HOLE,
            schemas.pop() if len(schemas) == 1 else HOLE,
        )

    def call_function(self, function: Function, arguments: Sequence[Value], named: dict[str, Value], at: ast.Call) -> Value:
        """Follow a function; what one of another file does with tables counts for the line that calls it."""
        before = self._called_at
        if before is None and function.imports is not self.own_imports:
            self._called_at = at.lineno
        try:
            return super().call_function(function, arguments, named, at)
        finally:
            self._called_at = before

    def tell_unclaimed(self) -> None:
        """Tell the reads of tables whose names are made for what isn't known."""
        for (text, line), number in self._logical.items():
            if number not in self._claimed:
                self.tables.add_read(read_name(text, self.tables.references).parts, line, through_table=True)

    def pipelines_names(self, node: ast.AST) -> frozenset[str]:
        """Return the functions of pipelines that an expression may stand for."""
        return _pipelines_names(self.imports.origins(node))

    def read_call(self, node: ast.Call) -> Value | None:
        """Return what a call gives that concerns tables; None for any other."""
        origins = self.imports.origins(node.func)
        if _LOGICAL in origins:
            return self._read_logical(node)
        if _EXTERNAL in origins:
            return self._argument_of(node, "name")
        if names := _pipelines_names(origins):
            self._read_pipelines_call(node, names)
            return UNKNOWN
        if isinstance(node.func, ast.Attribute):
            return self._read_method(node, node.func)
        return None

    def read_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Read the decorators that make a function a dataset; its name is the dataset's unless they name another."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            names = self.pipelines_names(call.func if call else decorator)
            if names.isdisjoint(_VIEWS | _DATASETS):
                continue
            self.datasets.add(id(node))
            named = _keyword(call, "name") if call else None
            if not names.isdisjoint(_VIEWS) or (call and _is_unstored(call)):
                self.hide(self.value(named) if named is not None else (node.name,))
            elif named is None:
                self.tables.add_write((node.name,), self.line(node))

    def _read_logical(self, node: ast.Call) -> Value:
        value = self._argument_of(node, "logical")
        line = self.line(node)
        names = (self.tables.names.physical(text) for text in texts(value))
        return tuple(mark_logical(self._logical.setdefault((text, line), len(self._logical)), text) for text in names)

    def _argument_of(self, node: ast.Call, name: str, position: int = 0) -> Value:
        """Return what a call is given for a parameter. All that it is given is looked at."""
        positional, named = self.arguments(node)
        if name in named:
            return named[name]
        return positional[position] if position < len(positional) else UNKNOWN if "*" in named else ()

    def _read_pipelines_call(self, node: ast.Call, names: frozenset[str]) -> None:
        positional, named = self.arguments(node)
        first = positional[0] if positional else named.get("name", named.get("*", ()))
        if names & _DATASETS and "name" in named:
            if not _is_unstored(node):
                self.write(named["name"], node)
        elif names & _CREATED:
            self.write(named.get("name", first), node)
        elif "append_flow" in names and "target" in named:
            self.write(named["target"], node)
        elif names & _FLOWS:
            self.write(named.get("target", positional[0] if positional else ()), node)
            source = named.get("source", positional[1] if len(positional) > 1 else None)
            if source is not None and not any(isinstance(atom, Function) for atom in source):
                self.read_table(source, node)
        elif names & _READS:
            self.read_table(first, node)
        elif names & _TEMPORARY:
            self.hide(first)

    def _read_method(self, node: ast.Call, func: ast.Attribute) -> Value | None:
        receivers = list(_chain(func.value))
        is_session = bool(receivers) and receivers[0].lower().endswith(("spark", "session", "getorcreate", "active"))
        if func.attr == "table" and (is_session or not {"read", "readStream"}.isdisjoint(receivers)):
            self.value(func.value)
            self.read_table(self._argument_of(node, "tableName"), node)
        elif func.attr == "sql" and is_session:
            self.value(func.value)
            self._read_query(node)
        elif func.attr == "forName" and "DeltaTable" in receivers:
            self.read_table(self._argument_of(node, "tableOrViewName", 1 if len(node.args) > 1 else 0), node)
        elif func.attr in _WRITERS and (node.args or node.keywords):
            self.value(func.value)
            self.write(self._argument_of(node, "name"), node)
        elif func.attr in _TEMPORARY and (node.args or node.keywords):
            self.value(func.value)
            self.hide(self._argument_of(node, "name"))
        elif func.attr in _CURRENT and "catalog" in receivers[:1]:
            self._use(self._argument_of(node, "catalogName" if func.attr == "setCurrentCatalog" else "dbName"), func.attr)
        elif func.attr == "get" and receivers[:1] in (["conf"], ["widgets"]):
            return self._configured(self._argument_of(node, "key"))
        else:
            return None
        return UNKNOWN

    def _configured(self, key: Value) -> Value:
        """Return a value of the run's configuration: that of the platform's keys is known, as far as names go."""
        references = [f"${{{name}}}" for name in texts(key)]
        known = self.tables.references._replace(domain="domain")
        is_known = all(HOLE not in fill_references(text, known)[0] for text in references)
        return tuple(references) if is_known else UNKNOWN

    def _use(self, value: Value, method: str) -> None:
        names = [read_name(text, self.tables.references).parts for text in texts(value)]
        parts = names[0] if len(names) == 1 else ()
        if method == "setCurrentCatalog":
            self.tables.use_catalog(parts[0] if len(parts) == 1 else HOLE)
        else:
            self.tables.use_schema(parts)

    def read_table(self, name: Value, at: ast.Call) -> None:
        """Tell the read of a table by a value that is its name."""
        for text in texts(name):
            known = read_name(text, self.tables.references)
            self._claimed.update(known.calls)
            line = self.line(at) if self._called_at or not known.calls else self._line_of(known.calls[0])
            self.tables.add_read(known.parts, line, through_table=known.is_logical)

    def _line_of(self, number: int) -> int:
        return next(line for (_, line), call in self._logical.items() if call == number)

    def write(self, name: Value, at: ast.Call) -> None:
        """Tell the write of a table by a value that is its name."""
        for text in texts(name):
            known = read_name(text, self.tables.references)
            self._claimed.update(known.calls)
            self.tables.add_write(known.parts, self.line(at))

    def hide(self, name: Value) -> None:
        """Tell a temporary view by a value that is its name."""
        for text in texts(name):
            self.tables.add_view(read_name(text).parts or (HOLE,))

    def _read_query(self, node: ast.Call) -> None:
        positional, named = self.arguments(node)
        query = named.get("sqlQuery", positional[0] if positional else UNKNOWN if "*" in named else ())
        given = named.get("args", positional[1] if len(positional) > 1 else ())
        parameters = {
            key.lower(): options[0]
            for items in collections(given)
            for key, value in items.named.items()
            if len(options := texts(value)) == 1
        }
        frames = tuple(name for name in named if name not in ("sqlQuery", "args"))
        argument = node.args[0] if node.args else _keyword(node, "sqlQuery")
        is_here = self._called_at is None and isinstance(argument, ast.Constant | ast.JoinedStr | ast.BinOp)
        first = self.line(argument) if is_here and argument is not None else self.line(node)
        last = (argument.end_lineno or first) if is_here and argument is not None else first
        options = texts(query)
        state = self.tables.default
        states = []
        for text in options:
            self.tables.default = state
            self._read_sql(_without_frames(text, frames, self.tables), first, last, parameters)
            states.append(self.tables.default)
        self.join_states(states)

    def _read_sql(self, text: str, first: int, last: int, parameters: dict[str, str]) -> None:
        if text.startswith(HOLE) and not text.strip(f" \n{HOLE}"):
            self.give_up(first)
            return
        key = (text, first, (self.tables.default, tuple(sorted(parameters.items()))))
        if key in self._queries:
            known = self._queries[key]
            self.tables.default = known if isinstance(known, tuple) else None
            return
        lines = {number: line for (_, line), number in self._logical.items()} if has_calls(text) else {}
        self._queries_of[first] = self._queries_of.get(first, 0) + 1
        if self._queries_of[first] > _MOST_QUERIES:
            self.give_up(first)
            return
        self._claimed |= read_sql(text, self.tables, first, last, lines, parameters)
        self._queries[key] = self.tables.default


def _pipelines_names(origins: frozenset[str]) -> frozenset[str]:
    parts = (origin.rpartition(".") for origin in origins)
    return frozenset(name for module, _, name in parts if module in _PIPELINES)


def _without_frames(text: str, frames: Sequence[str], tables: TableCollector) -> str:
    """Return a query with names of views in the places of the DataFrames that it is given by name."""
    for name in frames:
        if f"{{{name}}}" in text:
            tables.add_view((f"scope_frame_{name}",))
            text = text.replace(f"{{{name}}}", f"scope_frame_{name}")
    return text


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


def _is_unstored(call: ast.Call) -> bool:
    return any(_is_true(_keyword(call, word)) for word in ("temporary", "private"))


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
