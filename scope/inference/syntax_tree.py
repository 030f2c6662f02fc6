"""A module's syntax tree → what it uses: import statements, and calls and strings that lead to modules and files.

The tree is walked without regard to scopes and branches: an import inside a function or under `TYPE_CHECKING` counts, and a
name that is bound to the machinery of imports anywhere means it everywhere. That finds more, never less.
"""

import ast
import re
from collections.abc import Callable, Iterable

from scope.inference.calls import read_call
from scope.inference.collector import UsesCollector, is_machinery
from scope.inference.plain_text import MACHINERY_NAMES
from scope.inference.strings import Text
from scope.inference.uses import ModuleUse, PathUse, Place, Uses, without_src

_UPWARDS = re.compile(r"\.parents\b|\.parent\s*\.\s*parent|dirname\s*\(\s*(?:[\w.]*\.)?dirname|\.\.|\bpardir\b")


def tree_uses(tree: ast.AST, place: Place, source: str, first_line: int = 1) -> Uses:
    """Return what a parsed module uses. `source` is its text, `first_line` where that starts in the file."""
    found = UsesCollector(place)
    found.code.append(tree)
    # The list grows while it is read, and keeps every tree: nodes are told apart by identity.
    for code in found.code:
        _read(code, found)
    if place.shared and "__file__" in source and _UPWARDS.search(source):
        # A path that climbs from a shared file ends somewhere in shared code, with no name to tell where.
        found.below("common", 1)
    shift = first_line - 1
    return Uses(
        modules=frozenset(ModuleUse(use.name, use.line + shift, use.certain) for use in found.modules),
        paths=frozenset(PathUse(use.path, use.line + shift, use.relative_to) for use in found.paths),
        dynamic=tuple(sorted(line + shift for line in found.dynamic)),
    )


def _read(tree: ast.AST, found: UsesCollector) -> None:
    nodes = _telling(tree)
    # Imports first: what a name stands for must be known where it is used, which may be before.
    read_imports(nodes, found)
    for node in nodes:
        handle = _HANDLERS.get(node.__class__)
        if handle is not None:
            handle(node, found)


def read_imports(nodes: Iterable[ast.AST], found: UsesCollector) -> None:
    """Note the import statements among some nodes, and what they bind to names."""
    for node in nodes:
        if isinstance(node, ast.Import):
            _import(node, found)
        elif isinstance(node, ast.ImportFrom):
            _import_from(node, found)


def _telling(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes that may tell of a use, each before what is inside of it.

    Strings that stand alone, such as docstrings, are left out: nothing reads those. This is the loop where the time goes.
    """
    telling: list[ast.AST] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        if node.__class__ in _TELLING:
            telling.append(node)
        for value in node.__dict__.values():
            if value.__class__ in _EMPTY:
                continue
            if isinstance(value, list):
                stack.extend([item for item in value if isinstance(item, ast.AST) and not _is_bare_text(item)])
            elif isinstance(value, ast.AST):
                stack.append(value)
    return telling


def _is_bare_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _import(node: ast.Import, found: UsesCollector) -> None:
    for alias in node.names:
        name = without_src(alias.name)
        found.module(name, node.lineno, certain=True)
        first = alias.name.partition(".")[0]
        found.bound.setdefault(alias.asname or first, set()).add(alias.name if alias.asname else first)


def _import_from(node: ast.ImportFrom, found: UsesCollector) -> None:
    base = found.place.absolute(node.module or "", node.level)
    note = found.named if node.level else found.module
    if base:
        note(base, node.lineno, certain=True)
    for alias in node.names:
        if alias.name == "*":
            found.below(base, node.lineno)
            continue
        name = f"{base}.{alias.name}" if base else alias.name
        note(name, node.lineno, certain=False)
        found.bound.setdefault(alias.asname or alias.name, set()).add(name)


def _constant(node: ast.AST, found: UsesCollector) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.string(Text(node.value, whole=id(node) not in found.partial), node.lineno)


def _compound(node: ast.AST, found: UsesCollector) -> None:
    """Read a string put together from parts, and remember that its literal parts are only parts."""
    if not isinstance(node, ast.expr) or (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mod)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            found.partial.add(id(child))
    value = found.text(node)
    if value.text:
        found.string(value, node.lineno)


def _reference(node: ast.AST, found: UsesCollector) -> None:
    """Note a function of the import machinery that is used in another way than called with names that are known."""
    if id(node) in found.understood or not isinstance(node, ast.Name | ast.Attribute):
        return
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if name not in MACHINERY_NAMES and (isinstance(node, ast.Attribute) or name not in found.bound):
        return
    if isinstance(node.ctx, ast.Load) and any(is_machinery(name) for name in found.origins(node)):
        found.dynamic.add(node.lineno)


def _call(node: ast.AST, found: UsesCollector) -> None:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            _compound(node, found)
        read_call(node, found)


_HANDLERS: dict[type[ast.AST], Callable[[ast.AST, UsesCollector], None]] = {
    ast.Attribute: _reference,
    ast.BinOp: _compound,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.JoinedStr: _compound,
    ast.Name: _reference,
}
_TELLING = frozenset({*_HANDLERS, ast.Import, ast.ImportFrom})
# Positions, names, contexts and operators: most of what a tree holds, with nothing inside.
_EMPTY = frozenset(
    {int, str, type(None), ast.Load, ast.Store, ast.Del, *ast.operator.__subclasses__(), *ast.cmpop.__subclasses__()}
)
