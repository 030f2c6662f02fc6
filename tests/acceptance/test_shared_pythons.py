"""The Pythons that tests share do what one of its own does: to the code that runs there, and to who started it."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import shared_pythons
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import REPOSITORY
from tests.support.shared_pythons import ADDRESS, START

IMPORT = "from databricks.bundles.jobs import Job\n"
JOB = "resources/sales/orders/jobs/refresh.py"
SHARED = Path(shared_pythons.__file__)
# What a module sees of its process.
FACTS = """
import json, os, resource, sys, threading, time

facts = {
    "arguments": [sys.argv, sys.orig_argv],
    "environment": sorted((name, value) for name, value in os.environ.items() if name != "TEST_SHARED_PYTHONS"),
    "folder": os.getcwd(),
    "limits": [resource.getrlimit(number) for number in range(16)],
    "modules": sorted(
        name for name, module in sys.modules.items()
        if "site-packages" in str(getattr(module, "__file__", "")) and not name.startswith(PRELOADED)
    ),
    "path": sys.path,
    "safe": sys.flags.safe_path,
    "threads": threading.active_count(),
    "time": time.tzname,
    "python": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable, sys.version, sys.dont_write_bytecode],
    "streams": [(one.encoding, one.errors, one.isatty(), one.fileno()) for one in (sys.stdin, sys.stdout, sys.stderr)],
    "umask": [os.umask(0), os.umask(0o77)],
    "main": [vars(sys.modules["__main__"]).get(name) for name in ("__name__", "__file__", "__package__")],
}
"""
JOB_OF_FACTS = f"""
from databricks.bundles.jobs import Job

PRELOADED = "databricks.bundles."
{FACTS.replace('"safe": sys.flags.safe_path,', "")}
refresh = Job.from_dict({{"name": "refresh", "description": json.dumps(facts), "tasks": []}})
"""
# Modules, each with something that the CLI says of it.
MODULES = {
    "what a module sees": (JOB_OF_FACTS, '\\"umask\\": '),
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


@pytest.fixture(autouse=True)
def _shared(databricks_cli: DatabricksCli) -> None:
    if databricks_cli.pythons is None:
        pytest.skip("SCOPE_OWN_PYTHONS is set.")


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})
    platform.sandbox.link_venv()
    return platform


def validate(platform: Platform, *, is_shared: bool) -> CliResult:
    """Have the CLI print the whole bundle, with temporary files of the same names."""
    environment = platform.environment(DATABRICKS_BUNDLE_TMP=str(platform.sandbox.root.parent / "temporary"))
    cli = platform.cli
    if not is_shared:
        del environment[ADDRESS]
        cli = replace(cli, pythons=None)
    return cli.bundle(
        "validate", "-o", "json", target="prod", domain="sales",
        cwd=platform.sandbox.root, workspace=platform.workspace, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize(("module", "word"), MODULES.values(), ids=MODULES.keys())
def test_both_loaders_give_the_same(platform: Platform, module: str, word: str) -> None:
    if module:
        platform.sandbox.write(JOB, module)
    shared, own = (said(validate(platform, is_shared=is_shared)) for is_shared in (True, False))
    assert word in own
    assert shared == own


# A scope of another checkout, which is what a job of a pipeline starts.
SCOPES = {
    "what it sees": (
        f"""
PRELOADED = ("pydantic", "annotated_types", "typing_", "yaml")
{FACTS}

def main():
    print(json.dumps(facts | {{"main": sorted(vars(sys.modules["__main__"]))}}))
""",
        '"safe": true',
    ),
    "an exit code": ("def main():\n    return 3\n", "exit code 3"),
    "words at the end": ("def main():\n    return 'the end'\n", "the end"),
    "much text": ("def main():\n    print('é' * 300_000)\n", "ééé"),
    "a failure": ("def main():\n    print('before')\n    1 / 0\n", "ZeroDivisionError"),
    "work at the end": (
        """
import atexit, threading, time

def main():
    atexit.register(print, "last")
    threading.Thread(target=lambda: (time.sleep(0.1), print("later"))).start()
    print("now")
""",
        "now\nlater\nlast\n",
    ),
}
START_SCOPE = "import sys; sys.path.append(sys.argv.pop(1)); from scope.cli import main; sys.exit(main())"


def start_python(cli: DatabricksCli, folder: Path, *arguments: str, is_shared: bool) -> CliResult:
    # The folder is before the checkout that is installed here.
    given = cli.handing_over(folder) if is_shared else {"PYTHONPATH": f"{START}:{folder}"}
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "Asia/Kathmandu", **given}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False, encoding="utf-8"
    )
    return CliResult(arguments, done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("code", "word"), SCOPES.values(), ids=SCOPES.keys())
def test_the_scope_of_a_checkout_does_the_same(tmp_path: Path, databricks_cli: DatabricksCli, code: str, word: str) -> None:
    (tmp_path / "scope").mkdir()
    (tmp_path / "scope" / "cli.py").write_text(code, encoding="utf-8")
    (tmp_path / "scope" / "__init__.py").write_text("", encoding="utf-8")
    call = ("-P", "-c", START_SCOPE, str(tmp_path), "deploy", "prod")
    shared, own = (said(start_python(databricks_cli, tmp_path, *call, is_shared=is_shared)) for is_shared in (True, False))
    assert word in own
    assert shared == own


@pytest.mark.parametrize("file", [REPOSITORY / ".github/actions/setup/bin/scope", START / "sitecustomize.py"])
def test_the_call_that_is_handed_over_is_the_one_that_pipelines_make(file: Path) -> None:
    assert START_SCOPE in file.read_text(encoding="utf-8")


def test_wheels_are_built_the_same(platform: Platform, databricks_cli: DatabricksCli) -> None:
    source, built = platform.sandbox.path("src"), []
    for is_shared in (True, False):
        done = start_python(databricks_cli, source, "-P", "-m", "hatchling", "build", "-t", "wheel", is_shared=is_shared)
        (wheel,) = (source / "dist").iterdir()
        built.append((said(done), wheel.name, wheel.read_bytes()))
        wheel.unlink()
    assert built[0] == built[1]


def said(result: CliResult) -> str:
    """Return how the program ended and what it printed, but for the times in its log, and our lines of a traceback."""
    text = re.sub(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?", "*", str(result))
    return re.sub(rf'  File "{re.escape(str(SHARED))}".*\n(    .*\n)*', "", text)
