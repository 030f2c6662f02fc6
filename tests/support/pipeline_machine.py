"""A machine on which the jobs of Azure Pipelines and GitLab are played: a clone, a shell, and stand-ins for programs."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.cli import WITHOUT_GARBAGE_COLLECTION, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.fetched_clones import EVERY_BRANCH, Fetch, lay_clone
from tests.support.sandbox import REPOSITORY, Sandbox, git_environment, tracked_files

NOT_PLAYED = (
    "jobs side by side, locks and queues: jobs run one after the other",
    "waiting for approvals: the test says what is rejected; who may approve, and from which branch",
    "the exchange of an OIDC token: a job that has one, for a client, gets a token of the fake workspace",
    "checkouts, artifacts and the other built-in steps: stand-ins with the same effect on the folder of the job",
    "images, pools, time limits, schedules and triggers: the test says what starts a pipeline",
    "the installation of uv and `uv sync`: the test's own environment is used",
    "`.ci/check`, `.ci/test-…` and `.ci/run`: their outcome is given; they are what runs these tests",
    "the download of the CLI: `curl` gives an archive with the CLI of this machine; digest and installation are real",
)
# What the gate runs, in whatever way it is called.
QUALITY = (".ci/check", ".ci/test-domains ", ".ci/test-spark ", ".ci/if-tool-changed ")


@dataclass(frozen=True)
class World:
    """What pipelines reach: the repository, programs, the identity that a token gives; where artifacts and clones go.

    `identity` gives the environment of a job that has logged in, by what the token is for.
    """

    origin: Sandbox
    folder: Path
    tools: Path
    identity: Callable[[str], Mapping[str, str]]
    quality: bool = True
    rejected: frozenset[str] = frozenset()


@dataclass
class PlayedJob:
    """How a job ended: `succeeded`, `failed` or `skipped`; what it printed, its page, and its outputs."""

    name: str
    result: str = "skipped"
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


def log_in(workspace: FakeWorkspace, cli: DatabricksCli) -> Mapping[str, str]:
    """Return the environment of a job that has exchanged its token at the workspace."""
    given = cli.environment(workspace)
    names = (
        "DATABRICKS_TOKEN",
        "DATABRICKS_CONFIG_FILE",
        "DATABRICKS_RATE_LIMIT",
        "DATABRICKS_CLI_DISABLE_UPDATE_CHECK",
        *WITHOUT_GARBAGE_COLLECTION,
    )
    known = {name: given[name] for name in names if name in given}
    return {"DATABRICKS_AUTH_TYPE": "pat"} | known | cli.handing_over()


def copy_repository(folder: Path, workspace: FakeWorkspace) -> Sandbox:
    """Return a copy of this repository that points at a workspace, and whose uv is there already."""
    origin = Sandbox.of_repository(folder, leaving_out=("tests/",))
    origin.point_at(workspace)
    origin.write(".github/scripts/install-uv", "#!/bin/sh\n")
    # The sandbox writes contents only.
    for path in tracked_files(REPOSITORY):
        if os.access(REPOSITORY / path, os.X_OK) and origin.path(path).is_file():
            origin.path(path).chmod(0o755)
    origin.commit("Point at the workspace")
    return origin


def clone_commit(origin: Sandbox, folder: Path, commit: str, *, whole: bool) -> Path:
    """Clone a repository as CI does: a commit is checked out, on no branch; with its history and all branches if `whole`."""
    fetches: list[Fetch] = [(EVERY_BRANCH,), (commit,)] if whole else [("--depth=1", commit)]
    lay_clone(folder, origin, *fetches, commit=commit)
    return folder


def run_script(script: str, folder: Path, world: World, environment: Mapping[str, str], *options: str) -> tuple[int, str]:
    """Run a script with a shell's options; return its exit code and what it printed."""
    if script.startswith(QUALITY):
        return (0 if world.quality else 1), ""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", *options, "-c", script],
        cwd=folder,
        env={
            **git_environment(),
            "PATH": os.pathsep.join([str(world.tools), os.environ["PATH"]]),
            "CI": "true",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=600,
    )
    return done.returncode, done.stdout.decode(errors="replace")
