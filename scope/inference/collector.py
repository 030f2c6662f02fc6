"""Collects what one syntax tree uses, and knows what its names and strings stand for."""

import ast
import re

from scope.inference.plain_text import (
    CODE_RUNNERS,
    LOADERS,
    MACHINERY_NAMES,
    QUALIFIED_LOADERS,
    fixed_part,
    is_shared_path,
    shared_modules,
)
from scope.inference.strings import Text, text_of
from scope.inference.uses import PACKAGE, ImportedName, ModuleUse, NotebookRun, PathUse, Place, without_src

_DOTTED_TEXT = re.compile(r"(?:src\.)?[A-Za-z_]\w*(?:\.\w+)+(?::[\w.]+)?", re.ASCII)
_DOTTED_START = re.compile(r"(?:src\.)?[A-Za-z_]\w*\.(?:\w+\.)*", re.ASCII)
_SHARED_ROOT = re.compile(r"(?:src|\.{1,2})?/?common/?")
_BUILTINS = ("", "builtins", "__builtins__")
# A name that is imported in more ways, or from a longer name, may stand for anything: looking at each use of it in each way
# takes time by the square.
MOST_ORIGINS = 20
LONGEST_NAME = 1000


class UsesCollector:
    """Collects the uses of one file, `place`."""

    def __init__(self, place: Place) -> None:
        """Begin with none."""
        self.place = place
        self.modules: set[ModuleUse] = set()
        self.paths: set[PathUse] = set()
        self.dynamic: set[int] = set()
        self.names: set[ImportedName] = set()
        self.runs: set[NotebookRun] = set()
        # The lines in which an error is caught.
        self.tried: list[range] = []
        # Local name → the dotted names it was imported as; several if it is bound twice.
        self.bound: dict[str, set[str]] = {}
        # Local names that may stand for the import machinery.
        self.machinery = MACHINERY_NAMES
        # References to the import machinery whose calls name their modules, by identity.
        self.resolved: set[int] = set()
        # Literals that are only a part of a longer string, by identity.
        self.partial: set[int] = set()
        # Code in strings that is run, still to be read.
        self.code: list[ast.AST] = []

    def add_module(self, name: str, line: int, *, certain: bool) -> None:
        """Add a module by its name from the import root."""
        self.modules.add(ModuleUse(name, line, certain))

    def add_import(self, name: str, line: int, *, certain: bool) -> None:
        """Add an absolute import."""
        if name:
            self.add_module(name, line, certain=certain)
            if self.place.shared:
                # A shared notebook or script imports its neighbours by their bare names.
                self.add_module(f"{self.place.package}.{name}", line, certain=False)

    def bind(self, name: str, origin: str, line: int) -> None:
        """Remember what a local name was imported as."""
        origins = self.bound.setdefault(name, set())
        if len(origins) < MOST_ORIGINS and len(origin) <= LONGEST_NAME:
            origins.add(origin)
        elif origin not in origins:
            self.dynamic.add(line)

    def add_below(self, package: str, line: int) -> None:
        """Add everything below a package."""
        # The loader imports the domains' modules by name; counting that would put all models into every stage for nothing.
        if package and (package, self.place.module) != ("resources", "resources"):
            self.add_module(f"{package}.*", line, certain=False)

    def add_folder_of(self, package: str, line: int) -> None:
        """Add all the files of a package of shared code; none for a module."""
        if f"{package}.".startswith(("common.", "resources._models.")):
            self.paths.add(PathUse(PACKAGE, line, "", anchor=package))

    def add_path(self, path: Text, line: int) -> None:
        """Add a path, or the folder that the known part of one leads to."""
        known = path.text if path.whole else path.text[: path.text.rfind("/") + 1]
        self.paths.add(PathUse(known, line, self.place.folder))

    def add_string(self, value: Text, line: int) -> None:
        """Add what a string may name: a module, an entry point, a path into shared code, the import machinery itself."""
        text = value.text
        if text in LOADERS:
            self.dynamic.add(line)
        if "common" in text:
            if _SHARED_ROOT.fullmatch(text):
                self.add_below("common", line)
            elif is_shared_path(text):
                self.add_path(Text(fixed_part(text), value.whole), line)
            self.modules.update(ModuleUse(use.name, line, certain=False) for use in shared_modules(text))
        if text.startswith(("./", "../") if self.place.shared else "../") and (
            self.place.shared or not is_shared_path(text)
        ):
            # Counted from a shared notebook's folder, or from wherever the code that is given it lies.
            self.add_path(value, line)
        if len(text) < 200 and _DOTTED_TEXT.fullmatch(text):
            name = without_src(text.partition(":")[0])
            self.add_module(name, line, certain=False)
            if ":" not in text:
                # Somebody else's function may open the files of a package that it is told.
                self.add_folder_of(name, line)
        if not value.whole or text.endswith("."):
            start = _DOTTED_START.match(text)
            if start:
                self.add_below(without_src(start[0].rstrip(".")), line)

    def text(self, node: ast.AST | None) -> Text:
        """Return the known text of a string expression."""
        return text_of(node, self.place)

    def origins(self, node: ast.AST) -> frozenset[str]:
        """Return the dotted names that `a.b.c` may stand for, its first name looked up among the imports."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return frozenset({".".join(["?", *reversed(parts)])} if parts else ())
        return frozenset(without_src(".".join([start, *reversed(parts)])) for start in self.bound.get(node.id, {node.id}))

    def imported(self, node: ast.AST) -> frozenset[str]:
        """Return the dotted names that `a.b.c` may stand for if `a` is imported, or none."""
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        return self.origins(node) if isinstance(first, ast.Name) and first.id in self.bound else frozenset()


def may_name(text: str) -> bool:
    """Whether `add_string` adds anything for a text, or for one of which it is a part."""
    return "." in text or "common" in text or text in LOADERS


def is_machinery(origin: str) -> bool:
    """Whether a dotted name is a function that imports by name or runs text as code."""
    module, _, name = origin.rpartition(".")
    if name not in MACHINERY_NAMES:
        return False
    return name in LOADERS or origin in QUALIFIED_LOADERS or (name in CODE_RUNNERS and module in _BUILTINS)
