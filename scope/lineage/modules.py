"""Where the modules and notebooks that a file names may lie in the repository."""

import posixpath
from collections.abc import Iterator

from scope.inference.notebooks import notebook_names
from scope.repository.layout import CODE_ROOT


def module_paths(name: str, folder: str | None = None) -> Iterator[str]:
    """Yield the paths of the files that a module of this name may be, counted from the import roots and from a folder."""
    if not name:
        return
    inside = name.replace(".", "/")
    for root in dict.fromkeys((CODE_ROOT, "", *([folder] if folder is not None else []))):
        start = posixpath.join(root, inside)
        yield f"{start}.py"
        yield f"{start}/__init__.py"


def notebook_paths(path: str, folder: str) -> Iterator[str]:
    """Yield the paths of the files that `%run` of a path may mean in a notebook of a folder."""
    found = posixpath.normpath(posixpath.join(folder, path))
    yield found
    yield from notebook_names(found)
