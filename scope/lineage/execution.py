"""Statements of Python, followed in their order: what names are bound to.

Branches are followed both, and a loop over a known list element by element. A budget bounds how often a file is gone over.
"""

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from scope.inference.collector import UsesCollector
from scope.lineage.calling import Calling
from scope.lineage.values import UNKNOWN, Class, Function, Import, Module, Scope, Value, collections, merge

# Statements that are followed more than once, all together. No second goes by.
MOST_REPEATED = 5_000
Def = ast.FunctionDef | ast.AsyncFunctionDef
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break


class Execution(Calling):
    """Follows the statements of one file."""

    def __init__(self, imports: UsesCollector) -> None:
        """Begin with an empty module, whose imports are known."""
        super().__init__()
        self.imports = imports
        self.repeated = 0
        # Every function that was defined, still to be followed unless it is called.
        self.pending: list[Function] = []
        # What functions return, as far as it is text.
        self.given: list[Value] = []
        # The functions that are followed now, inside each other, by the identity of their nodes; and what each returns.
        self.running: list[int] = []
        self.returned: list[Value] = []
        self._loops = 0
        # What loops carry from one pass to the next, by the identity of their nodes.
        self._carried: dict[int, set[str]] = {}

    # For those who inherit

    def line(self, node: ast.expr | ast.stmt) -> int:
        """Return the line that a node counts for."""
        raise NotImplementedError

    def give_up(self, line: int) -> None:
        """Count a line whose tables aren't known."""
        raise NotImplementedError

    def read_function(self, node: Def) -> None:
        """Read what decorators mean for tables."""
        raise NotImplementedError

    def save_state(self) -> object:
        """Return what else depends on the order of statements."""
        raise NotImplementedError

    def join_states(self, states: Sequence[object]) -> None:
        """Go on with one of some states."""
        raise NotImplementedError

    # Statements

    def count_repeat(self) -> None:
        """Count a part of the file that is gone over again."""
        self.repeated += 1

    def may_repeat(self) -> bool:
        """Return whether the file may be gone over again."""
        return self.repeated < MOST_REPEATED

    def execute(self, statements: Iterable[ast.stmt]) -> bool:
        """Follow statements; return whether none after them is reached."""
        for statement in statements:
            self.repeated += bool(self.running or self._loops)
            read = self._STATEMENTS.get(type(statement))
            if read is None:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.value(child)
            elif read(self, statement):
                return True
            if isinstance(statement, _ENDS):
                return True
        return False

    def execute_top(self, statement: ast.stmt) -> None:
        """Follow one statement of the module. One that is nested too deep to be followed is counted."""
        scope, running, uncertain = self.scope, list(self.running), self.uncertain
        try:
            self.execute([statement])
        except RecursionError:
            self.give_up(self.line(statement))
            self.scope, self.running, self.uncertain, self._loops = scope, running, uncertain, 0

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _annotate(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _augment(self, node: ast.AugAssign) -> None:
        right = self.value(node.value)
        left = self.value(node.target)
        if isinstance(node.op, ast.Add) and any(collections(left)):
            for items in collections(left):
                self.call_method(items, "extend", [right], {})
        else:
            self.bind(node.target, self.combine(node.op, left, right))

    def _branch(self, node: ast.If) -> bool:
        self.value(node.test)
        return self._either_of([node.body, node.orelse])

    def _either_of(self, bodies: Sequence[Sequence[ast.stmt]]) -> bool:
        """Follow each of some bodies from here; what comes after has gone through one of those that don't end."""
        before, state = dict(self.scope.names), self.save_state()
        ends: list[dict[str, Value]] = []
        states: list[object] = []
        self.uncertain += 1
        for body in bodies:
            self.scope.names = dict(before)
            self.join_states([state])
            if not self.execute(body):
                ends.append(self.scope.names)
                states.append(self.save_state())
        self.uncertain -= 1
        self.scope.names = _join_names(ends or [before])
        self.join_states(states or [state])
        return not ends

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        elements, is_known = self.elements(self.value(node.iter))
        self.uncertain += not is_known
        self._loops += is_known
        for element in self.each(elements):
            self.bind(node.target, element)
            self._pass(node, node.body, is_known=is_known)
        self._loops -= is_known
        self.uncertain -= not is_known
        self._either_of([node.orelse, []] if node.orelse else [[]])

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        self.uncertain += 1
        self._pass(node, node.body, is_known=False)
        self.uncertain -= 1
        self.execute(node.orelse)

    def _pass(self, node: ast.stmt, body: Sequence[ast.stmt], *, is_known: bool) -> None:
        """Follow a loop's body once. If nobody knows how often it runs, what it carries over isn't known either."""
        if is_known:
            before, state = dict(self.scope.names), self.save_state()
            if self.execute(body):
                self.scope.names = _join_names([before, self.scope.names])
                self.join_states([state, self.save_state()])
            return
        if id(node) not in self._carried:
            self._carried[id(node)] = _find_carried(node)
        for name in self._carried[id(node)]:
            self.scope.names.pop(name, None)
            self.scope.assign(name, UNKNOWN)
        before, state = dict(self.scope.names), self.save_state()
        self.execute(body)
        self.scope.names = _join_names([before, self.scope.names])
        self.join_states([state, self.save_state()])

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN)
        return self.execute(node.body)

    def _try(self, node: ast.Try) -> bool:
        before, state = dict(self.scope.names), self.save_state()
        ended = self.execute(node.body) or self.execute(node.orelse)
        after, after_state = self.scope.names, self.save_state()
        ends, states = ([], []) if ended else ([after], [after_state])
        self.uncertain += 1
        for handler in node.handlers:
            self.value(handler.type)
            self.scope.names = _join_names([before, after])
            self.join_states([state, after_state])
            if handler.name:
                self.scope.assign(handler.name, UNKNOWN)
            if not self.execute(handler.body):
                ends.append(self.scope.names)
                states.append(self.save_state())
        self.uncertain -= 1
        self.scope.names = _join_names(ends or [before, after])
        self.join_states(states or [state, after_state])
        return self.execute(node.finalbody) or not ends

    def _match(self, node: ast.Match) -> bool:
        self.value(node.subject)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(name, str):
                    self.scope.assign(name, UNKNOWN)
            self.value(case.guard)
        return self._either_of([*(case.body for case in node.cases), []])

    def _define(self, node: Def) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.value(default)
        function = Function(node, self.scope, self.imports)
        for decorator in node.decorator_list:
            self.value(decorator)
        self.scope.assign(node.name, (function,))
        self.read_function(node)
        self.pending.append(function)

    def define_lambda(self, node: ast.Lambda) -> Value:
        """Return a function without a name."""
        function = Function(node, self.scope, self.imports)
        self.pending.append(function)
        return (function,)

    def _class(self, node: ast.ClassDef) -> None:
        bases = tuple(atom for base in node.bases for atom in self.value(base) if isinstance(atom, Class))
        for keyword in node.keywords:
            self.value(keyword.value)
        for decorator in node.decorator_list:
            self.value(decorator)
        annotated = (
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        )
        fields = (*(name for base in bases for name in base.fields), *annotated)
        made = Class(Scope(parent=self.scope, is_class=True), bases, tuple(dict.fromkeys(fields)))
        before = self.scope
        self.scope = made.scope
        first = len(self.pending)
        try:
            self.execute(node.body)
        finally:
            self.scope = before
        for at in range(first, len(self.pending)):
            function = self.pending[at]
            if function.scope is made.scope and not isinstance(function.node, ast.Lambda):
                self.pending[at] = Function(function.node, function.scope, function.imports, (made,))
        self.scope.assign(node.name, (made,))

    def _return(self, node: ast.Return) -> bool:
        value = self.value(node.value)
        if value not in ((), UNKNOWN):
            self.given.append(value)
        if self.returned:
            self.returned[-1] = merge(self.returned[-1], value)
        return True

    def _elsewhere(self, node: ast.Global | ast.Nonlocal) -> None:
        module = self.scope.module()
        for name in node.names:
            scope = module
            if isinstance(node, ast.Nonlocal):
                found = self.scope.parent
                while found is not None and name not in found.names:
                    found = found.parent
                scope = found or module
            if scope is not self.scope:
                self.scope.elsewhere[name] = scope

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.names.pop(target.id, None)

    def _import(self, node: ast.Import) -> None:
        folder = self.imports.place.folder
        for alias in node.names:
            first = alias.name.partition(".")[0]
            if alias.asname:
                self.scope.assign(alias.asname, (Import(alias.name, folder),))
            else:
                self.scope.assign(first, (Module(first),))

    def _import_from(self, node: ast.ImportFrom) -> None:
        name = self.imports.place.absolute(node.module or "", node.level)
        folder = None if node.level else self.imports.place.folder
        for alias in node.names:
            if alias.name == "*":
                self.scope.stars.append(Import(name, folder))
            else:
                self.scope.assign(alias.asname or alias.name, (Import(name, folder, alias.name),))

    _STATEMENTS: ClassVar[dict[type, Callable]] = {
        ast.Assign: _assign,
        ast.AnnAssign: _annotate,
        ast.AugAssign: _augment,
        ast.If: _branch,
        ast.For: _loop,
        ast.AsyncFor: _loop,
        ast.While: _while,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Try: _try,
        ast.TryStar: _try,
        ast.Match: _match,
        ast.FunctionDef: _define,
        ast.AsyncFunctionDef: _define,
        ast.ClassDef: _class,
        ast.Return: _return,
        ast.Global: _elsewhere,
        ast.Nonlocal: _elsewhere,
        ast.Delete: _delete,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
    }


def _join_names(ends: Sequence[dict[str, Value]]) -> dict[str, Value]:
    """Return what each name may be after one of some ways."""
    if len(ends) == 1:
        return ends[0]
    joined: dict[str, Value] = {}
    for names in ends:
        for name, value in names.items():
            known = joined.get(name)
            joined[name] = value if known is None or known is value else merge(known, value)
    return joined


def _find_carried(node: ast.stmt) -> set[str]:
    """Return the names that a loop reads before it binds them, or to bind them: each pass sees the one before."""
    bound: dict[str, tuple[int, int]] = {}
    read: dict[str, tuple[int, int]] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign | ast.AugAssign | ast.AnnAssign):
            end = (inner.end_lineno or inner.lineno, inner.end_col_offset or 0)
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            for target in (one for top in targets for one in ast.walk(top)):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                    is_own = isinstance(inner, ast.AugAssign)
                    bound[target.id] = min(bound.get(target.id, end), end)
                    read.update({target.id: (0, 0)} if is_own else {})
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            at = (inner.lineno, inner.col_offset)
            read[inner.id] = min(read.get(inner.id, at), at)
    return {name for name, end in bound.items() if name in read and read[name] < end}
