"""A module's source → the names that it binds, for those who import one of them."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from scope.inference.parsing import NOT_PARSED, parse

# With one of these a module may have any name.
_ANYTHING = frozenset({"__dict__", "__getattr__", "eval", "exec", "globals", "locals", "modules", "setattr", "vars"})
_MOST_KNOWN = 4096
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@lru_cache(_MOST_KNOWN)  # every domain asks for those of the shared modules
def exported_names(source: bytes) -> frozenset[str] | None:
    """Return the names that a module has once it is imported, or None if only a run knows them."""
    try:
        tree = parse(source)
    except NOT_PARSED:
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")} & _ANYTHING:
            return None
        if isinstance(node, ast.Global):
            names.update(node.names)
    for node in _module_level(tree):
        names.update(_bound(node))
    return frozenset(names)


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes that run as the module's own, not in a function or a class."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Import(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.ExceptHandler(name=str(name)):
            yield name
