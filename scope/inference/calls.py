"""Calls → the modules, package files and notebooks they lead to.

Each form returns whether its names are known before it runs. Those that aren't are left to whoever asks: anything may be
imported there.
"""

import ast
import warnings
from collections.abc import Callable

from scope.inference.collector import UsesCollector, is_machinery
from scope.inference.strings import Text
from scope.inference.uses import ModuleUse, PathUse, without_src

# Functions that take a package and open a file of it; the names are too common to count without their modules.
_RESOURCE_MODULES = ("importlib.resources", "importlib_resources", "pkg_resources", "pkgutil")
_RESOURCE_FUNCTIONS = frozenset(
    [
        "contents",
        "files",
        "get_data",
        "is_resource",
        "open_binary",
        "open_text",
        "path",
        "read_binary",
        "read_text",
        "resource_exists",
        "resource_filename",
        "resource_listdir",
        "resource_stream",
        "resource_string",
    ]
)
# What parsing raises for text that isn't Python, or is too deep for the parser.
NOT_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(source: str) -> ast.Module:
    """Return the tree of Python source. Raise one of `NOT_PARSED`. What the parser warns of is the linter's to tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def read_call(node: ast.Call, found: UsesCollector) -> None:
    """Note what a call imports or opens, if it is one that does."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in _CALL_NAMES and (isinstance(node.func, ast.Attribute) or name not in found.bound):
        return
    for origin in found.origins(node.func):
        module, _, name = origin.rpartition(".")
        understand = _CALLS.get(name)
        if understand is not None and is_machinery(origin):
            if understand(node, found):
                found.understood.add(id(node.func))
        elif name in _RESOURCE_FUNCTIONS and module in _RESOURCE_MODULES:
            _resource(node, found)
        elif name == "run" and module.rpartition(".")[2] == "notebook":
            _notebook_run(node, found)


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    return node.args[position] if plain and position < len(node.args) else None


def _is_plain(node: ast.Call) -> bool:
    """Whether every argument stands in the call: none come from `*` or `**`."""
    return not any(isinstance(argument, ast.Starred) for argument in node.args) and all(key.arg for key in node.keywords)


def _import_module(node: ast.Call, found: UsesCollector) -> bool:
    name = found.text(_argument(node, 0, "name"))
    relative = name.text.startswith(".")
    package = found.text(_argument(node, 1, "package")) if relative else Text("", whole=True)
    if not (_is_plain(node) and name.text and package.whole):
        return False
    bare = name.text.lstrip(".")
    level = len(name.text) - len(bare)
    return _named(bare, node, found, whole=name.whole, base=found.place.absolute("", level, package.text) if level else "")


def _dunder_import(node: ast.Call, found: UsesCollector) -> bool:
    name = found.text(_argument(node, 0, "name"))
    level = _argument(node, 4, "level")
    if not _is_plain(node) or not (level is None or (isinstance(level, ast.Constant) and isinstance(level.value, int))):
        return False
    depth = level.value if isinstance(level, ast.Constant) and isinstance(level.value, int) else 0
    base = found.place.absolute("", depth) if depth else ""
    if not (name.text or (depth and name.whole)) or not _named(name.text, node, found, whole=name.whole, base=base):
        return False
    listed = _argument(node, 3, "fromlist")
    if listed is not None and name.whole:
        origin = ".".join(filter(None, (base, without_src(name.text))))
        if not isinstance(listed, ast.List | ast.Tuple):
            found.below(origin, node.lineno)
            return True
        for item in listed.elts:
            found.modules.add(ModuleUse(f"{origin}.{found.text(item).text or '*'}", node.lineno, certain=False))
    return True


def _named(name: str, node: ast.Call, found: UsesCollector, *, whole: bool, base: str) -> bool:
    """Note a name that is imported by a call; of one that isn't known to its end, everything below the known part."""
    full = without_src(".".join(filter(None, (base, name))))
    if whole:
        found.modules.add(ModuleUse(full, node.lineno, certain=True))
        return bool(full)
    package = full.rpartition(".")[0] if name else base
    if not package:
        return False
    found.below(package, node.lineno)
    return True


