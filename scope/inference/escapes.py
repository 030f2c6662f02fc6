"""What code does with its own place that may lead anywhere: no text tells which files are opened, or which modules imported.

It is told to somebody who may climb from it, changed as text, asked of frames, specs and objects; or names are made lazily
by somebody else's function.
"""

import ast
import re
from itertools import islice

from scope.inference.place_tree import PlaceTree, called_name
from scope.inference.search_paths import is_kept, is_known_folder

_NAMES_IN_STRINGS = frozenset(["__cached__", "__file__", "__getattr__", "__loader__", "__path__", "__spec__", "co_filename"])
_FRAMES = frozenset(["inspect.getframeinfo", "inspect.stack", "traceback.extract_stack", "traceback.walk_stack"])
_FILE_FINDERS = frozenset(["inspect.getabsfile", "inspect.getfile", "inspect.getsourcefile"])
_SHARED = ("common.", "resources._models.")
_UPWARDS = re.compile(r"\.\.(?:/\.\.)*/?")
# The parts of an expression that are looked at. Whatever is larger may be a path as well.
_LARGEST_PATH = 50


def may_lead_anywhere(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a node, which isn't a path itself, uses the place of code in a way that isn't understood."""
    match node:
        case ast.Constant(value=str(text)):
            names_place = text in _NAMES_IN_STRINGS and not _is_argument_of(node, "hasattr", tree)
            return names_place or (_UPWARDS.fullmatch(text) is not None and _climbs_from_shared_code(node, tree))
        case ast.Attribute(attr="__path__" | "submodule_search_locations"):
            return not tree.is_foreign(node) and not is_kept(node, tree)
        case ast.Attribute(attr="__file__" | "__cached__" | "co_filename", value=value):
            return not tree.is_foreign(value) and not _leads_to_path(node, tree)
        case ast.Name(id="__spec__" | "__loader__") | ast.Attribute(attr="__spec__" | "__loader__"):
            return not tree.is_foreign(node) and not _is_spec_understood(node, tree)
        case ast.Name(id="__getattr__", ctx=ast.Store()):
            return _is_made_by_others(node, tree)
        case ast.ImportFrom(module=str(module), level=0, names=names):
            return any(alias.name == "__getattr__" for alias in names) and not tree.bindings.is_own(module)
        case ast.Attribute(attr="parent" | "parents", value=value):
            return _holds_shared_code(value, tree)
        case ast.Attribute(attr="pardir"):
            return _climbs_from_shared_code(node, tree)
        case ast.Call():
            return _is_escaping_call(node, tree)
        case ast.Name() | ast.Attribute():
            return _is_escaping_reference(node, tree)
        case _:
            return False


def _is_argument_of(node: ast.AST, name: str, tree: PlaceTree) -> bool:
    parent = tree.parent(node)
    return isinstance(parent, ast.Call) and called_name(parent) == name


def _leads_to_path(node: ast.AST, tree: PlaceTree) -> bool:
    return any(tree.locations(outer) for outer in tree.ancestors(node, 4))


def _holds_shared_code(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a value is made of a path, perhaps, that shared code offers."""
    nodes = [node]
    for inner in nodes:
        nodes.extend(islice(ast.iter_child_nodes(inner), _LARGEST_PATH - len(nodes)))
        if any(f"{name}.".startswith(_SHARED) for name in tree.uses.imported(inner)):
            return True
    return len(nodes) == _LARGEST_PATH


def _climbs_from_shared_code(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a part `..` may climb from a path in shared code, as in `os.path.join(shared.HERE, "..")`."""
    if _leads_to_path(node, tree) or isinstance(tree.parent(node), ast.Compare):
        return False
    if tree.uses.place.offered:
        return True
    outer = [one for one in tree.ancestors(node, 4) if isinstance(one, ast.expr)]
    return bool(outer) and _holds_shared_code(outer[-1], tree)


def _is_spec_understood(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a spec or loader is asked for no more than names, paths that are found, and data at such paths."""
    if _leads_to_path(node, tree):
        return True
    parent = tree.parent(node)
    outer = tree.parent(parent)
    match parent:
        case ast.Attribute(attr="name" | "parent" | "has_location"):
            return True
        case ast.Attribute(attr="loader"):
            return _is_spec_understood(parent, tree)
        case ast.Attribute(attr="submodule_search_locations"):
            return is_kept(parent, tree)
        case ast.Attribute(attr="get_data") if isinstance(outer, ast.Call) and outer.args:
            path = outer.args[0]
            return tree.uses.text(path).whole or any(tree.locations(inner) for inner in ast.walk(path))
        case ast.Assign(targets=targets):
            return node in targets
        case ast.Compare() | ast.Expr() | ast.If():
            return True
        case _:
            return False


def _is_made_by_others(node: ast.AST, tree: PlaceTree) -> bool:
    """Whether a module's `__getattr__` is a value that somebody else's function makes."""
    statement = next((outer for outer in tree.ancestors(node) if isinstance(outer, ast.stmt)), None)
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and "lazy_loader.attach" in tree.origins(value.func):
        _add_attached(value, tree)
        return False
    return not isinstance(value, ast.Lambda)


def _add_attached(call: ast.Call, tree: PlaceTree) -> None:
    """Add the modules that `lazy_loader.attach(__name__, …)` names, or all below the package if they aren't written out."""
    package = tree.uses.place.package
    for argument in [*call.args[1:], *(keyword.value for keyword in call.keywords)]:
        for inner in ast.walk(argument):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                tree.uses.add_module(f"{package}.{inner.value}", call.lineno, certain=False)
            elif not isinstance(inner, ast.Dict | ast.List | ast.Tuple | ast.Set | ast.expr_context):
                tree.uses.add_below(package, call.lineno)


def _is_escaping_call(node: ast.Call, tree: PlaceTree) -> bool:
    if tree.origins(node.func) & _FILE_FINDERS and node.args:
        return not tree.is_foreign(node.args[0])
    if called_name(node) == "dirname" and node.args:
        return _holds_shared_code(node.args[0], tree)
    if called_name(node) == "addsitedir" and node.args:
        return not is_known_folder(node.args[0], tree)
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if len(arguments) > 1 and tree.is_foreign(node.func) and any(_is_own_package(argument) for argument in arguments):
        # It may import below the package that it is told.
        tree.uses.add_below(tree.uses.place.package, node.lineno)
    return False


def _is_own_package(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="__name__" | "__package__") | ast.Call(func=ast.Name(id="globals" | "locals" | "vars")):
            return True
        case _:
            return False


def _is_escaping_reference(node: ast.Name | ast.Attribute, tree: PlaceTree) -> bool:
    origins, parent = tree.origins(node), tree.parent(node)
    if "sys.path" in origins:
        return not is_kept(node, tree)
    if "sys.modules" in origins:
        return isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store) and not _is_foreign_name(parent, tree)
    if origins & _FRAMES:
        outer = tree.ancestors(node, 3)
        return not any(isinstance(one, ast.Attribute) and one.attr in {"function", "lineno"} for one in outer)
    return bool(origins & _FILE_FINDERS) and not (isinstance(parent, ast.Call) and parent.func is node)


def _is_foreign_name(node: ast.Subscript, tree: PlaceTree) -> bool:
    name = tree.bindings.text(node.slice)
    return name.whole and not tree.bindings.is_own(name.text)
