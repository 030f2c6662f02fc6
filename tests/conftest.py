"""Fixtures and options that all tests share. What they need is imported when a test asks for it."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import BrowserMissingError, Tab, browsing, find_browser
from tests.support.cli import CliMissingError, DatabricksCli, find_databricks, find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace, new_token, serving
from tests.support.sandbox import SCRATCH, Sandbox
from tests.support.shared_pythons import serving_pythons
from tests.support.spark_connect import ConnectServer, JavaMissingError, has_open_spark, require_java, serving_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


pytest_plugins = ("tests.support.local_engine",)

# The file system in memory that Linux has, and how much of it must be free, in bytes.
_MEMORY = Path("/dev/shm")  # noqa: S108  only as a parent of pytest's own folders
_ROOM = 4 * 1024**3


def _keep_temporary_files_in_memory() -> None:
    """Let repositories be made in memory where there is room: a disk takes longer to create a file than git to think of it.

    Set for this process, the workers and all that they start, unless the person has said where.
    """
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def _give_what_is_started_a_folder() -> None:
    """Let what tests start have its temporary files in one folder, which goes with this process: much of it is killed."""
    if SCRATCH not in os.environ:
        os.environ[SCRATCH] = tempfile.mkdtemp(prefix="scratch-")
        atexit.register(shutil.rmtree, os.environ[SCRATCH], ignore_errors=True)


def _look_for_garbage_seldom() -> None:
    """Let a run take an eighth less: syntax trees and strategies are many objects without a cycle, and few are garbage."""
    gc.set_threshold(100_000, 50, 50)


# `uv run` sets it; what is said then differs in the lines to paste.
os.environ.pop("UV", None)
_keep_temporary_files_in_memory()
_give_what_is_started_a_folder()
_look_for_garbage_seldom()


def pytest_collection_finish() -> None:
    """Keep what all tests share, thousands of items and modules, out of every search for garbage."""
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the commands print now into tests/golden, to be looked at in the diff",
    )


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-golden"))


# What only these fixtures give needs the real CLI or the fake workspace, however many fixtures lie between.
_CLI_FIXTURES = frozenset({"databricks_cli", "fake_workspace_url"})


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark whatever uses the CLI, the fake workspace or a browser, so that no test can need them without being known to."""
    if isinstance(item, pytest.Function) and not _CLI_FIXTURES.isdisjoint(item.fixturenames):
        item.add_marker(pytest.mark.cli)
    if isinstance(item, pytest.Function) and "tab" in item.fixturenames:
        item.add_marker(pytest.mark.browser)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests where what they need is missing; in CI, those marked `cli` and `browser` must run, so they fail.

    Skipped here and not in a fixture, they make one line of the summary together.
    """
    for marker, find_missing in (("cli", _missing_for_cli), ("browser", _missing_for_browser)):
        if item.get_closest_marker(marker) is not None and (missing := find_missing()):
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(f"{missing} With CI=true these tests may not be skipped.", pytrace=False)
            pytest.skip(missing)
    if item.get_closest_marker("spark") is not None and (missing := _missing_for_spark()):
        pytest.skip(missing)


# The real CLI and the fake workspace


def _missing_for_cli() -> str | None:
    try:
        find_databricks()
        find_fake_workspace()
    except CliMissingError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def fake_workspace_url() -> Iterator[str]:
    """Serve the fake workspace for the whole run, and give its URL."""
    with serving(find_fake_workspace()) as url:
        yield url


@pytest.fixture
def fake_workspace(fake_workspace_url: str) -> FakeWorkspace:
    """Give an empty workspace that no other test sees."""
    return FakeWorkspace(fake_workspace_url, new_token())


@pytest.fixture(scope="session")
def databricks_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabricksCli]:
    """Give the real CLI, with a home folder of its own."""
    with serving_pythons() as pythons:
        yield DatabricksCli(find_databricks(), tmp_path_factory.mktemp("home"), pythons, collects_garbage=False)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """Give an empty git repository."""
    return Sandbox.create(tmp_path / "sandbox")


# A browser


def _missing_for_browser() -> str | None:
    try:
        find_browser()
    except BrowserMissingError as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Give a tab of a browser that starts once for the tests of a file."""
    with browsing() as opened:
        yield opened


# Spark, open source


# Elsewhere its tests aren't collected, and fail if they are asked for, so that none is skipped where it should run.
collect_ignore = [] if has_open_spark() else ["pipelines"]


def pytest_report_header() -> list[str]:
    """Say where the tests are run that are nowhere else."""
    return [] if has_open_spark() else ["tests/pipelines is run by: just test-spark"]


@pytest.fixture(scope="session")
def spark_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectServer]:
    """Serve open-source Spark for the whole run."""
    if not has_open_spark():
        pytest.fail("Spark isn't in this environment. Run: just test-spark", pytrace=False)
    try:
        require_java()
    except JavaMissingError as error:
        pytest.fail(str(error), pytrace=False)
    with serving_spark(tmp_path_factory.mktemp("spark")) as server:
        yield server


# Spark, by Databricks Connect


@cache
def _missing_for_spark() -> str | None:
    if find_spec("databricks.connect") is None:
        return "Spark tests need Databricks Connect: run `uv sync --group spark`."
    from databricks.sdk.config import Config  # takes more than a second to import

    try:
        Config()
    except ValueError:
        return "Spark tests need a workspace: set DATABRICKS_CONFIG_PROFILE, or DATABRICKS_HOST and a way to log in."
    return None


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """Give a Spark session in the workspace of the environment or the profile, serverless where no compute is named.

    The tests that use it are marked `spark`.
    """
    if missing := _missing_for_spark():
        pytest.skip(missing)
    from databricks.connect import DatabricksSession  # comes with the `spark` group only
    from databricks.sdk.config import Config

    config = Config()
    builder = DatabricksSession.builder.sdkConfig(config)
    if not (config.cluster_id or config.serverless_compute_id):
        builder = builder.serverless(True)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def load_fixture(spark: "SparkSession") -> Callable[[str], "DataFrame"]:
    """Give a function that makes a DataFrame of a JSON or CSV file in tests/fixtures."""
    from tests.support.fixture_files import read_rows  # only Spark tests need it

    def load(name: str) -> "DataFrame":
        return spark.createDataFrame(read_rows(name))

    return load
