"""The loader that tests share gives what a loader of its own gives: to the bundle's code, and to the CLI."""

import re
from pathlib import Path

import pytest

from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.shared_loader import ADDRESS

IMPORT = "from databricks.bundles.jobs import Job\n"
JOB = "resources/sales/orders/jobs/refresh.py"
# What a module sees of its process, as a job's description.
FACTS = """
import json, os, resource, sys
from databricks.bundles.jobs import Job

facts = {
    "arguments": [sys.argv, sys.orig_argv],
    "environment": sorted((name, value) for name, value in os.environ.items() if name != "TEST_SHARED_LOADER"),
    "folder": os.getcwd(),
    "limits": [resource.getrlimit(number) for number in range(16)],
    "modules": sorted(
        name for name, module in sys.modules.items()
        if "site-packages" in str(getattr(module, "__file__", "")) and not name.startswith("databricks.bundles.")
    ),
    "path": sys.path,
    "python": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable, sys.version, sys.dont_write_bytecode],
    "streams": [(one.encoding, one.errors, one.isatty(), one.fileno()) for one in (sys.stdin, sys.stdout, sys.stderr)],
    "umask": [os.umask(0), os.umask(0o77)],
    "main": [vars(sys.modules["__main__"]).get(name) for name in ("__name__", "__file__", "__package__")],
}
refresh = Job.from_dict({"name": "refresh", "description": json.dumps(facts), "tasks": []})
"""
# Modules, each with something that the CLI says of it.
MODULES = {
    "what a module sees": (FACTS, '\\"umask\\": '),
    "a resource": ("", '"sales_orders_refresh"'),
    "a module that raises": ("1 / 0\n", "does not import: ZeroDivisionError"),
    "no Python": ("x = [\n", "does not import: SyntaxError"),
    "an import of nothing": ("import nothing\n", "does not import: ModuleNotFoundError"),
    "an import from the checkout": ("import tests\nraise ValueError(tests.__file__)\n", "does not import: ValueError"),
    "a module that ends Python with words": ("raise SystemExit('the end')\n", "exit status 1"),
    "a module that ends Python well": ("raise SystemExit\n", "failed to load diagnostics"),
    "a module that ends Python with a code": ("import sys\nsys.exit(3)\n", "exit status 3"),
    "a module that kills Python": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "signal: killed"),
    "a module that prints": ("import sys\nprint('né', end='')\nprint('né', file=sys.stderr)\n", "exit code 0"),
    "a job that is none": (f"{IMPORT}x = Job.from_dict({{'no': 1}})\n", "does not import: ValueError"),
}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})
    platform.sandbox.link_venv()
    return platform


def validate(platform: Platform, *, is_shared: bool) -> CliResult:
    """Have the CLI print the whole bundle, with temporary files of the same names."""
    environment = platform.environment(DATABRICKS_BUNDLE_TMP=str(platform.sandbox.root.parent / "temporary"))
    if not is_shared:
        del environment[ADDRESS]
    return platform.cli.bundle(
        "validate", "-o", "json", target="prod", domain="sales",
        cwd=platform.sandbox.root, workspace=platform.workspace, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize(("module", "word"), MODULES.values(), ids=MODULES.keys())
def test_both_loaders_give_the_same(platform: Platform, module: str, word: str) -> None:
    if platform.cli.loader is None:
        pytest.skip("SCOPE_OWN_LOADER is set.")
    if module:
        platform.sandbox.write(JOB, module)
    shared, own = (said(validate(platform, is_shared=is_shared)) for is_shared in (True, False))
    assert word in own
    assert shared == own


def said(result: CliResult) -> str:
    """Return how the CLI ended and all that it printed, but for the times in its log."""
    return re.sub(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?", "*", str(result))
