"""Python → the tables it writes and reads.

Names are followed through assignments, loops over literals, calls of functions, and modules of this repository:
`PAYMENTS = table("finance.stripe.final_payments")`.
"""

import ast
from collections.abc import Callable

from scope.inference.notebooks import without_magic_lines
from scope.inference.parsing import NOT_PARSED, Trees, parse
from scope.inference.syntax_tree import list_statements, read_imports
from scope.lineage.collector import TableCollector
from scope.lineage.modules import module_paths
from scope.lineage.names import HOLE
from scope.lineage.spark import NAMING, SparkReader
from scope.lineage.values import UNKNOWN, Import, Module, Value, all_texts, merge

Load = Callable[[str], Module | None]


def load_nothing(_path: str) -> None:
    """Know no other file."""


class PythonReader(SparkReader):
    """Reads the Python of one file, cell by cell, and tells a collector its tables."""

    def __init__(self, path: str, tables: TableCollector, load: Load = load_nothing, trees: Trees | None = None) -> None:
        """Begin a file; `load` gives the modules of this repository by their paths, `trees` those that others read."""
        super().__init__(path, tables)
        self._load = load
        self._trees = trees

    # Cells

    def read(self, text: str, first_line: int = 1, between: Callable[[int], None] | None = None) -> None:
        """Read Python, which may hold IPython's lines. `between` is called with each line that comes before a statement."""
        try:
            # The lines of a cell's tree are counted on.
            tree = parse(text) if self._trees is None or first_line > 1 else self._trees.parse(text)
        except NOT_PARSED:
            try:
                tree = parse(without_magic_lines(text))
            except NOT_PARSED as error:
                self.give_up((getattr(error, "lineno", None) or 1) + first_line - 1)
                return
        if first_line > 1:
            ast.increment_lineno(tree, first_line - 1)
        read_imports(list_statements(tree), self.imports)
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
        self.tell_unclaimed()

    def to_module(self, name: str) -> Module:
        """Return what other files see of this one."""
        return Module(
            name, self.path, self.scope, self.tables.default, frozenset(self.tables.views), dict(self.own_imports.bound)
        )

    def offered_texts(self) -> frozenset[str]:
        """Return the texts that others may get from this file: of its names, from its functions, and the schema it uses."""
        inside = all_texts([*map(self.resolve, self.scope.names.values()), *self.given])
        return inside | frozenset(self.tables.default or ())

    @property
    def has_functions(self) -> bool:
        """Whether this file has functions that others may call; datasets are called by their pipeline alone."""
        return any(
            not isinstance(function.node, ast.Lambda) and id(function.node) not in self.datasets for function in self.pending
        )

    # Modules

    def resolve(self, value: Value) -> Value:
        """Return a value with what is imported in the places of imports."""
        if not any(isinstance(atom, Import) for atom in value):
            return value
        return merge(*(self._find_import(atom) if isinstance(atom, Import) else (atom,) for atom in value))

    def _find_import(self, wanted: Import) -> Value:
        # Nearly every file names them, and what they do isn't followed.
        if f"{wanted.name}.{wanted.attribute}" in NAMING:
            return UNKNOWN
        module = self._find_module(wanted.name, wanted.folder)
        if not wanted.attribute:
            return (module,) if module is not None else UNKNOWN
        # A package needs no `__init__`.
        return self.find_attribute(module or Module(wanted.name), wanted.attribute, wanted.folder)

    def _find_module(self, name: str, folder: str | None = None) -> Module | None:
        for path in module_paths(name, folder):
            module = self._load(path)
            if module is not None:
                return module.called(name)
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
