"""Clones as CI makes them for its jobs: an empty repository that fetches. Jobs that fetch the same get copies of one."""

import shutil
from hashlib import sha256
from pathlib import Path

from tests.support.sandbox import Sandbox

Fetch = tuple[str, ...]
"""The options of a fetch, then what is fetched; or only the latter."""
EVERY_BRANCH = "+refs/heads/*:refs/remotes/origin/*"


def lay_clone(folder: Path, origin: Sandbox, *fetches: Fetch, commit: str) -> Sandbox:
    """Make a folder a clone that has done these fetches, one after the other, and has a commit checked out, on no branch.

    What is fetched isn't only what the options and names say, but also where the origin's branches and tags point.
    """
    refs = origin.git("for-each-ref")
    key = sha256(repr((refs, fetches)).encode()).hexdigest()
    # Beside the origin, and not in it: git would see it there.
    made = origin.root.with_name(f"{origin.root.name}-fetched") / key
    if not made.exists():
        first = Sandbox.create(made)
        first.git("remote", "add", "origin", origin.root.as_uri())
        for options in fetches:
            first.git("fetch", "--quiet", "--no-tags", *options[:-1], "origin", options[-1])
    shutil.copytree(made / ".git", folder / ".git", copy_function=_copy)
    clone = Sandbox(folder)
    clone.git("checkout", "--quiet", "--force", "--detach", commit)
    return clone


def _copy(source: str, goal: str) -> None:
    """Copy a file of a repository. Git never writes to an object that is there, so one file serves all copies."""
    if "/.git/objects/" in source:
        Path(goal).hardlink_to(source)
    else:
        shutil.copyfile(source, goal)
