"""Stand-ins for the actions that our workflows use, with the same effect on the workspace, and for programs on a runner."""

import fnmatch
import io
import py_compile
import shutil
import stat
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import mkdtemp
from typing import Any

from tests.support.cli import DatabricksCli
from tests.support.fetched_clones import EVERY_BRANCH, Fetch, lay_clone
from tests.support.sandbox import REPOSITORY, Sandbox, scratch_folder

NOT_PLAYED = (
    "jobs side by side, concurrency groups and cancellation: jobs run one after the other",
    "waiting for reviewers: the test says whether they approve; branch rules of environments",
    "the exchange of an OIDC token: a job with `id-token: write` and an environment gets a token of the fake workspace",
    "what `permissions` allow on GitHub, but for `id-token` and `pull-requests`: other scopes are never asked for",
    "actions' own code: checkout, artifacts and setups are stand-ins here; caches, retention",
    "the installation of uv and `uv sync`: the test's own environment is used; `uv run` starts the workspace's scope in it",
    "`.ci/check`, `.ci/run` and the two `.ci/test-…`: their outcome is given; they are what runs these tests",
    "the download of the CLI: `curl` gives an archive with the CLI of this machine; digest and installation are real",
)


class NotPlayableError(Exception):
    """The workflow has something that the player doesn't know."""


@dataclass
class Runner:
    """One job's machine: its folders, and the store of artifacts that all jobs of a run share."""

    workspace: Path
    temp: Path
    tools: Path
    artifacts: Path
    origin: Sandbox
    github: Mapping[str, Any]
    uploaded: list[str] = field(default_factory=list)


def play_action(uses: str, inputs: Mapping[str, Any], runner: Runner) -> str | None:
    """Do what an action does; return why it failed, or nothing."""
    name, _, pin = uses.partition("@")
    if len(pin) != 40:
        raise NotPlayableError(f"{uses} isn't pinned to a commit")
    match name:
        case "actions/checkout":
            return _checkout(dict(inputs), runner)
        case "actions/upload-artifact":
            return _upload(dict(inputs), runner)
        case "actions/download-artifact":
            return _download(dict(inputs), runner)
        case "actions/setup-go":
            _take(inputs, "cache", "go-version-file")
            return None
        case _:
            raise NotPlayableError(uses)


def _take(inputs: Mapping[str, Any], *known: str) -> None:
    unknown = set(inputs) - set(known)
    if unknown:
        raise NotPlayableError(f"inputs {sorted(unknown)}")


def _checkout(inputs: dict[str, Any], runner: Runner) -> str | None:
    _take(inputs, "ref", "fetch-depth", "persist-credentials")
    if inputs.get("persist-credentials") is not False:
        raise NotPlayableError("a checkout that leaves its token behind")
    depth = inputs.get("fetch-depth", 1)
    commit, ref = str(inputs.get("ref") or ""), str(runner.github["ref"])
    branches: list[Fetch] = [(EVERY_BRANCH,)] if depth == 0 else []
    own = (*([f"--depth={depth}"] if depth else []), commit or ref)
    sha = commit or str(runner.github["sha"])
    clone = lay_clone(runner.workspace, runner.origin, *branches, own, commit=sha)
    if not commit and ref.startswith("refs/heads/"):
        branch = ref.removeprefix("refs/heads/")
        clone.git("update-ref", f"refs/remotes/origin/{branch}", sha)
        clone.git("switch", "--quiet", "--force-create", branch)
    return None


def _upload(inputs: dict[str, Any], runner: Runner) -> str | None:
    _take(inputs, "name", "path", "if-no-files-found", "include-hidden-files", "retention-days", "overwrite")
    sources = [runner.workspace / path for path in inputs["path"].split()]
    if any("/." in f"/{path}" for path in inputs["path"].split()) and not inputs.get("include-hidden-files"):
        return "hidden files aren't uploaded"
    there = [source for source in sources if source.exists()]
    if not there:
        return f"{inputs['path']} isn't there" if inputs.get("if-no-files-found") == "error" else None
    goal = runner.artifacts / inputs["name"]
    if goal.exists() and not inputs.get("overwrite"):
        return f"the artifact {inputs['name']} is there already"
    shutil.rmtree(goal, ignore_errors=True)
    if sources[0].is_dir():
        shutil.copytree(sources[0], goal)
    else:
        goal.mkdir(parents=True)
        for source in there:
            shutil.copyfile(source, goal / source.name)
    runner.uploaded.append(inputs["name"])
    return None


def _download(inputs: dict[str, Any], runner: Runner) -> str | None:
    _take(inputs, "name", "pattern", "path")
    goal = runner.workspace / inputs.get("path", ".")
    goal.mkdir(parents=True, exist_ok=True)
    if "name" in inputs:
        source = runner.artifacts / inputs["name"]
        if not source.is_dir():
            return f"there is no artifact {inputs['name']}"
        shutil.copytree(source, goal, dirs_exist_ok=True)
        return None
    for source in sorted(runner.artifacts.iterdir()):
        if fnmatch.fnmatchcase(source.name, inputs["pattern"]):
            shutil.copytree(source, goal / source.name)
    return None


def make_tools(folder: Path, cli: DatabricksCli) -> str:
    """Put stand-ins for `uv` and `curl` into a folder; return the digest of the archive that `curl` gives."""
    folder.mkdir(parents=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        program = zipfile.ZipInfo("databricks")
        program.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(program, f'#!/bin/sh\nexec "{cli.path}" "$@"\n')
        archive.writestr("README.md", "not installed")
    (folder / "databricks.zip").write_bytes(content.getvalue())
    compiled = compile_scope()
    given = "\n".join(f'export {name}="{value}"' for name, value in cli.handing_over().items())
    _program(
        folder / "curl",
        f"""
        while [ $# -gt 1 ]; do
            case $1 in --output) out=$2; shift ;; esac
            shift
        done
        case $1 in
            https://github.com/databricks/cli/releases/download/v*/databricks_cli_*_linux_amd64.zip)
                cp "{folder}/databricks.zip" "$out" ;;
            *) echo "curl: not here: $1" >&2; exit 6 ;;
        esac
        """,
    )
    _program(
        folder / "uv",
        f"""
        case "$1 $2 $3" in
            "sync --locked --no-default-groups")
                for tool; do :; done
                cp -r "{compiled}/scope" "$tool"/ ;;
            "run --no-sync --project")
                {given}
                export PYTHONPATH="$4${{PYTHONPATH:+:$PYTHONPATH}}"
                shift 5
                exec "{sys.executable}" "$@" ;;
            *) echo "uv: not here: $*" >&2; exit 2 ;;
        esac
        """,
    )
    return sha256(content.getvalue()).hexdigest()


@cache
def compile_scope() -> Path:
    """Return a folder with the bytecode of this checkout's scope, where Python looks for it beside the modules.

    In a copy it saves every job from compiling them. Python takes it only where the source is, by its hash, the same.
    """
    folder = Path(mkdtemp(prefix="compiled-", dir=scratch_folder()))
    for module in (REPOSITORY / "scope").rglob("*.py"):
        goal = folder / cache_from_source(str(module.relative_to(REPOSITORY)))
        py_compile.compile(str(module), str(goal), doraise=True, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    path.chmod(0o755)