def _iterate(node: ast.Call, found: UsesCollector) -> bool:
    """Read `iter_modules(package.__path__)`: everything below that package."""
    path = _argument(node, 0, "path")
    if not _is_plain(node) or path is None:
        return False
    if isinstance(path, ast.Name) and path.id == "__path__":
        found.below(found.place.package, node.lineno)
        return True
    origins = found.origins(path) if isinstance(path, ast.Attribute) and path.attr == "__path__" else frozenset()
    packages = [origin.removesuffix(".__path__") for origin in origins]
    if not packages or not all(package.partition(".")[0] in _firsts(found) for package in packages):
        return False
    for package in packages:
        found.below(package, node.lineno)
    return True


def _firsts(found: UsesCollector) -> frozenset[str]:
    return frozenset(origin.partition(".")[0] for origins in found.bound.values() for origin in origins)


def _find_spec(node: ast.Call, found: UsesCollector) -> bool:
    name = found.text(_argument(node, 0, "name"))
    if not _is_plain(node) or not name.text or name.text.startswith("."):
        return False
    return _named(name.text, node, found, whole=name.whole, base="")


def _run_code(node: ast.Call, found: UsesCollector) -> bool:
    """Read code in a string as code: an import in it is one of this file."""
    code = found.text(node.args[0] if node.args else None)
    if not (_is_plain(node) and code.whole):
        return False
    try:
        tree = parse(code.text.strip())
    except NOT_PARSED:
        return False
    found.code.append(ast.increment_lineno(tree, node.lineno - 1))
    return True


def _run_module(node: ast.Call, found: UsesCollector) -> bool:
    name = found.text(_argument(node, 0, "mod_name"))
    return _is_plain(node) and bool(name.text) and _named(name.text, node, found, whole=name.whole, base="")


def _resolve_name(node: ast.Call, found: UsesCollector) -> bool:
    # `package.module:name` is one of the strings that count wherever they stand.
    return _is_plain(node) and found.text(_argument(node, 0, "name")).whole


def _resource(node: ast.Call, found: UsesCollector) -> None:
    """Read `files("common.schemas")`: the package's files, and those of folders below."""
    anchor = node.args[0] if node.args else node.keywords[0].value if node.keywords else None
    if anchor is None:
        found.below(found.place.package, node.lineno)
        return
    name = found.text(anchor)
    if name.whole:
        found.below(without_src(name.text), node.lineno)
        if "." in name.text:
            found.modules.add(ModuleUse(without_src(name.text), node.lineno, certain=False))
        return
    imported = [o for o in found.origins(anchor) if o.partition(".")[0] in _firsts(found)]
    if not imported:
        found.dynamic.add(node.lineno)
    for origin in imported:
        found.below(origin, node.lineno)


def _notebook_run(node: ast.Call, found: UsesCollector) -> None:
    path = found.text(_argument(node, 0, "path"))
    if path.whole:
        found.paths.add(PathUse(path.text, node.lineno, found.place.folder))
    elif "/" in path.text:
        found.paths.add(PathUse(path.text[: path.text.rfind("/") + 1], node.lineno, found.place.folder))
    else:
        found.dynamic.add(node.lineno)


_CALLS: dict[str, Callable[[ast.Call, UsesCollector], bool]] = {
    "__import__": _dunder_import,
    "eval": _run_code,
    "exec": _run_code,
    "find_spec": _find_spec,
    "import_module": _import_module,
    "iter_modules": _iterate,
    "resolve_name": _resolve_name,
    "run_module": _run_module,
    "walk_packages": _iterate,
}
_CALL_NAMES = frozenset({*_CALLS, *_RESOURCE_FUNCTIONS, "run"})
