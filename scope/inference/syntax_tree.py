"""A module's syntax tree → its uses: import statements, and calls and strings that lead to modules and files.

The tree is walked without regard to scopes and branches: an import inside a function or under `TYPE_CHECKING` counts, and a
name that is bound to the import machinery anywhere means it everywhere. That finds more, never less.
"""

import ast
from collections.abc import Callable, Iterable, Iterator

from scope.inference.calls import read_call
from scope.inference.collector import LONGEST_NAME, UsesCollector, is_machinery, may_name
from scope.inference.parsing import EMPTY, inner_statements
from scope.inference.plain_text import MACHINERY_NAMES, has_places
from scope.inference.strings import Text
from scope.inference.uses import ImportedName, Place, Uses, without_src
from scope.repository.layout import LOADER, VERSION


def tree_uses(tree: ast.AST, place: Place, source: str, first_line: int = 1) -> Uses:
    """Return the uses of a parsed module. `source` is its text, `first_line` where that starts in the file."""
    collector = UsesCollector(place)
    collector.code.append(tree)
    has_own_places = place.path not in _INDEPENDENT and has_places(source, offered=place.offered)
    # The list grows while it is read, and keeps every tree: nodes are told apart by identity.
    for code in collector.code:
        _read_tree(code, collector, has_own_places=has_own_places)
    uses = Uses(
        modules=frozenset(collector.modules),
        paths=frozenset(collector.paths),
        dynamic=tuple(sorted(collector.dynamic)),
        names=frozenset(collector.names),
        runs=frozenset(collector.runs),
    )
    return uses if first_line == 1 else _move(uses, first_line - 1)


def _move(uses: Uses, lines: int) -> Uses:
    """Return the uses of code that stands so many lines further down."""
    return Uses(
        modules=frozenset(use._replace(line=use.line + lines) for use in uses.modules),
        paths=frozenset(use._replace(line=use.line + lines) for use in uses.paths),
        dynamic=tuple(line + lines for line in uses.dynamic),
        names=frozenset(name._replace(line=name.line + lines) for name in uses.names),
        runs=frozenset(run._replace(line=run.line + lines) for run in uses.runs),
    )


def _read_tree(tree: ast.AST, uses: UsesCollector, *, has_own_places: bool) -> None:
    nodes = _relevant_nodes(tree)
    # Imports first: a name may be used above the import that binds it.
    read_imports(nodes, uses)
    machinery = uses.machinery
    for node in nodes:
        # Names are most of a tree, and few are those of the import machinery.
        if isinstance(node, ast.Name):
            name = node.id
        elif isinstance(node, ast.Attribute):
            name = node.attr
        else:
            name = None
        read = _READERS.get(node.__class__) if name is None or name in machinery else None
        if read is not None:
            read(node, uses)
    if has_own_places:
        from scope.inference.own_places import read_places  # few files open anything by the place of code

        read_places(tree, uses)


