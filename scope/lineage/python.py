"""Python → the tables it writes and reads: datasets of pipelines, Spark's readers and writers, SQL in strings.

Names are followed through assignments, loops over literals, calls of functions, and modules of this repository:
`PAYMENTS = table("finance.stripe.final_payments")`.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from scope.inference.collector import UsesCollector
from scope.inference.notebooks import without_magic_lines
from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.syntax_tree import read_imports
from scope.inference.uses import Place
from scope.lineage.collector import TableCollector
from scope.lineage.execution import Execution
from scope.lineage.modules import module_paths
from scope.lineage.names import HOLE, fill_references, has_calls, mark_logical, read_name
from scope.lineage.values import UNKNOWN, Function, Import, Module, Value, all_texts, collections, merge, texts

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
_CURRENT = frozenset({"setCurrentCatalog", "setCurrentDatabase"})
# So many different queries are read of one line.
_MOST_QUERIES = 100

Load = Callable[[str], Module | None]


def load_nothing(_path: str) -> None:
    """Know no other file."""


class PythonReader(Execution):
    """Reads the Python of one file, cell by cell, and tells a collector its tables."""

    def __init__(self, path: str, tables: TableCollector, load: Load = load_nothing) -> None:
        """Begin a file; `load` gives the modules of this repository by their paths."""
        super().__init__(UsesCollector(Place.of(path)))
        self.path = path
        self.tables = tables
        self._load = load
        # Where this file calls what is in another one.
        self._called_at: int | None = None
        self._own_imports = self.imports
        # The calls of `table()`: each name and its line; the claimed ones were told with what is around them.
        self._logical: dict[tuple[str, int], int] = {}
        self._claimed: set[int] = set()
        # Functions that are datasets, by the identity of their nodes.
        self._datasets: set[int] = set()
        self._queries: dict[tuple[str, int, object], object] = {}
        self._queries_of: dict[int, int] = {}

    # Cells

    def read(self, text: str, first_line: int = 1, between: Callable[[int], None] | None = None) -> None:
        """Read Python, which may hold IPython's lines. `between` is called with each line that comes before a statement."""
        try:
            tree = parse(text)
        except NOT_PARSED:
            try:
                tree = parse(without_magic_lines(text))
            except NOT_PARSED as error:
                self.give_up((getattr(error, "lineno", None) or 1) + first_line - 1)
                return
        if first_line > 1:
            ast.increment_lineno(tree, first_line - 1)
        read_imports(list(ast.walk(tree)), self.imports)
        for statement in tree.body:
            if between is not None:
                between(statement.lineno)
            self.execute_top(statement)

    def run_notebook(self, path: str) -> bool:
        """Take over what a notebook leaves to the one that runs it: its names, its views, and the schema it uses.

        Returns whether there is such a notebook.
        """
        module = self._load(path)
        if module is None:
            return False
        for name, value in module.scope.names.items():
            self.scope.assign(name, value)
        self.scope.stars += module.scope.stars
        for name, origins in module.origins.items():
            self.imports.bound.setdefault(name, set()).update(origins)
        self.tables.views |= module.views
        self.tables.default = module.default or self.tables.default
        return True

    def lose_schema(self) -> None:
        """Go on after something that may have used another schema."""
        self.tables.default = (HOLE, HOLE)

    def end(self) -> None:
        """Read what is never called, and end the file."""
        self.finish()
        self.tables.unresolved.update(self.imports.dynamic)
        for (text, line), number in self._logical.items():
            if number not in self._claimed:
                self.tables.add_read(read_name(text, self.tables.domain).parts, line, through_table=True)

    def to_module(self, name: str) -> Module:
        """Return what other files see of this one."""
        return Module(
            name, self.path, self.scope, self.tables.default, frozenset(self.tables.views), dict(self._own_imports.bound)
        )

    def offered_texts(self) -> frozenset[str]:
        """Return the texts that others may get from this file: of its names, from its functions, and the schema it uses."""
        inside = all_texts([*map(self.resolve, self.scope.names.values()), *self.given])
        return inside | frozenset(self.tables.default or ())

    @property
    def has_functions(self) -> bool:
        """Whether this file has functions that others may call; datasets are called by their pipeline alone."""
        return any(
            not isinstance(function.node, ast.Lambda) and id(function.node) not in self._datasets
            for function in self.pending
        )

    # What Execution asks for

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
        if before is None and function.imports is not self._own_imports:
            self._called_at = at.lineno
        try:
            return super().call_function(function, arguments, named, at)
        finally:
            self._called_at = before

    def resolve(self, value: Value) -> Value:
        """Return a value with what is imported in the places of imports."""
        if not any(isinstance(atom, Import) for atom in value):
            return value
        return merge(*(self._find_import(atom) if isinstance(atom, Import) else (atom,) for atom in value))

    def _find_import(self, wanted: Import) -> Value:
        module = self._find_module(wanted.name, wanted.folder)
        if not wanted.attribute:
            return (module,) if module is not None else UNKNOWN
        # A package needs no `__init__`.
        return self.find_attribute(module or Module(wanted.name), wanted.attribute, wanted.folder)

    def _find_module(self, name: str, folder: str | None = None) -> Module | None:
        for path in module_paths(name, folder):
            module = self._load(path)
            if module is not None:
                return replace(module, name=name)
        return None

    def find_name(self, module: Module, name: str) -> Value:
        """Return what a name is bound to in a module, or nothing."""
        if name in module.scope.names:
            # What imports each other in a circle isn't resolved for ever.
            value = module.scope.names[name]
            module.scope.names[name] = UNKNOWN if any(isinstance(atom, Import) for atom in value) else value
            module.scope.names[name] = self.resolve(value)
            return module.scope.names[name]
        return self.find_star(module.scope, name) if module.scope.stars else ()

    def find_attribute(self, module: Module, name: str, folder: str | None = None) -> Value:
        """Return what a name stands for in a module: one that it binds, or a module below it."""
        found = self.find_name(module, name)
        if found:
            return found
        below = self._find_module(f"{module.name}.{name}", folder)
        return (below,) if below is not None else UNKNOWN

    # Tables

    def pipelines_names(self, node: ast.AST) -> frozenset[str]:
        """Return the functions of pipelines that an expression may stand for."""
        return _pipelines_names(self.imports.origins(node))

    def read_call(self, node: ast.Call) -> Value | None:
        """Return what a call gives that concerns tables; None for any other."""
        origins = self.imports.origins(node.func)
        if _LOGICAL in origins:
            return self._read_logical(node)
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
            self._datasets.add(id(node))
            named = _keyword(call, "name") if call else None
            if not names.isdisjoint(_VIEWS) or (call and _is_unstored(call)):
                self.hide(self.value(named) if named is not None else (node.name,))
            elif named is None:
                self.tables.add_write((node.name,), self.line(node))

    def _read_logical(self, node: ast.Call) -> Value:
        value = self._argument_of(node, "logical")
        line = self.line(node)
        return tuple(mark_logical(self._logical.setdefault((text, line), len(self._logical)), text) for text in texts(value))

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
        is_known = all(HOLE not in fill_references(text, "domain")[0] for text in references)
        return tuple(references) if is_known else UNKNOWN

    def _use(self, value: Value, method: str) -> None:
        names = [read_name(text, self.tables.domain).parts for text in texts(value)]
        parts = names[0] if len(names) == 1 else ()
        if method == "setCurrentCatalog":
            self.tables.use_catalog(parts[0] if len(parts) == 1 else HOLE)
        else:
            self.tables.use_schema(parts)

    def read_table(self, name: Value, at: ast.Call) -> None:
        """Tell the read of a table by a value that is its name."""
        for text in texts(name):
            known = read_name(text, self.tables.domain)
            self._claimed.update(known.calls)
            line = self.line(at) if self._called_at or not known.calls else self._line_of(known.calls[0])
            self.tables.add_read(known.parts, line, through_table=known.is_logical)

    def _line_of(self, number: int) -> int:
        return next(line for (_, line), call in self._logical.items() if call == number)

    def write(self, name: Value, at: ast.Call) -> None:
        """Tell the write of a table by a value that is its name."""
        for text in texts(name):
            known = read_name(text, self.tables.domain)
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
        from scope.lineage.sql import read_sql  # sqlglot is slow to import, and most changes have no SQL

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
