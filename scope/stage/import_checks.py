"""Checks that what a stage's code imports, and the notebooks that it runs, are in the stage."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from scope.graph.closure import DomainIndex
from scope.inference.exports import exported_names
from scope.inference.notebooks import notebook_names
from scope.inference.uses import ImportedName, ModuleUse, NotebookRun
from scope.model import Entry, Finding, quote_path
from scope.names import is_domain_name
from scope.repository.layout import CODE_ROOT, COMMON, module_name

# What a stage can import.
_IMPORTED = (".py", ".pyi", ".so")
_CODE = (".py", ".ipynb", ".sql", ".scala", ".r")


def check_imports(index: DomainIndex, staged: Mapping[str, Entry], contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each first-party import, and each notebook that another one runs, that isn't in the stage."""
    named = {path: module_name(path) for path in staged if path.endswith(_IMPORTED)}
    modules = _with_packages(named.values())
    tops = frozenset(module.partition(".")[0] for module in modules) | {"common", "resources"}
    sources = {named[path]: content for path, content in contents.items() if path.endswith(".py")}
    compiled = frozenset(name for path, name in named.items() if not path.endswith(".py"))

    @cache
    def names_of(module: str) -> frozenset[str] | None:
        if module in sources:
            return exported_names(sources[module])
        # A package without a file of its own has its modules alone.
        return frozenset() if module in modules - compiled else None

    for path, content in contents.items():
        if not path.lower().endswith(_CODE):
            continue
        uses = index.whole_uses_of(path, staged[path], content)
        for use in uses.modules:
            if use.certain and (message := _explain_missing(use, path, modules, tops, index)):
                yield Finding(quote_path(path), use.line, "import", message)
        for name in uses.names:
            known = names_of(name.module)
            if known is not None and name.name not in known and not _is_there(name, path, modules):
                message = (
                    f"`{name.module}` has no `{name.name}`, neither a name nor a module. Correct the import, or add what it "
                    "imports."
                )
                yield Finding(quote_path(path), name.line, "import", message)
        for run in uses.runs:
            if message := _explain_run(run, path, staged, index):
                yield Finding(quote_path(path), run.line, "notebook-run", message)


def _with_packages(modules: Iterable[str]) -> frozenset[str]:
    """Return the dotted names of modules and of the packages around them."""
    names: set[str] = set()
    for module in modules:
        name = module
        # Around a name that is there, all are.
        while name not in names:
            names.add(name)
            name = name.rpartition(".")[0] if "." in name else name
    return frozenset(names)


def _beside(top: str, path: str) -> str:
    """Return the name of what lies beside a script, which finds that first."""
    return f"{posixpath.dirname(path).removeprefix(f'{CODE_ROOT}/').replace('/', '.')}.{top}"


def _explain_missing(
    use: ModuleUse, path: str, modules: frozenset[str], tops: frozenset[str], index: DomainIndex
) -> str | None:
    if use.name in modules:
        return None
    top = use.name.partition(".")[0]
    if _beside(top, path) in modules:
        return None
    if top in tops:
        return f"`{use.name}` isn't in the repository. Add the module, or remove the import."
    if is_domain_name(top) and top in index.domains:
        return f"`{use.name}` is another domain's code, which isn't deployed with this. Move what both need to src/common."
    if f"{top}.py" in index.snapshot.names(CODE_ROOT):
        return f"`{top}` is {CODE_ROOT}/{top}.py, which no stage holds: what domains share lies in {COMMON}. Move it there."
    return None


def _is_there(name: ImportedName, path: str, modules: frozenset[str]) -> bool:
    is_dunder = name.name.startswith("__") and name.name.endswith("__")
    return is_dunder or f"{name.module}.{name.name}" in modules or _beside(name.module.partition(".")[0], path) in modules


def _explain_run(run: NotebookRun, path: str, staged: Mapping[str, Entry], index: DomainIndex) -> str | None:
    """Return why a notebook can't be run from a file, or None if it can, or lies elsewhere in the workspace."""
    meant: list[str] = []
    for text in run.paths:
        known = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        if text.startswith("/") or known.startswith("../") or not set("${}").isdisjoint(text):
            return None
        meant += [known, *notebook_names(known)]
    if not meant or not staged.keys().isdisjoint(meant):
        return None
    shown = f"`{run.paths[0]}`"
    if any(index.snapshot.entry(name) is not None for name in meant):
        return f"{shown} is a notebook that isn't deployed with this. Move what both need to src/common."
    return f"{shown} leads to no notebook of the repository. Correct the path, or add the notebook."
