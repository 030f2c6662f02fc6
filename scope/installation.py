"""How this scope was installed and started: what a person types to start it again, and what an extra would add."""

import importlib.util
import json
import os
import sys
from functools import cache
from pathlib import Path

from scope.errors import UsageError

DISTRIBUTION = "data-platform-tooling"
# The packages that an extra brings, by the name under which Python misses them.
_OF_DEPLOY = ("databricks", "hatchling", "requests")
_CHECKOUT = "."


def start_command() -> str:
    """Return the words that start scope again in the folder where it was started: `scope`, or what `uv` has to be told."""
    if not os.environ.get("UV"):
        return "scope"
    environment = os.environ.get("VIRTUAL_ENV")
    if environment and Path(environment) == Path(sys.prefix):
        # The project of a folder above, which is what `uv run` looks for, and not one that was named by `--project`.
        here = Path.cwd()
        is_found = os.environ.get("UV_PROJECT_ENVIRONMENT") or Path(environment).parent in (here, *here.parents)
        return "uv run scope" if is_found else "scope"
    # `uvx` gives neither; what was installed for good by `uv tool install` has a receipt.
    if Path(sys.prefix, "uv-receipt.toml").exists():
        return "scope"
    source = _read_source()
    if source is None:
        return "scope"
    import shlex  # only what was started by `uvx` needs it

    return "uv run scope" if source == _CHECKOUT else f"uvx --from {shlex.quote(source)} scope"


def require_deploy_extra() -> None:
    """Raise `UsageError` unless what the Databricks CLI runs in a stage is installed."""
    for name in ("databricks.bundles", "hatchling"):
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            spec = None
        if spec is None:
            raise UsageError(describe_missing(name))


def is_of_extra(module: str | None) -> bool:
    """Return whether a module that Python misses is one of an extra's, and no defect of scope."""
    return (module or "").partition(".")[0] in _OF_DEPLOY


def describe_missing(module: str) -> str:
    """Return the sentences about a module of an extra that isn't installed."""
    extra = f"`{module}` isn't installed. It comes with the extra `deploy` of {DISTRIBUTION}."
    match start_command():
        case "scope":
            return f"{extra} Install that as well: `{DISTRIBUTION}[deploy]`."
        case "uv run scope":
            return f"{extra} Run `uv sync`, then start scope with `uv run scope`."
        case command:
            return f"{extra} Start scope with: {command}"


@cache
def _read_source() -> str | None:
    """Return what the distribution was installed from, as a requirement with the extra of deploys, or None if unknown.

    What is used as it lies in a checkout was installed from `_CHECKOUT`.
    """
    import importlib.metadata  # few commands end with a line to run next

    try:
        distribution = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None
    name = f"{DISTRIBUTION}[deploy]"
    text = distribution.read_text("direct_url.json")
    if text is None:
        return f"{name}=={distribution.version}"
    origin = json.loads(text)
    if origin.get("dir_info", {}).get("editable"):
        return _CHECKOUT
    url = str(origin["url"])
    if "vcs_info" in origin:
        revision = origin["vcs_info"].get("requested_revision") or origin["vcs_info"]["commit_id"]
        url = f"{origin['vcs_info']['vcs']}+{url}@{revision}"
    return f"{name} @ {url}"
