"""The Databricks CLI as a process: where it is, what it may see, how it is started."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scope.errors import UsageError

# They would send the CLI to another bundle, or beat the stage's own settings.
_DROPPED = ("BUNDLE_", "DATABRICKS_BUNDLE_")


def find_cli(root: Path) -> Path:
    """Return the CLI on the PATH, or the one that `just install-cli` built in the repository."""
    found = shutil.which("databricks")
    built = root / ".bin" / "databricks"
    if found:
        return Path(found)
    if built.is_file():
        return built
    raise UsageError(
        "The Databricks CLI isn't on the PATH. Install it (https://docs.databricks.com/dev-tools/cli/install), "
        "or build the tested version with `just install-cli`."
    )


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a CLI that runs in a stage: the caller's, without what would lead it elsewhere."""
    given = os.environ if environment is None else environment
    kept = {name: value for name, value in given.items() if not name.startswith(_DROPPED)}
    return kept | {"DATABRICKS_CLI_DISABLE_TELEMETRY": "true", "PYTHONDONTWRITEBYTECODE": "1"}


def bundle_command(cli: Path, target: str, domain: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line: the domain is always said, since a variable's value in a file is the weakest."""
    # Before the subcommand: what follows a `--` of the caller's goes to the job that is run.
    return [str(cli), "bundle", "--target", target, "--var", f"domain={domain}", *arguments]


def run_in_stage(command: Sequence[str], stage: Path) -> int:
    """Run a command in a stage, its output going where ours goes; return its exit code."""
    return subprocess.run(command, cwd=stage, env=child_environment(), check=False).returncode
