"""The repository, through git's plumbing commands.

Plumbing, because `scope plan` runs on every push of every branch: importing GitPython costs more than the whole diff, and
one `cat-file --batch` process answers for commits, trees and blobs alike. GitPython answers the rarer question of how
far apart two commits are. Nothing in the user's configuration or environment changes an answer: no renames, no quoting, no
replacement objects, no external diff.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scope.adapters.git_objects import ObjectReader, parse_raw_diff, parse_tree
from scope.adapters.processes import count_cores, run_process, run_together
from scope.errors import ScopeError, UsageError
from scope.escaping import shortened
from scope.model import Change, Entry
from scope.ports import Found

if TYPE_CHECKING:
    import git

    from scope.repository.template import Merged

_EMPTY_REPOSITORY = r"error: '(.+)/' does not have a commit checked out"
_PLAIN_REF = re.compile(r"[\w./-]+")
_KEPT_VARIABLES = frozenset(
    {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}
)
# How many bytes git may answer with: the names of a difference of millions of files. Of what it says, people read less.
_LONGEST_ANSWER = 256_000_000
_LONGEST_WORDS = 2_000
# Bytes of files that are remembered, and what the smallest of them takes.
_ROOM = 8 * 1024 * 1024
_ENTRY = 200
# With fewer folders than these for each of several processes, one searches them all.
_FEWEST_FOLDERS = 8
# Where nobody can put a file.
_NO_FILE = f"{os.devnull}-index"


class _GitError(ScopeError):
    """A command of git failed. `words` are all that it said; a remote may have said much of it."""

    def __init__(self, subcommand: str, words: str) -> None:
        super().__init__(f"`git {subcommand}` failed: {shortened(words, _LONGEST_WORDS)}")
        self.words = words


def _safe_directories(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of git's configuration by variables that lets it open a folder of another owner, as containers need.

    Nothing else of it is kept: what scope reads mustn't depend on who reads it.
    """
    count = environment.get("GIT_CONFIG_COUNT", "")
    numbers = range(int(count)) if count.isdecimal() and len(count) < 4 else range(0)
    pairs = ((environment.get(f"GIT_CONFIG_KEY_{n}", ""), environment.get(f"GIT_CONFIG_VALUE_{n}", "")) for n in numbers)
    kept = [(key, value) for key, value in pairs if key.lower() == "safe.directory"]
    variables = {"GIT_CONFIG_COUNT": str(len(kept))} if kept else {}
    for number, (key, value) in enumerate(kept):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


