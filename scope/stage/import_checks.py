"""Checks that what a stage's code imports, and the notebooks that it runs, are in the stage."""

import posixpath
from collections.abc import Iterator, Mapping

from scope.graph.closure import DomainIndex
from scope.inference.exports import exported_names
from scope.inference.notebooks import notebook_names
from scope.inference.plain_imports import PlainImport
from scope.inference.uses import ImportedName, ModuleUse, NotebookRun
from scope.model import Entry, Finding, quote_path
from scope.names import is_domain_name
from scope.repository.folders import find_folders
from scope.repository.layout import CODE_ROOT, COMMON, module_name

# What a stage can import.
_IMPORTED = (".py", ".pyi", ".so")
_CODE = (".py", ".ipynb", ".sql", ".scala", ".r")


def check_imports(index: DomainIndex, staged: Mapping[str, Entry], contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each first-party import, and each notebook that another one runs, that isn't in the stage."""
    importable = _Importable(index, staged, contents)
    for path, content in contents.items():
        if not path.lower().endswith(_CODE):
            continue
        imports = index.plain_imports_of(path, staged[path], content)
        if imports is not None and all(map(importable.has_all, imports)):
            continue
        uses = index.whole_uses_of(path, staged[path], content)
        for use in uses.modules:
            if use.certain and (message := importable.explain_missing(use, path)):
                yield Finding(quote_path(path), use.line, "import", message)
        for name in uses.names:
            if not importable.has_name(name, path):
                message = (
                    f"`{name.module}` has no `{name.name}`, neither a name nor a module. Correct the import, or add what it "
                    "imports."
                )
                yield Finding(quote_path(path), name.line, "import", message)
        for run in uses.runs:
            if message := _explain_run(run, path, staged, index):
                yield Finding(quote_path(path), run.line, "notebook-run", message)


class _Importable:
    """What the code of a stage can import: its modules, and their names."""

    def __init__(self, index: DomainIndex, staged: Mapping[str, Entry], contents: Mapping[str, bytes]) -> None:
        named = {path: module_name(path) for path in staged if path.endswith(_IMPORTED)}
        self._index = index
        modules = frozenset(named.values())
        self._modules = modules | find_folders(modules, ".")
        self._tops = frozenset(module.partition(".")[0] for module in self._modules) | {"common", "resources"}
        self._sources = {named[path]: content for path, content in contents.items() if path.endswith(".py")}
        self._compiled = frozenset(name for path, name in named.items() if not path.endswith(".py"))
        self._whole: dict[PlainImport, bool] = {}

    def has_all(self, statement: PlainImport) -> bool:
        """Return whether all is there that a statement names, wherever it stands. Most stand in many files."""
        if statement not in self._whole:
            imported = (ImportedName(statement.modules[0], name, 0) for name in statement.names)
            is_missing = any(map(self._explain_missing, statement.modules))
            self._whole[statement] = not is_missing and all(map(self._has_name, imported))
        return self._whole[statement]

    def explain_missing(self, use: ModuleUse, path: str) -> str | None:
        """Return why a file can't import a module, or None if it can."""
        message = self._explain_missing(use.name)
        return message if message and _beside(use.name.partition(".")[0], path) not in self._modules else None

    def _explain_missing(self, name: str) -> str | None:
        if name in self._modules:
            return None
        top = name.partition(".")[0]
        if top in self._tops:
            return f"`{name}` isn't in the repository. Add the module, or remove the import."
        if is_domain_name(top) and top in self._index.domains:
            return f"`{name}` is another domain's code, which isn't deployed with this. Move what both need to src/common."
        if f"{top}.py" in self._index.snapshot.names(CODE_ROOT):
            return (
                f"`{top}` is {CODE_ROOT}/{top}.py, which no stage holds: what domains share lies in {COMMON}. Move it there."
            )
        return None

    def has_name(self, name: ImportedName, path: str) -> bool:
        """Return whether a file can import a name from a module, as far as the stage knows the module."""
        return self._has_name(name) or _beside(name.module.partition(".")[0], path) in self._modules

    def _has_name(self, name: ImportedName) -> bool:
        known = self._names_of(name.module)
        if known is None or name.name in known:
            return True
        is_dunder = name.name.startswith("__") and name.name.endswith("__")
        return is_dunder or f"{name.module}.{name.name}" in self._modules

    def _names_of(self, module: str) -> frozenset[str] | None:
        if module in self._sources:
            return exported_names(self._sources[module])
        # A package without a file of its own has its modules alone.
        return frozenset() if module in self._modules and module not in self._compiled else None


def _beside(top: str, path: str) -> str:
    """Return the name of what lies beside a script, which finds that first."""
    return f"{posixpath.dirname(path).removeprefix(f'{CODE_ROOT}/').replace('/', '.')}.{top}"


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
