"""The line for a shell that deletes what scope itself must leave alone: locks and files of no deployment."""

import shlex
from collections.abc import Iterable


def write_deletion_line(host: str, paths: Iterable[str], *, is_recursive: bool = False) -> str:
    """Return the line that deletes files, or folders with all that is in them, in exactly one workspace."""
    option = ["--recursive"] if is_recursive else []
    commands = [shlex.join(["databricks", "workspace", "delete", *option, path]) for path in paths]
    # In a bundle's folder the CLI goes to the host of its default target, whatever the environment says.
    return f"(cd / && export DATABRICKS_HOST={shlex.quote(host)} && {' && '.join(commands)})"
