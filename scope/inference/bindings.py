"""What the names of one syntax tree stand for: texts, modules, and the expressions that are assigned to them.

Names mean all that is assigned to them, in whatever scope: that finds more, never less. A text or a module counts only if
nothing else can be meant.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from scope.inference.collector import UsesCollector
from scope.inference.parsing import inner_statements
from scope.inference.strings import Text
from scope.inference.uses import without_src
from scope.repository.layout import RESOURCE_ROOT


class Bindings:
    """The names of one syntax tree."""

    def __init__(self, nodes: Iterable[ast.AST], uses: UsesCollector) -> None:
        """Note what is assigned to names and attributes, and what functions return."""
        self._uses = uses
        self._values: dict[str, list[ast.expr]] = {}
        self._results: dict[str, list[ast.expr]] = {}
        self._modules: dict[str, frozenset[str]] = {}
        # How often a name is bound, by whatever statement, and the names of parameters.
        self._stores: Counter[str] = Counter()
        self._parameters: set[str] = set()
        for node in nodes:
            if node.__class__ in _BINDING:
                self._note(node)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) if node.value is not None:
                self._bind(target, node.value)
            case ast.Name(id=name, ctx=ast.Store()):
                self._stores[name] += 1
            case ast.arg(arg=name):
                self._parameters.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._results.setdefault(name, []).extend(_returned(node))

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._bind(one, other)
        elif isinstance(target, ast.Name | ast.Attribute):
            self._values.setdefault(target.id if isinstance(target, ast.Name) else target.attr, []).append(value)

    def values(self, name: str) -> Sequence[ast.expr]:
        """Return what is assigned to a name or attribute."""
        return self._values.get(name, ())

    def results(self, function: str) -> Sequence[ast.expr] | None:
        """Return what a function of this tree returns, or None if it has no such function."""
        return self._results.get(function)

    def text(self, node: ast.AST | None) -> Text:
        """Return the known text of a string expression; a name that is assigned one string has that."""
        values = self._values.get(node.id, []) if isinstance(node, ast.Name) and self._is_known(node.id) else []
        if len(values) == 1 and isinstance(values[0], ast.Constant | ast.BinOp | ast.JoinedStr):
            return self._uses.text(values[0])
        return self._uses.text(node)

    def items(self, node: ast.AST) -> Sequence[ast.expr] | None:
        """Return the items of a list that is written out, or None."""
        if isinstance(node, ast.Name) and self._is_known(node.id) and len(self.values(node.id)) == 1:
            node = self.values(node.id)[0]
        return node.elts if isinstance(node, ast.List | ast.Tuple) else None

    def _is_known(self, name: str) -> bool:
        """Whether a name has no other values than those that stand in assignments."""
        is_bound = name in self._parameters or name in self._uses.bound
        return not is_bound and self._stores[name] == len(self._values.get(name, ()))

    def modules(self, node: ast.AST) -> frozenset[str]:
        """Return the names of the modules of this repository that an expression may be, or none if it may be another one."""
        names: frozenset[str] = frozenset()
        match node:
            case ast.Subscript(value=value, slice=index) if "sys.modules" in self._uses.origins(value):
                names = self.named(index)
            case ast.Call(func=function, args=[first, *_]):
                called = {origin.rpartition(".")[2] for origin in self._uses.origins(function)}
                if called & {"import_module", "find_spec"}:
                    names = self.named(first)
            case ast.Name(id=name) if name not in self._uses.bound:
                return self._modules_of_name(name)
            case ast.Name(id=name) if name in self._parameters or self._stores[name]:
                pass
            case ast.Name() | ast.Attribute():
                names = self._uses.imported(node)
        return frozenset(name for name in map(without_src, names) if self.is_own(name))

    def _modules_of_name(self, name: str) -> frozenset[str]:
        if name not in self._modules:
            self._modules[name] = frozenset()  # a name that is made of itself
            found = [self.modules(value) for value in self._values.get(name, ())] if self._is_known(name) else []
            if all(found):
                self._modules[name] = frozenset().union(*found)
        return self._modules[name]

    def named(self, node: ast.AST) -> frozenset[str]:
        """Return the dotted name that a string expression holds, or none if it isn't known or is relative."""
        name = self.text(node)
        return frozenset({name.text}) if name.whole and not name.text.startswith(".") else frozenset()

    def is_own(self, name: str) -> bool:
        """Whether a dotted name begins like a module of this repository that this file may import."""
        return name.partition(".")[0] in {"common", RESOURCE_ROOT, self._uses.place.module.partition(".")[0]}


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Yield what a function returns, without the functions inside it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending.extend(inner_statements(node))


# The only nodes that bind a name or say what a function returns. Most nodes are none of them.
_BINDING = frozenset([ast.AnnAssign, ast.Assign, ast.AsyncFunctionDef, ast.FunctionDef, ast.Name, ast.NamedExpr, ast.arg])
