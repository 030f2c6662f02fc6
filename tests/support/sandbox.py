"""A git repository in a temporary folder: this repository's files or a test's own, the fake workspace as its host.

It is real git, shielded from the person's configuration; commits have fixed authors and dates, so the same steps give
the same commits.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from scope.stage.folder import write_venv
from tests.support.fake_workspace import FakeWorkspace

REPOSITORY = Path(__file__).parents[2]

SCRATCH = "SCOPE_TEST_SCRATCH"
"""The variable that names a folder for what tests start and kill, which the run removes at its end."""
GIT_CONFIG = str(Path(__file__).with_name("gitconfig"))
"""The only configuration that git sees besides the repository's."""
_FIRST_COMMIT = datetime(2026, 1, 1, tzinfo=UTC)
_HOST = re.compile(r"^(\s*host:).*$", re.MULTILINE)


class Sandbox:
    """One such repository; paths are relative to its root, with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._commits = 0

    @classmethod
    def create(cls, root: Path, files: Mapping[str, str | bytes] | None = None) -> Self:
        """Make a repository on branch `main` with these files, committed where there are any."""
        root.mkdir(parents=True, exist_ok=True)
        sandbox = cls(root)
        # Samples of hooks are most of the files that git would make.
        sandbox.git("init", "--quiet", "--initial-branch=main", "--template=")
        if files:
            sandbox.write_all(files)
            sandbox.commit("Start")
        return sandbox

    @classmethod
    def of_repository(cls, root: Path, *, leaving_out: Iterable[str] = ()) -> Self:
        """Make a copy of this repository as it lies in the work tree: what git tracks or would track.

        Paths that begin with one of `leaving_out` stay behind.
        """
        left_out = tuple(leaving_out)
        kept = [path for path in tracked_files(REPOSITORY) if not path.startswith(left_out)]
        return cls.create(root, {path: (REPOSITORY / path).read_bytes() for path in kept})

    def copy(self, root: Path) -> "Sandbox":
        """Copy it to another folder, as it lies there: a third of what it costs to write and commit the files again."""
        shutil.copytree(self.root, root, symlinks=True)
        copied = Sandbox(root)
        copied._commits = self._commits
        # The index knows the files by their inodes.
        copied.git("update-index", "-q", "--refresh")
        return copied

    # Files

    def path(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file and the folders above it, line ends as they are given."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def write_all(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            self.write(name, content)

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        self.write(name, self.path(name).read_bytes() + text.encode())

    def delete(self, name: str) -> None:
        """Delete a file, or a folder with what is in it, and the folders that are empty then: git wouldn't keep them."""
        path = self.path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        for folder in path.parents:
            if folder == self.root or any(folder.iterdir()):
                break
            folder.rmdir()

    def move(self, name: str, to: str) -> None:
        target = self.path(to)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path(name).rename(target)

    # Git

    def git(self, *arguments: str) -> str:
        """Return what a git command prints, without the last line end; a failure raises with git's words."""
        return _run_git(self.root, *arguments, date=_FIRST_COMMIT + timedelta(minutes=self._commits)).removesuffix("\n")

    def commit(self, message: str) -> str:
        """Commit everything there is, deletions too, and return the commit's name."""
        self._commits += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def tracked(self) -> list[str]:
        """The paths that git knows, sorted."""
        return sorted(path for path in self.git("ls-files", "-z").split("\0") if path)

    def switch(self, branch: str, *, create: bool = False) -> None:
        self.git("switch", "--quiet", *(["--create"] if create else []), branch)

    def clone(self, root: Path, *options: str) -> "Sandbox":
        """Clone it to another folder, by way of git's protocol, so that `--depth` and `--filter` count."""
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("clone", "--quiet", *options, self.root.as_uri(), str(root))
        clone = Sandbox(root)
        clone._commits = self._commits + 1000
        return clone

    # The bundle

    def point_at(self, workspace: FakeWorkspace, *targets: str) -> None:
        """Make the fake workspace the host of these targets, or of all. In the CLI the YAML beats the environment."""
        for path in sorted(self.path("targets").glob("*.yml")):
            if not targets or path.stem in targets:
                text, count = _HOST.subn(rf"\g<1> {workspace.url}", path.read_text(encoding="utf-8"))
                if count != 1:
                    raise ValueError(f"{path} names {count} hosts, not one.")
                path.write_text(text, encoding="utf-8", newline="\n")

    def link_venv(self) -> None:
        """Give the folder a `.venv` with the packages of the running interpreter, but none of its editable installs."""
        write_venv(self.path(".venv"))


def tracked_files(repository: Path) -> list[str]:
    """Return the files of a work tree that git tracks or, as nothing ignores them, would track; sorted."""
    listed = _run_git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(path for path in set(listed.split("\0")) if path and (repository / path).is_file())


@cache
def scratch_folder() -> str:
    """Return where programs that tests start have their temporary files."""
    return os.environ.get(SCRATCH) or tempfile.gettempdir()


def git_environment(date: datetime = _FIRST_COMMIT) -> dict[str, str]:
    """Return an environment in which git sees neither the person's configuration nor the repository around it."""
    stamp = date.isoformat()
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "TMPDIR": scratch_folder(),
        "GIT_CONFIG_GLOBAL": GIT_CONFIG,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Sandbox",
        "GIT_AUTHOR_EMAIL": "sandbox@example.invalid",
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": "Sandbox",
        "GIT_COMMITTER_EMAIL": "sandbox@example.invalid",
        "GIT_COMMITTER_DATE": stamp,
    }


def _run_git(cwd: Path, *arguments: str, date: datetime = _FIRST_COMMIT) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, env=git_environment(date), capture_output=True, check=False)
    # Names of files are bytes; what isn't UTF-8 comes and goes as Python's own file functions have it.
    if done.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments)} ended with {done.returncode}: {os.fsdecode(done.stderr).strip()}")
    return os.fsdecode(done.stdout)
