"""A stand-in for the Databricks CLI and its workspace, within this process: for machines that have neither.

It keeps files, jobs and pipelines as the real ones do, and knows nothing of what is in them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import yaml

from scope.errors import CliError, Fault
from scope.graph.index import StageFrame
from scope.inference.resource_keys import defined_resources
from scope.workspace_ports import BundleCli
from tests.support.fakes import InMemoryCli, InMemoryWorkspace

HOST = "https://embedded-workspace.localhost"


@dataclass
class EmbeddedPlatform:
    """One workspace, and a CLI for each stage in it."""

    host: str = HOST
    workspace: InMemoryWorkspace = field(init=False)
    _is_dying: bool = False

    def __post_init__(self) -> None:
        """Make the workspace, empty."""
        self.workspace = InMemoryWorkspace(host=self.host)

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead `scope` here."""
        return {"DATABRICKS_HOST": self.host, "DATABRICKS_TOKEN": "none"}

    def die_once(self) -> None:
        """Let the CLI die in the midst of marketing's next deploy: everything is made, and no state says so."""
        self._is_dying = True

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Let `scope` in this process find the stand-ins where it looks for the CLI and the workspace."""
        replaced: Mapping[str, Callable[..., object]] = {
            "find_cli": lambda _root: Path("databricks"),
            "check_version": lambda _cli: "1.12.1",
            "DatabricksWorkspace": lambda _host, _profile: self.workspace,
            "StagedCli": self._make_cli,
        }
        with ExitStack() as stack:
            for name, stand_in in replaced.items():
                stack.enter_context(patch(f"scope.bootstrap.{name}", stand_in))
            yield

    def _make_cli(self, _path: Path, stage: Path, target: str, domain: str, *_more: object, **_options: object) -> BundleCli:
        files = {path.relative_to(stage).as_posix(): path for path in sorted(stage.rglob("*")) if path.is_file()}
        contents = {name: path.read_bytes() for name, path in files.items() if name.startswith("resources/")}
        named = {resource.key.short: resource.name or resource.key.name for resource in defined_resources(contents)}
        return InMemoryCli(
            self.workspace,
            _root_of(stage, target),
            files=tuple(name for name in files if name.startswith("src/")),
            named=named,
            before_state=self._die_if_told if domain == "marketing" else lambda: None,
            stage=stage,
        )

    def _die_if_told(self) -> None:
        if self._is_dying:
            self._is_dying = False
            raise CliError(Fault.KILLED, "`databricks bundle deploy` was killed by SIGKILL.")


def _root_of(stage: Path, target: str) -> str:
    """Return the folder of the workspace that a stage is deployed to."""
    settings = yaml.safe_load((stage / StageFrame().overlay).read_text(encoding="utf-8"))
    return settings["targets"][target]["workspace"]["root_path"]
