"""Does what a tutorial says, in a copy of this repository that is gone afterwards, and returns what was printed.

A comment at the beginning of a page says what it is played on: `<!-- played: embedded -->` on stand-ins for the Databricks
CLI and a workspace, `<!-- played: cli -->` on the real CLI; with `deployed`, prod has been deployed before; with `sections`,
each section begins on a clean main.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.demo.embedded import EmbeddedPlatform
from tests.demo.real import RealPlatform
from tests.docs.blocks import Block, read_blocks, render_session
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import REPOSITORY, Sandbox, git_environment, tracked_files
from tests.support.scope_command import run_scope

Platform = EmbeddedPlatform | RealPlatform

_PLAYED = re.compile(r"^<!-- played: (.+) -->$", re.MULTILINE)
_DIGEST = re.compile(r"(?<=--approve-destructive )[0-9a-f]{16,64}")
# What a reader's clone has and a tutorial touches; the tool itself is the one that is tested.
_LEFT_OUT = ("scope/", "generator/", "docs/", ".github/", ".devcontainer/", ".vscode/")
_TESTS_KEPT = re.compile(r"tests/(unit|fixtures)/(finance|marketing)/")
_MARK = "SCOPE IS STARTED WITH"


class PlayError(Exception):
    """A command ended otherwise than the page says."""


@dataclass
class Play:
    """A copy of the repository, and the platform that it is deployed to."""

    sandbox: Sandbox
    platform: Platform
    start: str
    printed: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, folder: Path, platform: Platform, words: tuple[str, ...]) -> "Play":
        """Make the copy, on main of an origin of its own."""
        out = [path for path in tracked_files(REPOSITORY) if path.startswith("tests/") and not _TESTS_KEPT.match(path)]
        sandbox = Sandbox.of_repository(folder / "data-platform", leaving_out=(*_LEFT_OUT, *out))
        sandbox.point_at(FakeWorkspace(platform.environment()["DATABRICKS_HOST"], ""))
        sandbox.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "origin.git"))
        sandbox.git("remote", "add", "origin", str(folder / "origin.git"))
        sandbox.git("config", "core.abbrev", "9")
        start = sandbox.commit("Begin")
        sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        play = cls(sandbox, platform, start)
        if "deployed" in words:
            play.run("scope deploy --target prod", 0)
        return play

    def do(self, block: Block) -> str:
        """Do what a block says, and return the content that it should have."""
        if block.file is not None:
            self.sandbox.write(block.file, block.content)
            return block.content
        if block.added_to is not None:
            self.sandbox.append(block.added_to, block.content)
            return block.content
        if block.drawn_by is not None:
            done = run_scope(self.sandbox.root, *shlex.split(block.drawn_by)[1:], env=self.platform.environment())
            return done.stdout
        commands = [self._fill(command) for command in block.commands]
        if block.is_fatal:
            self.platform.die_once()
        codes = [0] * (len(commands) - 1) + [block.exit_code]
        return render_session([(command, self.run(command, code)) for command, code in zip(commands, codes, strict=True)])

    def begin_anew(self) -> None:
        """Take everything back that was changed since the beginning."""
        self.sandbox.git("checkout", "--quiet", "--force", "main")
        self.sandbox.git("reset", "--quiet", "--hard", self.start)
        self.sandbox.git("clean", "-d", "--force", "--quiet")

    def run(self, command: str, exit_code: int) -> str:
        """Run a command as a reader types it, and return what it prints. Raises PlayError if it ends otherwise."""
        words = shlex.split(command, comments=True)
        code, output = self._run_scope(words[1:]) if words[0] == "scope" else self._run_in_shell(command)
        if _MARK in output:  # a recipe, which starts scope by uv: in this process it finds the stand-ins
            code, output = self._run_scope(json.loads(output.partition(_MARK)[2]), UV="uv")
        self.printed.append(output)
        if code != exit_code:
            raise PlayError(f"`{command}` ended with {code}, not {exit_code}:\n{output}")
        return output

    def _run_scope(self, arguments: list[str], **extra: str) -> tuple[int, str]:
        done = run_scope(self.sandbox.root, *arguments, env={**self.platform.environment(), **extra}, as_terminal=True)
        return done.exit_code, done.stdout

    def _run_in_shell(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", f"{_functions()}\n{command}"],
            cwd=self.sandbox.root,
            env={**git_environment(), **self.platform.environment(), "PYTHONPATH": str(REPOSITORY)},
            check=False,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.returncode, done.stdout

    def _fill(self, command: str) -> str:
        """Return a command with the digest that was printed last in the place of the page's, which is of another commit."""
        digests = [digest for output in self.printed for digest in _DIGEST.findall(output)]
        return _DIGEST.sub(digests[-1], command) if digests else command


def played_on(text: str) -> tuple[str, ...]:
    """Return what a page is played on: nothing if it isn't."""
    match = _PLAYED.search(text)
    return tuple(match[1].split()) if match else ()


def play(text: str, folder: Path, platform: Platform) -> Iterator[tuple[Block, str]]:
    """Do what a page says; yield each block with the content that it should have."""
    words = played_on(text)
    session = Play.begin(folder, platform, words)
    section = 0
    for block in read_blocks(text):
        if block.is_played:
            if "sections" in words and section != (section := text.count("\n## ", 0, block.start)):
                session.begin_anew()
            yield block, session.do(block)


def _functions() -> str:
    """Return the shell's `just`, whose recipes start the tools of this repository instead of installing them."""
    tell = shlex.join([sys.executable, "-c", f"import json, sys; print({_MARK!r}, json.dumps(sys.argv[1:]))"])
    programs: Mapping[str, str] = {
        "scope": tell,
        "deployer": tell,
        "generator": shlex.join([sys.executable, "-m", "generator.cli"]),
    }
    settings = [word for name, program in programs.items() for word in ("--set", name, program)]
    return f'just() {{ {shlex.join([shutil.which("just") or "just", *settings])} "$@"; }}'
