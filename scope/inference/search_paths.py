"""Folders that code puts on `sys.path` or on a package's `__path__`, from where modules are imported from then on."""

import ast

from scope.inference.place_tree import PlaceTree, called_name

_ADDING = frozenset(["append", "extend", "insert"])
_KEEPING = frozenset(["copy", "count", "index", "pop", "remove"])
# What looks through a search path is read where it is called.
_TAKING = frozenset(["extend_path", "iter_modules", "len", "list", "walk_packages"])


def is_search_path(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether an expression is `sys.path` or a package's `__path__`."""
    match node:
        case ast.Name(id="__path__") | ast.Attribute(attr="__path__" | "submodule_search_locations"):
            return True
        case ast.Name() | ast.Attribute():
            return "sys.path" in tree.origins(node)
        case _:
            return False


def is_searched(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a path is put on `sys.path`."""
    for outer in tree.ancestors(node, 4):
        match outer:
            case ast.Call(func=ast.Attribute(attr="append" | "extend" | "insert", value=value)):
                return "sys.path" in tree.origins(value)
            case ast.Call(func=ast.Attribute(attr="addsitedir")):
                return True
            case ast.Assign(targets=[ast.Subscript(value=target)]) | ast.Assign(targets=[target]):
                return "sys.path" in tree.origins(target)
            case ast.AugAssign(target=target):
                return "sys.path" in tree.origins(target)
    return False


def is_known_folder(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether what is put on a search path is known: paths that are found, literals, or the search path itself."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return all(is_known_folder(part, tree) for part in parts)
        case ast.Starred(value=value):
            return is_known_folder(value, tree)
        case ast.BinOp(left=left, op=ast.Add(), right=right) if not tree.locations(node):
            return all(is_known_folder(side, tree) for side in (left, right))
        case ast.Call(func=ast.Attribute(attr="getcwd" | "cwd")):
            return True
        case _:
            return bool(tree.locations(node)) or tree.bindings.text(node).whole or is_search_path(node, tree)


def is_kept(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a mention of a search path gives it to nobody, and adds nothing that isn't known."""
    parent = tree.parent(node)
    outer = tree.parent(parent)
    match parent:
        case ast.Attribute(attr=attr) if isinstance(outer, ast.Call) and outer.func is parent:
            if attr in _ADDING:
                return bool(outer.args) and is_known_folder(outer.args[-1], tree)
            return attr in _KEEPING
        case ast.Call(args=[first, *_]) if called_name(parent) in _TAKING:
            return first is node
        case ast.Subscript(ctx=ast.Store()) if isinstance(outer, ast.Assign):
            return is_known_folder(outer.value, tree)
        case ast.Subscript(slice=ast.Constant(value=int())):
            return "sys.path" in tree.origins(node)
        case ast.Subscript():
            return isinstance(outer, ast.Assign)
        case ast.Assign(value=value) | ast.AugAssign(value=value):
            return value is node or is_known_folder(value, tree)
        case ast.Compare() | ast.Starred() | ast.List() | ast.BinOp() | ast.Delete():
            return True
        case _:
            return False
