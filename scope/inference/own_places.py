"""What a module opens or imports from the place of code: its own file, another module's, search paths, loaders, frames.

A path that the text tells is used as a path. A folder counts with all that lies below it, as does a path whose end is only
known at run time: that doesn't climb unless a string says so. Whatever else is done with code's place may lead anywhere,
and so may a folder that holds all the shared code: such a line is dynamic.
"""

import ast

from scope.inference.collector import UsesCollector
from scope.inference.escapes import may_lead_anywhere
from scope.inference.locations import Location
from scope.inference.place_tree import PlaceTree, called_name, line_of
from scope.inference.search_paths import is_kept, is_search_path, is_searched
from scope.inference.uses import PathUse
from scope.repository.layout import CODE_ROOT, COMMON, MODELS, RESOURCE_ROOT

# Folders with all the shared code of their part of the repository.
_EVERYTHING = frozenset([".", CODE_ROOT, COMMON, MODELS, RESOURCE_ROOT])
# Attributes and calls that read a module's file, look at it or show it.
_LOOKING = frozenset(
    ["as_posix", "exists", "is_dir", "is_file", "lstat", "name", "open", "read_bytes", "read_text", "stat", "stem", "suffix"]
)
_TAKING_FILES = frozenset(
    [
        "basename",
        "compile",
        "exists",
        "getmtime",
        "getsize",
        "isfile",
        "open",
        "relpath",
        "run_path",
        "samefile",
        "spec_from_file_location",
        "stat",
    ]
)
_SHOWING = frozenset(["critical", "debug", "error", "exception", "getLogger", "get_logger", "info", "print", "warning"])
# What gives the name of a path, or compares it.
_LEADING_NOWHERE = frozenset(["basename", "is_relative_to", "name", "relative_to", "relpath", "stem", "suffix", "suffixes"])
# What makes another path of one, and tells none of it.
_CHANGING = frozenset(
    [
        "parents",
        "parts",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "split",
        "splitlines",
    ]
)


def read_places(tree: ast.AST, uses: UsesCollector) -> None:
    """Add what a syntax tree opens by the place of code. Imports must have been read before."""
    places = PlaceTree(tree, uses)
    for node in places.nodes:
        locations = places.locations(node)
        for location in locations:
            _read_path(node, location, places)
        if not locations and may_lead_anywhere(node, places):
            uses.dynamic.add(line_of(node))


def _read_path(node: ast.AST, location: Location, tree: PlaceTree) -> None:
    """Add a path, unless it is only a part of another one; its line is dynamic if it may become any path."""
    parent = tree.parent(node)
    if is_search_path(node, tree):
        leads_anywhere = not tree.goes_on(node) and not is_kept(node, tree)
    elif _climbs_in_a_loop(node, tree):
        leads_anywhere = True
    elif _is_offered(node, tree):
        leads_anywhere = _adds_everything(node, location, tree)
    elif tree.goes_on(node) or isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        leads_anywhere = False
    elif tree.is_module_file(location):
        leads_anywhere = not _is_looked_at(parent, tree)
    elif _is_changed(node, parent):
        leads_anywhere = True
    else:
        leads_anywhere = not _leads_nowhere(node, parent) and _adds_everything(node, location, tree)
    if leads_anywhere:
        tree.uses.dynamic.add(line_of(node))


def _is_changed(node: ast.AST, parent: ast.AST | None) -> bool:
    """Whether a part is taken of a path, or another made of it, in a way that isn't followed."""
    match parent:
        case ast.Attribute(attr=attr):
            return attr in _CHANGING
        case ast.Subscript(value=value):
            return value is node
        case _:
            return False


def _is_offered(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether other modules may take a path from this one: a name of a module or class, or what a function returns."""
    if not tree.uses.place.offered:
        return False
    for outer in tree.ancestors(node):
        match outer:
            case ast.Tuple() | ast.List() | ast.Dict():
                continue
            case ast.Return():
                return True
            case ast.Assign(targets=targets):
                is_kept_elsewhere = any(isinstance(target, ast.Attribute) for target in targets)
                return is_kept_elsewhere or not _is_in_function(outer, tree)
            case ast.AnnAssign(target=target):
                return isinstance(target, ast.Attribute) or not _is_in_function(outer, tree)
            case _:
                return False
    return False


def _is_in_function(node: ast.AST, tree: PlaceTree) -> bool:
    return any(isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) for outer in tree.ancestors(node))


def _climbs_in_a_loop(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a path is climbed for as long as something isn't found: `while …: folder = folder.parent`."""
    statement = tree.parent(node)
    if not isinstance(statement, ast.Assign):
        return False
    if not any(isinstance(outer, ast.While | ast.For) for outer in tree.ancestors(statement)):
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return any(isinstance(inner, ast.Name) and inner.id in names for inner in ast.walk(node))


def _adds_everything(node: ast.AST, location: Location, tree: PlaceTree) -> bool:
    """Add a path. Return whether that is all the shared code, or a module's file, from which one gets everywhere."""
    if tree.is_module_file(location):
        return True
    path = "." if not location.path or (location.path.startswith("..") and not location.anchor) else location.path
    is_everything = not location.anchor and path in _EVERYTHING
    if is_everything and location.whole and is_searched(node, tree):
        return path in {COMMON, MODELS}  # from the others, modules are imported by their full names
    tail = "" if location.whole else f"/**{location.end}" if "." in location.end else "/"
    tree.uses.paths.add(PathUse(path + tail, line_of(node), "", location.anchor))
    return is_everything


def _is_looked_at(parent: ast.AST | None, tree: PlaceTree) -> bool:
    """Whether the file of a module is only read, compared or shown."""
    match parent:
        case ast.Attribute(attr=attr):
            return attr in _LOOKING
        case ast.FormattedValue():
            string = tree.parent(parent)
            return isinstance(string, ast.JoinedStr) and string.values[0] is not parent
        case ast.Call():
            return called_name(parent) in _TAKING_FILES | _SHOWING
        case _:
            return isinstance(parent, ast.Compare | ast.Expr | ast.BoolOp | ast.UnaryOp | ast.If | ast.IfExp)


def _leads_nowhere(node: ast.AST, parent: ast.AST | None) -> bool:
    match parent:
        case ast.Attribute(attr=attr):
            return attr in _LEADING_NOWHERE
        case ast.Call(func=function) if function is not node:
            return called_name(parent) in _LEADING_NOWHERE
        case _:
            return isinstance(parent, ast.Compare | ast.Expr)
