"""`scope plan` in this process, and its manifest as tests look at it."""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scope.cli import main
from tests.support.builders import resource_module
from tests.support.sandbox import Sandbox, scratch_folder

PLATFORM: Mapping[str, str | bytes] = {
    ".gitignore": ".scope/\n*.log\n",
    "databricks.yml": "bundle: {name: x}\n",
    "pyproject.toml": "",
    "uv.lock": "",
    "resources/__init__.py": "",
    "resources/_models/clusters.yml": "small: {}\n",
    "resources/_models/tags.yml": "team: {}\n",
    "src/pyproject.toml": "",
    "targets/dev.yml": "",
    "targets/prod.yml": "",
    "docs/a.md": "",
    "src/common/__init__.py": "",
    "src/common/money.py": "from common import text\n\nX = 1\n",
    "src/common/text.py": "X = 1\n",
    "src/common/readers/__init__.py": "",
    "src/common/readers/csv.py": "X = 1\n",
    "src/common/readers/rates.csv": "1\n",
    "src/finance/stripe/base/a.py": "from common.money import X\n",
    "src/finance/stripe/final/b.py": "X = 1\n",
    "resources/finance/stripe/jobs/a.py": resource_module("job", "finance_a_job", {}),
    "specs/jobs/finance/stripe/a.yml": "cluster: clusters.small\n",
    "src/marketing/hubspot/base/a.py": "from common.readers import csv\n",
    "resources/marketing/hubspot/jobs/a.py": resource_module("job", "marketing_a_job", {}),
}
"""Two domains: finance uses common.money and, through it, common.text; marketing uses common.readers with its data."""

FINANCE = {"dev/finance", "prod/finance"}
MARKETING = {"dev/marketing", "prod/marketing"}


def platform(root: Path) -> Sandbox:
    """Return a committed platform on `main`, with the branch `work` checked out."""
    return _made().copy(root)


@cache
def _made() -> Sandbox:
    """Return a platform that is made once and only copied: nobody writes into it."""
    sandbox = Sandbox.create(Path(tempfile.mkdtemp(prefix="platform-", dir=scratch_folder())), PLATFORM)
    sandbox.switch("work", create=True)
    # One file is sooner copied than one for each object.
    sandbox.git("repack", "-a", "-d", "--quiet")
    return sandbox


def plan(where: Sandbox | Path, *arguments: str) -> dict[str, Any]:
    """Return the manifest that `scope plan` writes; a failure raises."""
    root = where.root if isinstance(where, Sandbox) else where
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder).resolve() / "manifest.json"
        code = main(["-C", str(root), "--quiet", "plan", *arguments, "--output", str(file)])
        assert code == 0, f"exit code {code}"
        tree: dict[str, Any] = json.loads(file.read_bytes())
        return tree


def deployed(tree: Mapping[str, Any]) -> set[str]:
    """Return the ids of a manifest's deployments."""
    return {item["id"] for item in tree["deploy"]}


def changed(tree: Mapping[str, Any]) -> dict[str, str]:
    """Return the status of each changed path."""
    return {item["path"]: item["status"] for item in tree["changes"]}
