"""The bundles of a repository that has several: the folders that `[tool.scope] bundles` names, and what each is called."""

import json
import keyword
import posixpath
import re
from collections.abc import Iterable, Iterator

from scope.errors import UsageError
from scope.model import Kind, quote_path
from scope.names import MAX_NAME, NO_DOMAINS
from scope.repository.globs import matches
from scope.repository.layout import BUNDLE, CONFIG, TARGET_ROOT
from scope.repository.snapshot import Snapshot
from scope.wording import abbreviate, pluralize

# What the bundle at the repository's root is called.
ROOT_NAME = "root"


def find_bundles(snapshot: Snapshot, globs: Iterable[str], names: tuple[str, ...]) -> dict[str, str]:
    """Return the folders that globs match and that hold one of some files, by the domains' names, sorted by these.

    Raises `UsageError` for folders that would have one name.
    """
    folders: dict[str, list[str]] = {}
    expanded = sorted({folder for glob in globs for folder in _expand(snapshot, glob)})
    entries = snapshot.entries(_join(folder, name) for folder in expanded for name in names)
    for folder in expanded:
        if any((entry := entries.get(_join(folder, name))) and entry.kind is not Kind.FOLDER for name in names):
            folders.setdefault(name_bundle(folder), []).append(folder)
    problems = [_describe_alike(name, alike) for name, alike in sorted(folders.items()) if len(alike) > 1]
    if problems:
        raise UsageError("\n".join(problems))
    return {name: alike[0] for name, alike in sorted(folders.items())}


def _describe_alike(name: str, folders: list[str]) -> str:
    both, one = ("both", "one of them") if len(folders) == 2 else ("all", "all but one")
    listed = " and ".join(map(quote_path, folders))
    return f"{CONFIG}: the folders {listed} would {both} be called {name}. Rename {one}."


def name_bundle(folder: str) -> str:
    """Return the name of the domain that a folder with a bundle is: its path in small letters, digits and underscores.

    >>> name_bundle("bundles/Sales-ETL"), name_bundle("")
    ('bundles_sales_etl', 'root')
    """
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_") or ROOT_NAME
    # The end of a long path tells more than its beginning.
    name = name[-MAX_NAME:].lstrip("_")
    if not name[0].isalpha():
        name = f"b_{name[-MAX_NAME + 2 :]}"
    return f"{name}_" if name in NO_DOMAINS or keyword.iskeyword(name) else name


def _expand(snapshot: Snapshot, glob: str) -> Iterator[str]:
    """Yield the folders that a glob matches, reading no folder that it can't match. `.` is the repository's root."""
    level = {""}
    for part in glob.strip("/").split("/"):
        if part in {"", "."}:
            continue
        if part == "**":
            level |= {folder for top in level for folder in _below(snapshot, top)}
            continue
        level = {_join(top, name) for top in level for name in _folders(snapshot, top) if matches(part, name)}
    yield from level


def _below(snapshot: Snapshot, top: str) -> Iterator[str]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        children = [_join(folder, name) for name in _folders(snapshot, folder)]
        yield from children
        waiting += children


def _folders(snapshot: Snapshot, folder: str) -> Iterator[str]:
    return (name for name, entry in snapshot.names(folder).items() if entry.kind is Kind.FOLDER)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def require_root_bundle(snapshot: Snapshot) -> None:
    """Raise `UsageError` for a tree with files that isn't laid out for domains; it says which folders have a bundle.

    One that is has a bundle at its root and a file for each target, without which nothing is deployed.
    """
    is_there = snapshot.entry(BUNDLE) is not None
    if not snapshot.names("") or (is_there and snapshot.names(TARGET_ROOT)):
        return
    folders = sorted({posixpath.dirname(path) for path in snapshot.files("") if posixpath.basename(path) == BUNDLE})
    if not folders:
        raise UsageError(
            f"There is no {BUNDLE} in this git repository. scope deploys the bundles of the repository that it runs in: "
            "run it there, or name it with `-C`."
        )
    globs = list(dict.fromkeys(posixpath.join(posixpath.dirname(folder), "*") if folder else "." for folder in folders))
    what = (
        f"{BUNDLE} is at the root of this git repository, but no target is defined in {TARGET_ROOT}/"
        if is_there
        else f"There is no {BUNDLE} at the root of this git repository"
    )
    if below := [quote_path(folder) for folder in folders if folder]:
        verb = "has" if len(below) == 1 else "have"
        what += f", and {pluralize(len(below), 'folder')} below it {verb} one: {abbreviate(below)}"
    how = "each by itself" if below else "it as it is"
    raise UsageError(f"{what}. To deploy {how}, write into {CONFIG}:\n[tool.scope]\nbundles = {json.dumps(globs)}")
