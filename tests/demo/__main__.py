"""`just demo`: what scope is for, from an edit to a recovered deploy, in a temporary copy of this repository.

Nothing outside the copy is read or written but `.bin/`, where the Databricks CLI is built if Go is there.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.demo import real
from tests.demo.embedded import HOST, EmbeddedPlatform
from tests.demo.history import APPROVAL, STEPS, Command, Step
from tests.demo.real import RealPlatform
from tests.support.cli import DatabricksCli, find_databricks, find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace, new_token, serving
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

# The tool itself and what only its tests need stay behind: in the copy nobody looks for them.
_LEFT_OUT = ("scope/", "generator/", "tests/", "docs/", ".github/", ".ci/")
# So long the demo waits for the CLI to be built; it shall end within two minutes.
_BUILD_SECONDS = 75
# A commit of more files is shown by their number.
_MOST_FILES = 5
_DIGEST = re.compile(r"--approve-destructive ([0-9a-f]{16,64})")

Platform = RealPlatform | EmbeddedPlatform


class DemoError(Exception):
    """A command ended otherwise than it does on every machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0, or 1 if a command ended otherwise than it should."""
    parser = argparse.ArgumentParser(prog="just demo", description=__doc__, allow_abbrev=False)
    parser.add_argument("--embedded", action="store_true", help="use the stand-ins, also where the Databricks CLI is")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="scope-demo-") as folder, open_platform(Path(folder), options) as platform:
            show_history(Path(folder), platform)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the copy is gone.", file=sys.stderr)
        return 130
    show(f"\nThat was all of it, in {time.monotonic() - started:.0f} s. The copy is gone; nothing else was touched.")
    return 0


@contextmanager
def open_platform(folder: Path, options: argparse.Namespace) -> Iterator[Platform]:
    """Give the CLI and a workspace: the real CLI if it is here or can be built in time, otherwise the stand-ins."""
    with nullcontext() if options.embedded else real.building() as build:
        if build is not None:
            say(f"Building the Databricks CLI with Go, for at most {_BUILD_SECONDS} s; once built, it stays in .bin/.")
        if not options.embedded and real.wait_until_there(build, _BUILD_SECONDS):
            with serving(find_fake_workspace()) as url:
                home = folder / "home"
                home.mkdir()
                say("Deploys go through the real Databricks CLI, to a workspace on this machine.")
                cli = DatabricksCli(find_databricks(), home, real.find_shared_pythons(), collects_garbage=False)
                yield RealPlatform(FakeWorkspace(url, new_token()), cli)
            return
    if not options.embedded:
        way_out = (
            "`just install-cli` goes on where the build stopped" if build else "with Go, `just install-cli` builds them"
        )
        say(f"The Databricks CLI and the fake workspace aren't here: {way_out}.")
    say("Deploys go to an embedded stand-in for the Databricks CLI and a workspace: files, jobs and pipelines in memory.")
    platform = EmbeddedPlatform()
    with platform.serve():
        yield platform


def show_history(folder: Path, platform: Platform) -> None:
    """Make the copy, then show each step in it."""
    sandbox = Sandbox.of_repository(folder / "data-platform", leaving_out=_LEFT_OUT)
    url = platform.workspace.url if isinstance(platform, RealPlatform) else HOST
    sandbox.point_at(FakeWorkspace(url, ""))
    sandbox.git("init", "--quiet", "--bare", str(folder / "origin.git"))
    sandbox.git("remote", "add", "origin", str(folder / "origin.git"))
    push(sandbox, "Begin")
    for number, step in enumerate(STEPS, start=1):
        show(f"\n── {number}. {step.title} ──")
        show_step(sandbox, platform, step)


def show_step(sandbox: Sandbox, platform: Platform, step: Step) -> None:
    """Commit a step's change and show its commands; a proposal is never pushed, and taken back."""
    if step.change is not None:
        step.change(sandbox)
        sandbox.commit(step.title) if step.is_proposal else push(sandbox, step.title)
        shown = sandbox.git("show", "--stat=72", "--format=")
        show(shown if shown.count("\n") <= _MOST_FILES else shown.splitlines()[-1])
    printed = ""
    for command in step.commands:
        printed = show_command(sandbox, platform, command, printed)
    if step.is_proposal:
        sandbox.git("reset", "--quiet", "--hard", "HEAD~1")


def show_command(sandbox: Sandbox, platform: Platform, command: Command, before: str) -> str:
    """Run a command and show what it prints; return that. `before` is what the last one printed."""
    arguments = [fill_approval(argument, before) for argument in command.arguments]
    show(f"\n$ scope {' '.join(arguments)}")
    if command.dies:
        say("(here the CLI is killed in the midst of it)")
        platform.die_once()
    result = run_scope(sandbox.root, *arguments, env=platform.environment(), as_terminal=True)
    show(result.stdout.rstrip("\n"))
    if result.exit_code != command.exit_code:
        raise DemoError(
            f"`scope {' '.join(arguments)}` ended with {result.exit_code}, not {command.exit_code}. "
            "This is a defect of the demo or of scope: please report it with the output above."
        )
    return result.stdout


def fill_approval(argument: str, before: str) -> str:
    """Return an argument, with the digest that the refusal has printed in the place of `APPROVAL`."""
    if argument != APPROVAL:
        return argument
    match = _DIGEST.search(before)
    if match is None:
        raise DemoError("The refusal printed no digest to approve.")
    return match[1]


def push(sandbox: Sandbox, message: str) -> None:
    """Commit everything to main, of the copy and of its origin."""
    sandbox.commit(message)
    sandbox.git("push", "--quiet", "origin", "HEAD:main")


def show(text: str) -> None:
    """Print a part of the demo."""
    print(text, flush=True)


def say(text: str) -> None:
    """Print what is said about the demo itself."""
    show(f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text)


if __name__ == "__main__":
    sys.exit(main())
