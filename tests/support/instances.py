"""Repositories that `databricks bundle init` makes of this one, as a team begins with them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scope import __version__
from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import REPOSITORY, Sandbox, git_environment, tracked_files

VERSION = f"v{__version__}"
# What belongs to this machine's person: where uv keeps packages, and how it reaches the registry.
_KEPT = ("PATH", "HOME", "TMPDIR", "UV_CACHE_DIR", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_OFFLINE", "SSL_CERT_FILE")


def publish(folder: Path) -> Sandbox:
    """Make a git repository of this checkout as it lies in the work tree, with the tag of its version."""
    for path in tracked_files(REPOSITORY):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / path, place, follow_symlinks=False)
    published = Sandbox.create(folder)
    published.commit("Release")
    published.git("tag", VERSION)
    return published


@dataclass(frozen=True, slots=True)
class Instance:
    """One such repository, the workspace of its targets, and the CLI."""

    sandbox: Sandbox
    workspace: FakeWorkspace
    cli: DatabricksCli

    @classmethod
    def create(
        cls, folder: Path, published: Sandbox, workspace: FakeWorkspace, cli: DatabricksCli, answers: Mapping[str, str]
    ) -> "Instance":
        """Make one, install what it needs, and commit it."""
        hosts = dict.fromkeys(("dev_host", "staging_host", "prod_host"), workspace.url)
        given = {"repository": published.root.as_uri(), **hosts, **answers}
        done = init(folder, published, workspace, cli, given)
        assert done.exit_code == 0, done
        instance = cls(Sandbox.create(folder), workspace, cli)
        synced = instance.run("uv", "sync", "--quiet")
        assert synced.exit_code == 0, synced
        instance.sandbox.commit("Begin")
        return instance

    def run(self, *command: str) -> CliResult:
        """Run a program in it, as its people do."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        given = self.cli.environment(self.workspace)
        environment = {**given, **git_environment(), **kept, "UV_PYTHON_DOWNLOADS": "never"}
        environment["PATH"] = os.pathsep.join([str(self.cli.path.parent), environment["PATH"]])
        done = subprocess.run(
            command,
            cwd=self.sandbox.root,
            env=environment,
            capture_output=True,
            check=False,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=300,
        )
        return CliResult(command, done.returncode, done.stdout, done.stderr)


def init(
    folder: Path, published: Sandbox, workspace: FakeWorkspace, cli: DatabricksCli, answers: Mapping[str, str]
) -> CliResult:
    """Run `databricks bundle init` with answers."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".json")
    file.write_text(json.dumps(dict(answers)), encoding="utf-8")
    arguments = ("bundle", "init", str(published.root), "--output-dir", str(folder), "--config-file", str(file))
    return cli.run(*arguments, cwd=folder.parent, workspace=workspace)
