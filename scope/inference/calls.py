"""Calls → the modules, package files and notebooks that they import or open.

A call whose names aren't known before it runs stays unresolved: anything may be imported there.
"""

import ast
from collections.abc import Callable

from scope.inference.collector import UsesCollector, is_machinery
from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.uses import NotebookRun, without_src

# Modules and functions that open a package's files; the functions' names are too common to count without their modules.
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


def read_call(node: ast.Call, uses: UsesCollector) -> None:
    """Add what a call imports or opens, if it is one that does."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in _CALL_NAMES and (isinstance(node.func, ast.Attribute) or name not in uses.bound):
        return
    for origin in uses.origins(node.func):
        module, _, name = origin.rpartition(".")
        read_names = _IMPORTERS.get(name)
        if read_names is not None and is_machinery(origin):
            if _is_written_out(node) and read_names(node, uses):
                uses.resolved.add(id(node.func))
        elif name in _RESOURCE_FUNCTIONS and module in _RESOURCE_MODULES:
            _read_resource(node, uses)
        elif name == "run" and module.rpartition(".")[2] == "notebook":
            _read_notebook_run(node, uses)


def _is_written_out(node: ast.Call) -> bool:
    """Whether every argument stands in the call: none come from `*` or `**`."""
    return not any(isinstance(argument, ast.Starred) for argument in node.args) and all(key.arg for key in node.keywords)


def _argument(node: ast.Call, position: int, *names: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg in names:
            return keyword.value
    is_starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    return node.args[position] if position < len(node.args) and not is_starred else None


def _read_import_by_name(node: ast.Call, uses: UsesCollector) -> bool:
    """Read `import_module(name)` and the like: a module, perhaps relative to a package, perhaps with `:object` after it."""
    name = uses.text(_argument(node, 0, "name", "mod_name"))
    full = name.text.partition(":")[0]
    bare = full.lstrip(".")
    level = len(full) - len(bare)
    if not level:
        return _add_module(bare, node, uses, whole=name.whole)
    package = uses.text(_argument(node, 1, "package"))
    base = uses.place.absolute("", level, package.text)
    return package.whole and _add_module(bare, node, uses, whole=name.whole, base=base)


def _read_dunder_import(node: ast.Call, uses: UsesCollector) -> bool:
    name = uses.text(_argument(node, 0, "name"))
    level = _argument(node, 4, "level")
    depth = 0 if level is None else getattr(level, "value", None)
    if not isinstance(depth, int):
        return False
    base = uses.place.absolute("", depth) if depth else ""
    if not _add_module(name.text, node, uses, whole=name.whole, base=base):
        return False
    listed = _argument(node, 3, "fromlist")
    if listed is not None and name.whole:
        origin = without_src(".".join(filter(None, (base, name.text))))
        # A list that isn't written out may hold anything.
        for item in getattr(listed, "elts", [None]):
            uses.add_module(f"{origin}.{uses.text(item).text or '*'}", node.lineno, certain=False)
    return True


def _add_module(name: str, node: ast.Call, uses: UsesCollector, *, whole: bool, base: str = "") -> bool:
    """Add a module by its name, or everything below the known part of one. Return whether any of it is known."""
    full = without_src(".".join(filter(None, (base, name))))
    if whole and full:
        uses.add_module(full, node.lineno, certain=True)
        return True
    package = full.rpartition(".")[0] if name else base
    if whole or not package:
        return False
    uses.add_below(package, node.lineno)
    return True


def _read_iteration(node: ast.Call, uses: UsesCollector) -> bool:
    """Read `iter_modules(package.__path__)`: everything below that package."""
    path = _argument(node, 0, "path")
    if isinstance(path, ast.Name) and path.id == "__path__":
        packages = frozenset({uses.place.package})
    elif isinstance(path, ast.Attribute) and path.attr == "__path__":
        packages = uses.imported(path.value)
    else:
        return False
    for package in packages:
        uses.add_below(package, node.lineno)
    return bool(packages)


def _read_code(node: ast.Call, uses: UsesCollector) -> bool:
    """Read code in a string as code: an import in it is one of this file."""
    code = uses.text(node.args[0] if node.args else None)
    if not code.whole:
        return False
    try:
        tree = parse(code.text.strip())
    except NOT_PARSED:
        return False
    uses.code.append(ast.increment_lineno(tree, node.lineno - 1))
    return True


def _read_resource(node: ast.Call, uses: UsesCollector) -> None:
    """Read `files("common.schemas")`: the package's files, and those of folders below."""
    anchor = node.args[0] if node.args else node.keywords[0].value if node.keywords else None
    name = uses.text(anchor)
    if name.whole:
        packages = frozenset({without_src(name.text)})
    else:
        packages = frozenset({uses.place.package}) if anchor is None else uses.imported(anchor)
    if not packages:
        uses.dynamic.add(node.lineno)
    for package in packages:
        uses.add_below(package, node.lineno)
        uses.add_folder_of(package, node.lineno)
        if name.whole and "." in package:
            uses.add_module(package, node.lineno, certain=False)


def _read_notebook_run(node: ast.Call, uses: UsesCollector) -> None:
    path = uses.text(_argument(node, 0, "path"))
    if path.whole and not any(node.lineno in lines for lines in uses.tried):
        uses.runs.add(NotebookRun((path.text,), node.lineno))
    if path.whole or "/" in path.text:
        uses.add_path(path, node.lineno)
    else:
        uses.dynamic.add(node.lineno)


_IMPORTERS: dict[str, Callable[[ast.Call, UsesCollector], bool]] = {
    **dict.fromkeys(("LazyImport", "LazyModule", "lazy_import", "lazy_module", "locate"), _read_import_by_name),
    **dict.fromkeys(("import_from_string", "import_object", "import_string"), _read_import_by_name),
    "__import__": _read_dunder_import,
    "eval": _read_code,
    "exec": _read_code,
    "find_spec": _read_import_by_name,
    "import_module": _read_import_by_name,
    "iter_modules": _read_iteration,
    "resolve_name": _read_import_by_name,
    "run_module": _read_import_by_name,
    "walk_packages": _read_iteration,
}
_CALL_NAMES = frozenset({*_IMPORTERS, *_RESOURCE_FUNCTIONS, "run"})
