"""Functions and classes of Python, followed at each call with what they are given.

What is never called is followed in the end, with arguments that aren't known.
"""

import ast
from collections.abc import Iterable, Sequence

from scope.inference.collector import UsesCollector
from scope.inference.parsing import inner_nodes
from scope.lineage.execution import Execution
from scope.lineage.values import UNKNOWN, Class, Function, Instance, Scope, Value

# Calls inside each other.
_DEEPEST = 12
# Objects of one class.
_MOST_INSTANCES = 20
_YIELDING = frozenset({ast.Yield, ast.YieldFrom})


class Routines(Execution):
    """Follows the calls of one file's functions, and in the end those that nobody calls."""

    def __init__(self, imports: UsesCollector) -> None:
        """Begin with an empty module, whose imports are known."""
        super().__init__(imports)
        # Functions that were followed with what they are given, by the identity of their nodes.
        self._called: set[int] = set()
        self._generators: dict[int, bool] = {}
        # Objects of classes that nobody makes, by the identity of the class.
        self._generic: dict[int, Instance] = {}

    def finish(self) -> None:
        """Follow the functions that run by themselves, and those that were never called."""
        self.is_late = True
        self.uncertain += 1
        done: set[int] = set()
        for function in self._unfinished():
            if self.may_repeat() or id(function.node) not in done:
                done.add(id(function.node))
                try:
                    self._follow(function, [], {}, is_generic=True)
                except RecursionError:
                    self.give_up(self.line(function.node))
        self.uncertain -= 1

    def _unfinished(self) -> Iterable[Function]:
        at = 0
        # The list grows while functions are followed.
        while at < len(self.pending):
            function = self.pending[at]
            at += 1
            if id(function.node) not in self._called:
                yield function

    def call_function(self, function: Function, arguments: Sequence[Value], named: dict[str, Value], at: ast.Call) -> Value:
        """Follow a function with what it is given; return what it returns."""
        del at
        self.count_repeat()
        node = id(function.node)
        if node in self.running or len(self.running) >= _DEEPEST or not self.may_repeat():
            return UNKNOWN
        returned = self._follow(function, arguments, named)
        if self.may_repeat():
            self._called.add(node)
        return returned

    def _follow(
        self, function: Function, arguments: Sequence[Value], named: dict[str, Value], *, is_generic: bool = False
    ) -> Value:
        node = function.node
        before, imports, was_late = self.scope, self.imports, self.is_late
        self.scope, self.imports = Scope(parent=function.scope), function.imports
        self.is_late = was_late or is_generic
        self.running.append(id(node))
        self.returned.append(())
        try:
            owner = function.owner
            if is_generic and owner is not None:
                owner = self._any_instance(owner, node)
            given = {"*": UNKNOWN} if is_generic else named
            self._bind_arguments(node.args, [owner, *arguments] if owner is not None else arguments, given)
            if isinstance(node, ast.Lambda):
                return self.value(node.body)
            self.execute(node.body)
            if id(node) not in self._generators:
                self._generators[id(node)] = _yields(node)
            return UNKNOWN if self._generators[id(node)] else self.returned[-1]
        finally:
            self.running.pop()
            self.returned.pop()
            self.scope, self.imports, self.is_late = before, imports, was_late

    def _any_instance(self, owner: Value, node: ast.AST) -> Value | None:
        """Return the objects whose method is followed without a call: those that were made, or one that nobody makes."""
        made = owner[0]
        if not isinstance(made, Class):
            return owner
        marks = [one.id for one in getattr(node, "decorator_list", ()) if isinstance(one, ast.Name)]
        if "staticmethod" in marks:
            return None
        if "classmethod" in marks:
            return owner
        if made.instances:
            return tuple(made.instances)
        if id(made) not in self._generic:
            instance = self._generic[id(made)] = Instance(made)
            for method in made.find("__init__"):
                if isinstance(method, Function) and id(method.node) not in self.running:
                    # Followed on its own as well, so what it does with tables isn't lost if this ends early.
                    self._follow(Function(method.node, method.scope, method.imports, (instance,)), [], {"*": UNKNOWN})
        return (self._generic[id(made)],)

    def _bind_arguments(self, node: ast.arguments, arguments: Sequence[Value], named: dict[str, Value]) -> None:
        positional = [*node.posonlyargs, *node.args]
        defaults = [None] * (len(positional) - len(node.defaults)) + list(node.defaults)
        is_open = "*" in named
        for at, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
            is_given = at < len(arguments)
            value = arguments[at] if is_given else self._given(argument.arg, default, named, is_open=is_open)
            self.scope.assign(argument.arg, value)
        for argument, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            self.scope.assign(argument.arg, self._given(argument.arg, default, named, is_open=is_open))
        for more in (node.vararg, node.kwarg):
            if more is not None:
                self.scope.assign(more.arg, UNKNOWN)

    def _given(self, name: str, default: ast.expr | None, named: dict[str, Value], *, is_open: bool) -> Value:
        if name in named:
            return named[name]
        return UNKNOWN if is_open or default is None else self.value(default)

    def make(self, made: Class, arguments: Sequence[Value], named: dict[str, Value], at: ast.Call) -> Value:
        """Return an object of a class, with what its `__init__` sets."""
        instance = Instance(made)
        if len(made.instances) < _MOST_INSTANCES:
            made.instances.append(instance)
        starts = [atom for atom in made.find("__init__") if isinstance(atom, Function)]
        for start in starts:
            self.call_function(Function(start.node, start.scope, start.imports, (instance,)), arguments, named, at)
        if not starts:
            for name, value in zip(made.fields, arguments, strict=False):
                instance.names[name] = value
            instance.names.update({name: value for name, value in named.items() if name in made.fields})
        return (instance,)


def _yields(node: ast.AST) -> bool:
    nodes = [node]
    while nodes:
        inner = nodes.pop()
        if inner.__class__ in _YIELDING:
            return True
        nodes += inner_nodes(inner)
    return False