class GitRepository:
    """A clone on this machine: full, shallow, partial, linked or bare of any special configuration."""

    def __init__(self, start: Path) -> None:
        """Find the repository that `start` lies in; `UsageError` if there is none."""
        self._temporary: Path | None = None
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT_VARIABLES
        } | _safe_directories(os.environ)
        self._environment |= {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        self.root = start
        # Nearly everybody who asks for files needs both, and the second takes no longer beside the first.
        answer, promisors = run_together(
            [
                partial(self._run, "rev-parse", "--is-shallow-repository", "--show-toplevel"),
                partial(self._run, "config", "--get-regexp", r"^remote\..*\.promisor$", accept=(0, 1)),
            ]
        )
        shallow, _, toplevel = answer.rstrip(b"\n").partition(b"\n")
        self.root = Path(os.fsdecode(toplevel))
        self.is_shallow = shallow == b"true"
        self._is_partial = b"true" in promisors
        self._reader: ObjectReader | None = None
        self._trees: dict[str, Mapping[str, Entry]] = {}
        self._contents: dict[str, bytes] = {}
        self._room = _ROOM
        self._work_tree: str | None = None
        self._repo: git.Repo | None = None

    def __enter__(self) -> Self:
        """Return the repository; leaving it ends the helper process and removes temporary files."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_anew(self) -> None:
        """Forget the helper process, in a copy of this process: the original goes on with it."""
        self._reader = None

    def end_copy(self) -> None:
        """Leave everything as it is, in a copy of this process: the helper process ends with it."""

    def close(self) -> None:
        """End the helper process and remove the objects of the work tree."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._repo is not None:
            self._repo.close()
            self._repo = None
        if self._temporary is not None:
            import shutil

            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    @property
    def empty_tree(self) -> str:
        """Return the empty tree, whether or not the repository holds it."""
        oid = self._run("hash-object", "-t", "tree", "--stdin").strip().decode()
        self._trees[oid] = {}
        return oid

    def fetch(self, commit: str) -> bool:
        """Try to fetch a commit from `origin`; return whether git could."""
        options = ("--no-tags", "--no-write-fetch-head", "--quiet", "--no-recurse-submodules")
        self._run("fetch", *options, "origin", commit, accept=tuple(range(256)))
        if self._reader is not None:
            self._reader.close()  # a running reader may not look for new packs
            self._reader = None
        return self.commit(commit) is not None

    def commit(self, ref: str) -> str | None:
        """Return the commit that `ref` names and that is really in this clone."""
        if not ref or ref.startswith("-") or "\n" in ref or "\0" in ref:
            return None
        if not _PLAIN_REF.fullmatch(ref):
            # Some of what `@{…}`, `^` and `:` can say ends a reader, so another process is asked.
            answer = self._run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", accept=(0, 1, 128))
            return answer.strip().decode() or None
        commit = self._objects.read(os.fsencode(ref) + b"^{commit}")
        return commit.oid if commit else None

    def object_kind(self, ref: str) -> str | None:
        """Return what kind of object `ref` names in this clone, or None if it names none."""
        if not ref or ref.startswith("-") or "\0" in ref:
            return None
        return self._run("cat-file", "-t", ref, accept=(0, 128)).strip().decode() or None

    @property
    def branch(self) -> str | None:
        """Return the branch that HEAD is on, or None if HEAD is detached."""
        # A name is bytes; where it isn't text, it is at least told apart.
        name = self._run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).strip().decode(errors="backslashreplace")
        return name.removeprefix("refs/heads/") or None

    @property
    def origin(self) -> str | None:
        """Return the URL of the remote `origin`, as it is configured."""
        url = self._run("config", "--get", "remote.origin.url", accept=(0, 1))
        return url.removesuffix(b"\n").decode(errors="backslashreplace") or None

    def root_tree(self, commit: str) -> str:
        """Return the tree of a commit."""
        tree = self._objects.read(commit.encode() + b"^{tree}")
        if tree is None:
            raise ScopeError(f"The commit {commit} isn't in this clone. Fetch it, or use `fetch-depth: 0` in a workflow.")
        return tree.oid

    def work_tree(self) -> str:
        """Return a tree of the work tree as `git add --all` would see it; leaves no trace in the repository.

        It is read once: a second call gives the same tree, whatever has changed since.
        """
        if self._work_tree is None:
            self._work_tree = self._write_work_tree()
        return self._work_tree

    def _write_work_tree(self) -> str:
        import shutil  # with tempfile, as long to import as two of git's processes take
        import tempfile

        self._temporary = Path(tempfile.mkdtemp(prefix="scope-objects-"))
        index, objects = (
            Path(os.fsdecode(self._run("rev-parse", "--git-path", name).rstrip(b"\n"))) for name in ("index", "objects")
        )
        own_index = self._temporary / "index"
        if (self.root / index).exists():
            # With its times: git trusts a file's size and time only where the file is older than the index.
            shutil.copy2(self.root / index, own_index)
        # Git quotes nothing in this variable, but `:` separates its entries; a link keeps any path usable.
        alternate = self._temporary / "alternate"
        alternate.symlink_to((self.root / objects).resolve())
        own_objects = self._temporary / "objects"
        own_objects.mkdir()
        self._environment |= {"GIT_OBJECT_DIRECTORY": str(own_objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(alternate)}
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        environment = self._environment | {"GIT_INDEX_FILE": str(own_index)}
        self._add_all(environment)
        return self._run("write-tree", environment=environment).strip().decode()

    def _add_all(self, environment: Mapping[str, str]) -> None:
        """Add the work tree to an index, without the repositories in it that have no commit: `git add` stops at those."""
        options = ("-c", "core.safecrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", "--", ":/")
        empty: list[str] = []
        while True:
            excluded = (f":(exclude,top,literal){folder}" for folder in empty)
            try:
                self._run(*options, *excluded, environment=environment)
            except _GitError as error:
                nested = re.search(_EMPTY_REPOSITORY, error.words)
                if nested is None or nested[1] in empty:
                    raise
                empty.append(nested[1])
            else:
                return

    def clone(self, url: str, tag: str, folder: Path) -> None:
        """Clone a tag of another repository, without its history. Raises `UsageError` with git's words if that can't be."""
        try:
            self._run("clone", "--quiet", "--depth=1", "--branch", tag, "--", url, str(folder))
        except _GitError as error:
            raise UsageError(f"The tag {tag} can't be cloned from {url}: {shortened(error.words, 500)}") from None

    def merge_texts(self, names: tuple[str, str, str], mine: bytes, base: bytes, theirs: bytes) -> "Merged":
        """Merge two contents that come from a third, as git merges files; conflicts are marked with the three names."""
        import tempfile

        from scope.repository.template import Merged

        with tempfile.TemporaryDirectory(prefix="scope-merge-") as folder:
            files = [Path(folder, name) for name in ("mine", "base", "theirs")]
            for file, content in zip(files, (mine, base, theirs), strict=True):
                file.write_bytes(content)
            labels = [word for name in names for word in ("-L", name)]
            # Without conflicts it ends with 0, else with their number, up to 127.
            command = ("merge-file", "--stdout", "--quiet", *labels, *map(str, files))
            try:
                return Merged(self._run(*command), has_conflicts=False)
            except _GitError:
                return Merged(self._run(*command, accept=tuple(range(1, 128))), has_conflicts=True)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, or None."""
        return next(iter(self.merge_bases(one, other)), None)

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return every best common ancestor of two commits, in git's order: several after criss-cross merges."""
        # Exit 1 without text is git's way to say that there is none.
        return tuple(self._run("merge-base", "--all", one, other, accept=(0, 1)).decode().split())

    def count_between(self, older: str, newer: str) -> int:
        """Return how many commits `newer` has that `older` hasn't, as far as this clone's history goes."""
        return int(self._history.git.rev_list("--count", newer, f"^{older}", "--"))

    def changes(self, base_tree: str, head_tree: str) -> tuple[Change, ...]:
        """Compare two trees directly, sorted by path. Renames are off, and paths come as they are, not quoted."""
        options = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=none")
        # It reads the index first, though no tree needs it: without one, a plan of 100,000 files takes 12 ms less.
        environment = self._environment | {"GIT_INDEX_FILE": _NO_FILE}
        answer = self._run("diff-tree", *options, base_tree, head_tree, environment=environment)
        return tuple(sorted(parse_raw_diff(answer), key=lambda change: change.path))

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """Return the entries directly in a tree."""
        if oid not in self._trees:
            self.trees([oid])
        return self._trees[oid]

    def trees(self, oids: Iterable[str]) -> None:
        """Read many trees at once, so that `tree` answers each of them from memory."""
        missing = [oid for oid in dict.fromkeys(oids) if oid not in self._trees]
        for tree in self._objects.read_many(missing):
            self._trees[tree.oid] = dict(parse_tree(tree.content, len(tree.oid) // 2))

    def blob(self, oid: str) -> bytes:
        """Return a file's content."""
        return self.blobs([oid])[oid]

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Return the contents of many files; what a partial clone lacks comes in one fetch."""
        wanted = list(dict.fromkeys(oids))
        missing = [oid for oid in wanted if oid not in self._contents]
        self._fetch_missing(missing)
        new = {blob.oid: blob.content for blob in self._objects.read_many(missing)}
        contents = {oid: self._contents[oid] if oid in self._contents else new[oid] for oid in wanted}
        self._remember(new)
        return contents

    def _remember(self, contents: Mapping[str, bytes]) -> None:
        """Remember the first files that are read, as far as there is room: a plan reads some of them for several reasons."""
        for oid, content in contents.items():
            size = len(content) + _ENTRY
            if size <= self._room:
                self._room -= size
                self._contents[oid] = content

    def grep(
        self,
        tree: str,
        patterns: Iterable[str],
        folders: Iterable[str],
        extended: Iterable[str] = (),
        most: int | None = None,
    ) -> Found:
        """Return the files below `folders` of a tree with a line that one of the regular expressions matches.

        They are Perl's; `extended` has them as POSIX's extended ones, where those differ, for a git that has no others.
        They take three times as long. The search ends with more files than `most`, whichever they are.
        """
        # Of a file of patterns, git skips empty lines, though an empty pattern matches everything.
        chosen = tuple(pattern or "^" for pattern in patterns)
        others = tuple(extended) or chosen
        if any("\n" in pattern for pattern in (*chosen, *others)):
            raise ScopeError("`git grep` can't look for a text with a line end in it.")
        ordered = sorted(folders)
        if not chosen or not ordered:
            return Found()
        count = min(count_cores(), max(1, len(ordered) // _FEWEST_FOLDERS))
        # In turn, among folders of one kind: those of code have much more in them than those of resources.
        shares = [ordered[start::count] for start in range(count)]
        try:
            answers = self._grep("--perl-regexp", chosen, tree, shares, most)
        except _GitError:
            answers = self._grep("--extended-regexp", others, tree, shares, most)
        prefix = len(tree) + 1
        # Whatever follows the last zero is the beginning of a name.
        found = [[name[prefix:] for name in answer.split(b"\0")[:-1]] for answer in answers]
        searched = chain.from_iterable(
            share if most is None or sum(map(len, found)) <= most else _list_before(max(names, default=b""), share)
            for share, names in zip(shares, found, strict=True)
        )
        return Found(frozenset(map(os.fsdecode, chain.from_iterable(found))), frozenset(searched))

    def _grep(
        self, kind: str, patterns: tuple[str, ...], tree: str, shares: list[list[str]], most: int | None
    ) -> list[bytes]:
        """Search shares of the folders at once, each by a process: git's threads wait for each other more than they work.

        With `most`, each ends when all together have found more.
        """
        options = ("--files-with-matches", "-z", "--full-name", "--no-textconv", "--no-color", "--text", "--threads=1")
        # Not as arguments: those of one command have a limit.
        listed = "\n".join(patterns).encode(errors="surrogateescape")

        counts: dict[str, int] = {}

        def are_enough(share: list[str], answer: bytes | bytearray) -> bool:
            counts[share[0]] = answer.count(b"\0")
            return most is not None and sum(counts.values()) > most

        def search(share: list[str]) -> bytes:
            # What it can't read it only mentions, and goes on.
            return self._run(
                "grep",
                kind,
                *options,
                "-f",
                "-",
                tree,
                "--",
                *(f":(top,literal){folder}" for folder in share),
                accept=(0, 1),
                text=listed,
                is_enough=partial(are_enough, share),
                may_mention_errors=False,
            )

        return run_together([partial(search, share) for share in shares])

    @property
    def _history(self) -> "git.Repo":
        """Return GitPython's view of the clone, for questions about history."""
        if self._repo is None:
            import git  # 105 ms, and `scope plan` asks no such question

            self._repo = git.Repo(self.root)
            # What a hook sets must not lead it to another repository.
            self._repo.git.update_environment(GIT_DIR=str(self._repo.git_dir), GIT_WORK_TREE=str(self.root))
        return self._repo

    @property
    def _objects(self) -> ObjectReader:
        if self._reader is None:
            self._reader = ObjectReader(self._start("cat-file", "--batch"))
        return self._reader

    def _fetch_missing(self, oids: list[str]) -> None:
        """Fetch what a partial clone lacks in one go: `cat-file` would fetch one blob at a time."""
        if not self._is_partial or not oids:
            return
        remote = self._run("config", "--get", "extensions.partialclone", accept=(0, 1)).strip() or b"origin"
        options = ("--no-tags", "--no-write-fetch-head", "--quiet", "--filter=blob:none", "--stdin")
        self._run("fetch", os.fsdecode(remote), *options, text="\n".join(oids).encode() + b"\n")

    def _run(
        self,
        *arguments: str,
        accept: tuple[int, ...] = (0,),
        text: bytes = b"",
        environment: Mapping[str, str] | None = None,
        is_enough: Callable[[bytes | bytearray], bool] = lambda _: False,
        may_mention_errors: bool = True,
    ) -> bytes:
        command = ["git", "-C", str(self.root), *arguments]
        try:
            done = run_process(
                command,
                environment or self._environment,
                longest=_LONGEST_ANSWER,
                is_enough=is_enough,
                text=text,
                has_terminal=True,
            )
        except FileNotFoundError:
            raise UsageError("git isn't on the PATH. Install it, then run this again.") from None
        except OSError as error:
            raise ScopeError(f"`git {arguments[0]}` can't be run: {error.strerror}.") from None
        if done.is_too_long and is_enough(done.answer):
            return done.answer
        if done.is_too_long:
            raise ScopeError(f"`git {arguments[0]}` printed more than {_LONGEST_ANSWER // 1_000_000} MB and was stopped.")
        is_mentioned = any(line.startswith(b"error: ") for line in done.errors.content.splitlines())
        if done.code not in accept or (is_mentioned and not may_mention_errors):
            words = os.fsdecode(done.errors.content).strip() or f"exit code {done.code}"
            if words.startswith("fatal: cannot change to"):
                raise UsageError(f"There is no folder {self.root}. Name one in the repository with `-C`.")
            if "not a git repository" in words or "must be run in a work tree" in words:
                raise UsageError(
                    f"{self.root} isn't in the work tree of a git repository. Run this there, or name one with `-C`."
                )
            raise _GitError(arguments[0], words)
        return done.answer

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["git", "-C", str(self.root), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
        )


def _list_before(last: bytes, folders: Iterable[str]) -> Iterator[str]:
    """Yield the folders all of whose files come before one, in the order of git's trees, in which it searches."""
    for folder in folders:
        begin = os.fsencode(folder) + b"/"
        if begin < last and not last.startswith(begin):
            yield folder
