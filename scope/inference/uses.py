"""The uses of one file, as names and paths that aren't resolved yet.

A resolver turns them into files. So that it misses none:

- A module name stands for the module, for the packages around it (their `__init__` runs first), and, where no file has that
  name, for the longest part of it that is one: `common.money.ROUNDING` is used through `common.money`.
- `common.readers.*` stands for everything below `common.readers`.
- A path stands for a file (a notebook's path has no suffix), or for everything below a folder. If neither exists it stands
  for nothing; a tree in which it exists has the edge.
- Names count from `src` and from the repository's root, and `src.` has been taken off.
"""

import posixpath
from typing import NamedTuple

from scope.repository.layout import Role, place_of


class ModuleUse(NamedTuple):
    """A module that a file may import.

    `certain` ones are imported as modules, and the file fails without them; others may be attributes, mere text, or tried.
    """

    name: str
    line: int
    certain: bool


# The path of a `PathUse` for all that lies in the folder of its anchor, if that is a package.
PACKAGE = "./"


class PathUse(NamedTuple):
    """A path as a file writes it, and that file's folder, from which Python and notebooks count it.

    With an `anchor` it counts from the file of the module of that name instead, wherever that lies.
    """

    path: str
    line: int
    relative_to: str
    anchor: str = ""


class ImportedName(NamedTuple):
    """A name that a file imports from a module, and fails without."""

    module: str
    name: str
    line: int


class NotebookRun(NamedTuple):
    """A notebook that a file runs, and fails without: the paths that the text may mean, as the file writes them."""

    paths: tuple[str, ...]
    line: int


class Uses(NamedTuple):
    """The uses of one file.

    `dynamic` holds the lines whose imports or files are only known at run time and may be anything. `broken` is the line of
    the syntax error in a file whose uses were guessed from its text: more than it really has, never less. `too_large` says
    the same of a file that wasn't parsed.
    """

    modules: frozenset[ModuleUse] = frozenset()
    paths: frozenset[PathUse] = frozenset()
    dynamic: tuple[int, ...] = ()
    broken: int | None = None
    too_large: bool = False
    names: frozenset[ImportedName] = frozenset()
    runs: frozenset[NotebookRun] = frozenset()


# The uses of a file that may use any shared file, whether it lies in `src` or in `resources`.
EVERYTHING = Uses(
    modules=frozenset(ModuleUse(f"{package}.*", 1, certain=False) for package in ("common", "resources._models")),
    paths=frozenset({PathUse("common/", 1, "src")}),
    dynamic=(1,),
    too_large=True,
)


class Place(NamedTuple):
    """A file's place among the packages: its folder, its module's name, and the package that relative imports count from.

    `shared` code lies in `src/common`; `offered` is what domains import, which includes models.
    """

    path: str
    folder: str
    module: str
    package: str
    shared: bool
    offered: bool

    @classmethod
    def of(cls, path: str) -> "Place":
        """Return the place of a path relative to the repository's root."""
        folder, name = posixpath.split(path)
        package = without_src(folder.replace("/", "."))
        stem = name.partition(".")[0]
        module = package if stem == "__init__" else ".".join(filter(None, (package, stem)))
        role = place_of(path).role
        is_offered = role in {Role.SHARED, Role.MODEL}
        return cls(path, folder, module, package, shared=role is Role.SHARED, offered=is_offered)

    def absolute(self, name: str, level: int, package: str | None = None) -> str:
        """Return a name from the import root, given with `level` dots before it. Too many dots end at the root."""
        if not level:
            return without_src(name)
        parts = (self.package if package is None else without_src(package)).split(".")
        base = parts[: max(0, len(parts) - level + 1)]
        return without_src(".".join(filter(None, (*base, name))))


def without_src(name: str) -> str:
    """Return a dotted name without the import root: `src.common` and `common` are the same file."""
    if name == "src":
        return ""
    return name.removeprefix("src.")