def list_statements(tree: ast.Module) -> list[ast.AST]:
    """Return the statements of a syntax tree in the order of `ast.walk`, without expressions, which most nodes belong to."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows meanwhile
        nodes += inner_statements(node)
    return nodes


def read_imports(nodes: Iterable[ast.AST], uses: UsesCollector) -> None:
    """Add the import statements among some nodes, and the names that they bind."""
    listed = [node for node in nodes if node.__class__ in _AROUND_IMPORTS]
    around = [node for node in listed if node.__class__ in _OPTIONAL]
    optional = frozenset(id(statement) for node in around for statement in _optional_statements(node))
    for node in listed:
        if isinstance(node, ast.Try) and node.handlers:
            uses.tried.append(range(node.lineno, node.handlers[0].lineno))
        if isinstance(node, ast.Import):
            _read_import(node, uses, certain=id(node) not in optional)
        elif isinstance(node, ast.ImportFrom):
            _read_import_from(node, uses, certain=id(node) not in optional)
    bound = ((name, origin) for name, origins in uses.bound.items() for origin in origins)
    machinery = [name for name, origin in bound if is_machinery(without_src(origin))]
    uses.machinery = MACHINERY_NAMES.union(machinery) if machinery else MACHINERY_NAMES


def _optional_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may fail to be imported without harm: it is tried, or only there for type checkers."""
    match node:
        case ast.Try(body=body) if any(map(_catches_import_errors, node.handlers)):
            pass
        case ast.If(body=body) if _last_name(node.test) == "TYPE_CHECKING":
            pass
        case _:
            return
    for statement in body:
        yield from ast.walk(statement)


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or _last_name(one) in _CATCHING for one in caught)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _relevant_nodes(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes that may hold a use, each before those inside it.

    Strings that stand alone, such as docstrings, are left out: nothing reads them. Most of the time is spent in this loop.
    """
    relevant: list[ast.AST] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind in _RELEVANT:
            relevant.append(node)
            if kind in _LEAVES:
                continue
        for value in node.__dict__.values():
            if value.__class__ in EMPTY:
                continue
            if value.__class__ is list:
                for item in value:
                    is_bare_text = item.__class__ is ast.Expr and item.value.__class__ is ast.Constant
                    if not is_bare_text and item.__class__ not in EMPTY:
                        stack.append(item)
            elif isinstance(value, ast.AST):
                stack.append(value)
    return relevant


def _read_import(node: ast.Import, uses: UsesCollector, *, certain: bool) -> None:
    for alias in node.names:
        name = without_src(alias.name)
        uses.add_import(name, node.lineno, certain=certain)
        first = alias.name.partition(".")[0]
        uses.bind(alias.asname or first, alias.name if alias.asname else first, node.lineno)


def _read_import_from(node: ast.ImportFrom, uses: UsesCollector, *, certain: bool) -> None:
    base = uses.place.absolute(node.module or "", node.level)
    add = uses.add_module if node.level else uses.add_import
    if base:
        # In a folder whose name no package can have, only what runs there knows what is beside it.
        is_package = not node.level or all(map(str.isidentifier, uses.place.package.split(".")))
        certain = certain and is_package
        add(base, node.lineno, certain=certain)
    if len(base) > LONGEST_NAME:
        uses.dynamic.add(node.lineno)
        return
    for alias in node.names:
        if alias.name == "*":
            uses.add_below(base, node.lineno)
            continue
        if certain and base:
            uses.names.add(ImportedName(base, alias.name, node.lineno))
        name = f"{base}.{alias.name}" if base else alias.name
        uses.bind(alias.asname or alias.name, name, node.lineno)
        add(name, node.lineno, certain=False)


def _read_constant(node: ast.AST, uses: UsesCollector) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and may_name(node.value):
        uses.add_string(Text(node.value, whole=id(node) not in uses.partial), node.lineno)


def _read_compound(node: ast.AST, uses: UsesCollector) -> None:
    """Read a string that is composed of parts, and remember that its literals are only parts."""
    if not isinstance(node, ast.expr) or (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mod)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            uses.partial.add(id(child))
    value = uses.text(node)
    if value.text:
        uses.add_string(value, node.lineno)


def _read_reference(node: ast.AST, uses: UsesCollector) -> None:
    """Add a line as dynamic if it uses the import machinery other than by a call whose module names are known."""
    if not isinstance(node, ast.Name | ast.Attribute) or id(node) in uses.resolved:
        return
    if (node.attr if isinstance(node, ast.Attribute) else node.id) not in uses.machinery:
        return
    if isinstance(node.ctx, ast.Load) and any(is_machinery(name) for name in uses.origins(node)):
        uses.dynamic.add(node.lineno)


def _read_call(node: ast.AST, uses: UsesCollector) -> None:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            _read_compound(node, uses)
        read_call(node, uses)


# They look at whatever files a stage holds, and need none of them.
_INDEPENDENT = frozenset([LOADER, VERSION])
_READERS: dict[type[ast.AST], Callable[[ast.AST, UsesCollector], None]] = {
    ast.Attribute: _read_reference,
    ast.BinOp: _read_compound,
    ast.Call: _read_call,
    ast.Constant: _read_constant,
    ast.JoinedStr: _read_compound,
    ast.Name: _read_reference,
}
_OPTIONAL = frozenset({ast.If, ast.Try})
_AROUND_IMPORTS = frozenset({*_OPTIONAL, ast.Import, ast.ImportFrom})
_RELEVANT = frozenset({*_READERS, *_AROUND_IMPORTS})
# Handlers of these go on without a module that isn't there.
_CATCHING = frozenset({"BaseException", "Exception", "ImportError", "ModuleNotFoundError"})
# Relevant nodes with nothing relevant inside.
_LEAVES = frozenset({ast.Constant, ast.Import, ast.ImportFrom, ast.Name})
