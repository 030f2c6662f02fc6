"""How paths lie in folders, from the names alone. The repository's root is the empty one."""

import posixpath
from collections.abc import Iterable, Iterator


def is_below(path: str, folder: str) -> bool:
    """Return whether a path lies below a folder, or is it. Everything lies below the repository's root."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def find_folders(paths: Iterable[str], separator: str = "/") -> frozenset[str]:
    """Return the folders around some paths, without the repository's root; of modules' names, the packages around them."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition(separator)[0]
        # Around a folder that is there, all are.
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(separator)[0]
    return frozenset(folders)


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the nearest first, the repository's root last."""
    while path:
        path = posixpath.dirname(path)
        yield path


def common_folder(folders: Iterable[str]) -> str:
    """Return the deepest folder that is some folders, or lies above all of them."""
    common: list[str] = []
    for level in zip(*(folder.split("/") if folder else [] for folder in folders), strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "/".join(common)
