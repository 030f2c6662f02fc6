"""The Databricks CLI as a process: how it is found, started and read, and which environment it gets."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scope.adapters.cli_output import classify_failure, first_error, masked_failure, parse_plan, parse_version
from scope.adapters.processes import Ended, run_process
from scope.adapters.stage_uploads import accessing, forget, keep, read_staged
from scope.errors import CliError, Fault, UsageError
from scope.graph.index import StageFrame
from scope.model import ResourceKey
from scope.workspace_model import BundlePlan, StagedFile

# They would point the CLI at another bundle, or override the stage's settings.
_DROPPED = ("BUNDLE_", "DATABRICKS_BUNDLE_")
# Set to anything, it makes the CLI refuse to run Python and scripts of the bundle; builds of artifacts run all the same.
RESTRICTION = "DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION"
OLDEST = (1, 12)
# How many bytes a command may print: a version, a plan of thousands of resources, and more log than anyone reads.
_LONGEST_VERSION = 10_000
_LONGEST_PLAN = 100_000_000
_LONGEST_LOG = 5_000_000
# What takes longer hangs. A deploy may upload for long, and ending it leaves things half done.
_VERSION_SECONDS = 60.0
_PLAN_SECONDS = 900.0
_DEPLOY_SECONDS = 7200.0


def find_cli(root: Path) -> Path:
    """Return the CLI on the PATH, or the one that `just install-cli` built in the repository."""
    on_path = shutil.which("databricks")
    built = root / ".bin" / "databricks"
    if on_path:
        return Path(on_path)
    if built.is_file():
        return built
    can_build = (root / "tests" / "cli" / "install").is_file()
    or_build = ", or build the tested version with `just install-cli`" if can_build else ""
    raise UsageError(
        f"The Databricks CLI isn't on the PATH. Install it (https://docs.databricks.com/dev-tools/cli/install){or_build}."
    )


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a CLI that runs in a stage: the caller's, without the variables that redirect it.

    A restriction that the caller has set stays.
    """
    given = os.environ if environment is None else environment
    kept = {name: value for name, value in given.items() if name == RESTRICTION or not name.startswith(_DROPPED)}
    return kept | {"DATABRICKS_CLI_DISABLE_TELEMETRY": "true"}


def bundle_command(cli: Path, target: str, domain: str | None, arguments: Sequence[str]) -> list[str]:
    """Return the command line. The domain is always explicit, since a value in a file has the lowest precedence.

    It is None for a bundle that isn't told it.
    """
    # Before the subcommand: everything behind the caller's own `--` goes to the job.
    given = [] if domain is None else ["--var", f"domain={domain}"]
    return [str(cli), "bundle", "--target", target, *given, *arguments]


def restriction(*, needs_code: bool) -> dict[str, str]:
    """Return the part of the environment that keeps the CLI from running code of the bundle, unless it must."""
    return {} if needs_code else {RESTRICTION: "true"}


def run_in_stage(command: Sequence[str], stage: Path, settings: Mapping[str, str]) -> int:
    """Run a command in a stage with this process's output and some more variables; return its exit code."""
    return subprocess.run(command, cwd=stage, env=child_environment() | dict(settings), check=False).returncode


def check_version(cli: Path) -> str:
    """Return the CLI's version; `UsageError` with the way to get one if it is too old or isn't the CLI."""
    hint = "Install a newer one: https://docs.databricks.com/dev-tools/cli/install"
    try:
        done = run_process([str(cli), "version"], child_environment(), longest=_LONGEST_VERSION, seconds=_VERSION_SECONDS)
    except OSError as error:
        raise UsageError(f"{cli} can't be run: {error.strerror}. {hint}") from None
    version = parse_version(done.answer.decode(errors="replace"))
    if done.is_too_long:
        raise UsageError(f"{cli} prints far more than a version, so it isn't the Databricks CLI. {hint}")
    if done.code is None:
        raise UsageError(f"{cli} didn't print its version within {_VERSION_SECONDS:.0f} seconds. {hint}")
    if done.code != 0 or version is None:
        raise UsageError(f"{cli} doesn't print a version, so it isn't the Databricks CLI. {hint}")
    if version.numbers < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise UsageError(f"{cli} is version {version.text}, and {wanted} or newer is needed. {hint}")
    return version.text


