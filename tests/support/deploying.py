"""A repository with an origin, the fake workspace as its host, and `scope` as a process: as CI deploys it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.builders import domain, skeleton
from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import REPOSITORY, Sandbox
from tests.support.scope_command import run_scope

BASE = "/Workspace/deploy/.bundle/data-platform/prod"


@dataclass
class Platform:
    """One such repository, its workspace, and the CLI that deploys it."""

    sandbox: Sandbox
    workspace: FakeWorkspace
    cli: DatabricksCli
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(
        cls, folder: Path, workspace: FakeWorkspace, cli: DatabricksCli, domains: Mapping[str, Iterable[str]]
    ) -> "Platform":
        """Make a repository with domains of some sources, committed and pushed to its origin."""
        files: dict[str, str | bytes] = skeleton()
        for name, sources in domains.items():
            files |= domain(name, sources)
        sandbox = Sandbox.create(folder / "platform", files)
        sandbox.point_at(workspace)
        sandbox.git("init", "--quiet", "--bare", str(folder / "origin.git"))
        sandbox.git("remote", "add", "origin", str(folder / "origin.git"))
        platform = cls(sandbox, workspace, cli)
        platform.push("Begin")
        return platform

    def push(self, message: str) -> str:
        """Commit everything and push it to the origin's main."""
        commit = self.sandbox.commit(message)
        self.sandbox.git("push", "--quiet", "--force", "origin", "HEAD:main")
        return commit

    def environment(self, **extra: str) -> dict[str, str]:
        # The package itself, as an installed console command would be found wherever it is started.
        return self.cli.environment(self.workspace, {**self.cli.handing_over(REPOSITORY), **self.env, **extra})

    def start(self, *arguments: str, before: Callable[[], None] | None = None, **extra: str) -> "subprocess.Popen[str]":
        """Start `scope` and let it run; `before` is called in the new process."""
        return subprocess.Popen(
            [sys.executable, "-m", "scope.cli", "-C", str(self.sandbox.root), *arguments],
            env=self.environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            preexec_fn=before,  # noqa: PLW1509  limits can be set nowhere else, and no thread of ours is needed there
        )

    def scope(self, *arguments: str, **extra: str) -> CliResult:
        """Run `scope` to its end, in this process: importing the SDK takes longer than a deploy."""
        return run_scope(self.sandbox.root, *arguments, env=self.environment(**extra))

    def deploy(self, *arguments: str, target: str = "prod", **extra: str) -> CliResult:
        """Run `scope deploy` to its end."""
        return self.scope("deploy", "--target", target, *arguments, **extra)

    def deploy_by_hand(self, name: str) -> CliResult:
        """Deploy a domain to prod with the plain CLI, from the checkout as it lies there, with the permit."""
        return self.by_hand("deploy", name, "--var", f"stage=prod/{name}", "--auto-approve")

    def by_hand(self, command: str, name: str, *arguments: str) -> CliResult:
        """Run a `bundle` command for a domain in prod with the plain CLI, from the checkout as it lies there."""
        if not self.sandbox.path(".venv").exists():
            self.sandbox.link_venv()
        return self.cli.bundle(
            command, *arguments, target="prod", domain=name, cwd=self.sandbox.root, workspace=self.workspace,
            env={**self.env, "DATABRICKS_BUNDLE_TMP": tempfile.mkdtemp(dir=self.sandbox.root.parent)},
        )  # fmt: skip

    def results(self) -> dict[str, dict[str, Any]]:
        """Return what the last deploy wrote to results.json, by deployment."""
        content = json.loads(self.sandbox.read(".scope/results.json"))
        return {item["id"]: item for item in content["results"]}

    def record(self, name: str) -> dict[str, Any]:
        """Return a domain's record in prod."""
        content = self.workspace.read(f"{BASE}/{name}/state/scope.json")
        assert content is not None
        return json.loads(content)

    def files(self, name: str) -> dict[str, bytes]:
        """Return a domain's uploaded files in prod."""
        return self.workspace.snapshot().below(f"{BASE}/{name}/files")

    def lock(self, name: str) -> bytes | None:
        return self.workspace.read(f"{BASE}/{name}/state/deploy.lock")

    def owned(self, name: str) -> dict[str, list[str]]:
        """Return the names of the jobs and pipelines that say they belong to a domain's deployment in prod."""
        owned: dict[str, list[str]] = {"jobs": [], "pipelines": []}
        held = self.workspace.snapshot().resources
        for kind, names in owned.items():
            for item in held.get(kind, {}).values():
                fields = item.get("settings") or item.get("spec") or item
                if fields.get("deployment", {}).get("metadata_file_path") == f"{BASE}/{name}/state/metadata.json":
                    names.append(fields["name"])
            names.sort()
        return owned

    def check(self, name: str, jobs: Iterable[str], pipelines: Iterable[str]) -> None:
        """Assert that the head is deployed, each resource once, with no stray file, a clean record and no lock."""
        assert self.owned(name) == {"jobs": sorted(jobs), "pipelines": sorted(pipelines)}
        expected = {path for path in self.sandbox.tracked if path.startswith((f"src/{name}/", "src/pyproject.toml"))}
        uploaded = {path for path in self.files(name) if not path.startswith("src/common/")}
        assert uploaded == expected
        for path in expected:
            assert self.files(name)[path] == self.sandbox.path(path).read_bytes(), path
        record = self.record(name)
        assert record["applied"]["attempt"] == record["attempted"]
        assert record["attempted"]["commit"] == self.sandbox.head
        assert self.lock(name) is None


def finished(process: "subprocess.Popen[str]", arguments: tuple[str, ...] = (), seconds: float = 120) -> CliResult:
    """Wait for a process to end; kill it after too long."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return CliResult(arguments, process.returncode, out, err)


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill a process so that it can't clean up, as a runner that is taken away would."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def wait_for(what: str, fact: Callable[[], object], seconds: float = 60) -> None:
    """Return when a fact has become true."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} didn't come about in {seconds} s.")
        time.sleep(0.02)
