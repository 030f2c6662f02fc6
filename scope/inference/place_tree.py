"""A syntax tree with what its expressions are parts of, and with the paths that begin with the place of code."""

import ast
from collections.abc import Iterator

from scope.inference.bindings import Bindings
from scope.inference.collector import UsesCollector
from scope.inference.locations import Location, Locations
from scope.inference.locator import Locator
from scope.inference.parsing import inner_nodes


class PlaceTree:
    """One tree, and what it uses so far: its imports must have been read."""

    def __init__(self, tree: ast.AST, uses: UsesCollector) -> None:
        """Find every path, so that it is known which ones go on in others."""
        self.uses = uses
        self.nodes = [tree]
        self._parents: dict[int, ast.AST] = {}
        for node in self.nodes:  # which grows meanwhile
            for child in inner_nodes(node):
                self._parents[id(child)] = node
                self.nodes.append(child)
        self.bindings = Bindings(self.nodes, uses)
        self.locator = Locator(self.bindings, uses)
        self._located = {id(node): found for node in self.nodes if _is_read(node) and (found := self.locator.locate(node))}

    def locations(self, node: ast.AST) -> Locations:
        """Return the paths that an expression may be."""
        return self._located.get(id(node), frozenset())

    def goes_on(self, node: ast.AST) -> bool:
        """Whether a path is the beginning of another one."""
        return id(node) in self.locator.continued

    def parent(self, node: ast.AST | None) -> ast.AST | None:
        """Return what a node is a part of."""
        return self._parents.get(id(node))

    def ancestors(self, node: ast.AST, levels: int | None = None) -> Iterator[ast.AST]:
        """Yield what a node is a part of, from the inside out, at most so many."""
        outer = self.parent(node)
        while outer is not None and levels != 0:
            yield outer
            outer, levels = self.parent(outer), None if levels is None else levels - 1

    def is_module_file(self, location: Location) -> bool:
        """Whether a path is the file of a module, from which whoever has it can go anywhere."""
        return location.path == "" if location.anchor else location == self.locator.own_file

    def is_foreign(self, node: ast.AST) -> bool:
        """Whether an expression is a module of somebody else, or a part of one."""
        names = self.uses.imported(node)
        return bool(names) and not any(self.bindings.is_own(name) for name in names)

    def origins(self, node: ast.AST | None) -> frozenset[str]:
        """Return the dotted names that a reference may stand for; none for a name that nothing binds."""
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id in self.uses.bound):
            return self.uses.origins(node)
        return frozenset()


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def called_name(node: ast.Call) -> str:
    """Return the last name of the function that is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def line_of(node: ast.AST) -> int:
    """Return the line on which a node begins."""
    return getattr(node, "lineno", 1)