@dataclass(frozen=True, slots=True)
class StagedCli:
    """The CLI in one stage; everything it prints is appended to a log file.

    It runs in a process group of its own, so that a Ctrl-C meant for scope doesn't end it half-way through a deploy.
    """

    path: Path
    stage: Path
    target: str
    domain: str
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    deploy_seconds: float = _DEPLOY_SECONDS
    frame: StageFrame = field(default_factory=StageFrame)

    def plan(self) -> BundlePlan:
        """Return what a deploy would do. Writes nothing to the workspace."""
        return parse_plan(self._run("plan", "-o", "json", seconds=_PLAN_SECONDS))

    def state_file(self) -> bytes | None:
        """Return the stage's own `resources.json`: it knows the most after a failed attempt, and a `plan`."""
        return self._state_path.read_bytes() if self._state_path.is_file() else None

    def seed_state(self, content: bytes) -> None:
        """Put a `resources.json` into the stage: where the workspace has none, the CLI goes by it."""
        self._write_private(self._state_path, content)

    @staticmethod
    def _write_private(file: Path, content: bytes) -> None:
        """Write a file of the stage that only its owner can read."""
        with accessing(file, "written"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(content)

    @property
    def _state_path(self) -> Path:
        return self._folder / ".databricks" / "bundle" / self.target / "resources.json"

    @property
    def _folder(self) -> Path:
        """Return the folder that the CLI runs in."""
        return self.stage / self.frame.folder

    def staged_files(self, paths: Iterable[str]) -> Mapping[str, StagedFile]:
        """Return those of some paths that are plain files of the stage, as they lie there now."""
        return {path: file for path in paths if (file := read_staged(self.stage / self.frame.sync_root / path)) is not None}

    def keep(self, files: Mapping[str, StagedFile]) -> frozenset[str]:
        """Have the next deploy leave these files in the workspace as they are."""
        return keep(self._state_path.parent, files)

    def forget_uploads(self) -> None:
        """Have the next deploy upload every file."""
        forget(self._state_path.parent)

    def deploy(self, plan: BundlePlan) -> None:
        """Upload the files and apply exactly a plan that this stage has made, deletions included."""
        # The CLI's own approval covers some kinds only, and comes after the upload.
        arguments = ["deploy", "--auto-approve"]
        if not plan.hides_values:
            # Below the folder that is never uploaded. A plan holds what resources are configured with.
            file = self._folder / ".databricks" / "plan.json"
            self._write_private(file, plan.content)
            arguments += ["--plan", str(file)]
        self._run(*arguments, seconds=self.deploy_seconds)

    def wheel(self, name: str) -> bytes | None:
        """Return a file that the last plan has built or names, or None if the stage has none of this name.

        A plan tells its name alone. What builds leave comes first; a library can lie anywhere in the stage, and a wheel with
        a version by its time in a folder of the CLI's own.
        """
        built = (self.stage / folder / name for folder in self.frame.wheels)
        return next(
            (file.read_bytes() for file in (*built, *self._find(name)) if file.is_file() and not file.is_symlink()), None
        )

    def _find(self, name: str) -> list[Path]:
        """Return the files of a name anywhere in the stage, sorted."""
        return sorted(Path(folder, name) for folder, _, names in os.walk(self.stage) if name in names)

    def bind(self, key: ResourceKey, resource_id: str) -> None:
        """Put an existing resource into the state, under the key that the stage defines it by."""
        # The CLI takes the name alone: in a bundle it is unique over all kinds.
        self._run("deployment", "bind", key.name, resource_id, "--auto-approve", seconds=_PLAN_SECONDS)

    def _run(self, *arguments: str, seconds: float) -> bytes:
        """Run a command; return what it wrote to stdout."""
        command = bundle_command(self.path, self.target, self.domain if self.frame.has_guard else None, arguments)
        words = f"`databricks bundle {' '.join(arguments[:2] if arguments[0] == 'deployment' else arguments[:1])}`"
        try:
            # Of a plan alone the answer counts; to end a deploy because it talks would leave it half done.
            done = self._run_logged(command, seconds, _LONGEST_PLAN if arguments[0] == "plan" else None)
        except OSError as error:
            raise CliError(Fault.UNKNOWN, f"{words} can't be run: {error}.") from None
        text = done.errors.content.decode(errors="replace")
        if done.is_too_long:
            raise CliError(
                Fault.UNKNOWN,
                f"{words} printed more than {_LONGEST_PLAN // 1_000_000} MB and was stopped. "
                f"Is the CLI one that was tested? See docs/upgrading.md, and {self.log}.",
            )
        if done.code is None:
            raise CliError(
                Fault.TIMEOUT, f"{words} didn't end in {seconds:.0f} seconds and was stopped. See {self.log} for its output."
            )
        if done.code < 0:
            raise CliError(Fault.KILLED, f"{words} was killed by {_signal_name(-done.code)}. See {self.log}.")
        if done.code != 0:
            raise CliError(classify_failure(text), f"{words} failed: {first_error(text)} See {self.log}.")
        failure = masked_failure(text)
        if failure is not None:
            raise CliError(Fault.PERMISSION, f"{words} said it succeeded, but: {failure} See {self.log}.")
        return done.answer

    def _run_logged(self, command: Sequence[str], seconds: float, longest: int | None) -> Ended:
        """Run a command, and append what it says to the log, of which the middle is left out if it is long."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"$ databricks {' '.join(command[1:])}\n".encode(errors="backslashreplace"))
            room, skipped = max(0, _LONGEST_LOG - log.tell()), 0

            def write(chunk: bytes) -> None:
                nonlocal room, skipped
                log.write(chunk[:room])
                log.flush()
                skipped += max(0, len(chunk) - room)
                room = max(0, room - len(chunk))

            environment = child_environment() | dict(self.settings)
            done = run_process(command, environment, longest=longest, seconds=seconds, folder=self._folder, on_errors=write)
            if skipped:
                end = done.errors.end[-skipped:]
                log.write(f"\n… {skipped - len(end)} bytes left out …\n".encode() + end)
            log.write(f"exit code {done.code}\n".encode())
        return done


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # the real-time ones have no names
        return f"signal {number}"
