"""Fixtures and options that all tests share. What they need is imported when a test asks for it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.cli import CliMissingError, DatabricksCli, find_databricks, find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace, new_token, serving
from tests.support.sandbox import Sandbox

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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


# The real CLI and the fake workspace


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the tests marked `cli` where the CLI or the fake workspace is missing; where all must run, in CI, fail them.

    Skipped here and not in a fixture, they make one line of the summary together.
    """
    if item.get_closest_marker("cli") is None:
        return
    try:
        find_databricks()
        find_fake_workspace()
    except CliMissingError as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{error} With CI=true these tests may not be skipped.", pytrace=False)
        pytest.skip(str(error))


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
def databricks_cli(tmp_path_factory: pytest.TempPathFactory) -> DatabricksCli:
    """Give the real CLI, with a home folder of its own."""
    return DatabricksCli(find_databricks(), tmp_path_factory.mktemp("home"))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """Give an empty git repository."""
    return Sandbox.create(tmp_path / "sandbox")


# Spark, by Databricks Connect


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """Give a Spark session in the workspace of the environment or the profile, serverless where no compute is named."""
    try:
        from databricks.connect import DatabricksSession  # noqa: PLC0415  comes with the `spark` group only
        from databricks.sdk.config import Config  # noqa: PLC0415  takes more than a second to import
    except ImportError:
        pytest.skip("Spark tests need Databricks Connect: run `uv sync --group spark`.")
    try:
        config = Config()
    except ValueError:
        pytest.skip("Spark tests need a workspace: set DATABRICKS_CONFIG_PROFILE, or DATABRICKS_HOST and a way to log in.")
    builder = DatabricksSession.builder.sdkConfig(config)
    if not (config.cluster_id or config.serverless_compute_id):
        builder = builder.serverless(True)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def load_fixture(spark: "SparkSession") -> Callable[[str], "DataFrame"]:
    """Give a function that makes a DataFrame of a JSON or CSV file in tests/fixtures."""
    from tests.support.fixture_files import read_rows  # noqa: PLC0415  only Spark tests need it

    def load(name: str) -> "DataFrame":
        return spark.createDataFrame(read_rows(name))

    return load
