"""The libraries of an imported pipeline, which it names itself: files of the repository, one by one or by globs."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from generator.checkout import Checkout
from generator.errors import quoted
from generator.inventory import Inventory
from generator.job_checks import ELSEWHERE, file_fault, place_fault
from generator.load import LoadedSpec
from generator.spec import PipelineSpec
from generator.yaml_tree import Fault, TreePath

# What names a file, by the kind of library.
LIBRARY_PATHS = {"notebook": "path", "file": "path", "glob": "include"}
_WILD = "*?["
_SOURCES = (".py", ".sql", ".ipynb", ".r", ".scala")


def library_paths(model: PipelineSpec) -> Iterator[tuple[TreePath, str]]:
    """Yield the paths of the repository that an imported pipeline loads, each with its place in the spec."""
    libraries = (model.imported or {}).get("libraries")
    for index, library in enumerate(libraries if isinstance(libraries, list) else ()):
        for kind, field in LIBRARY_PATHS.items():
            holder = library.get(kind) if isinstance(library, dict) else None
            path = holder.get(field) if isinstance(holder, dict) else None
            if isinstance(path, str) and not ELSEWHERE.match(path):
                yield ("imported", "libraries", index, kind, field), path.removeprefix("./")


def library_files(path: str, checkout: Checkout) -> list[str]:
    """Return the files that a library's path stands for, sorted: itself, or the source files that its glob matches."""
    if not is_glob(path):
        return [path]
    files = checkout.files(glob_folder(path))
    return [name for name in files if name.lower().endswith(_SOURCES) and fnmatchcase(name, path)]


def library_faults(spec: LoadedSpec, model: PipelineSpec, inventory: Inventory) -> Iterator[Fault]:
    """Yield the faults of the paths that an imported pipeline loads."""
    for at, path in library_paths(model):
        if not is_glob(path):
            fault = file_fault(path, spec, inventory)
        else:
            fault = place_fault(glob_folder(path), spec)
            if not fault and not library_files(path, inventory.checkout):
                fault = f"{quoted(path)} matches no file."
        if fault:
            yield Fault(at, fault)


def is_glob(path: str) -> bool:
    """Return whether a path stands for the files that it matches."""
    return any(sign in path for sign in _WILD)


def glob_folder(path: str) -> str:
    """Return the folder that holds whatever a glob matches.

    >>> glob_folder("src/finance/stripe/base/**")
    'src/finance/stripe/base'
    """
    folders = path.split("/")[:-1]
    plain = next((index for index, folder in enumerate(folders) if is_glob(folder)), len(folders))
    return "/".join(folders[:plain])
