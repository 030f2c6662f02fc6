"""Open-source Spark, once for all tests of this folder, and the platform's pipelines, run on it once."""

from collections.abc import Iterator

import pytest

from scope.adapters.git import GitRepository
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from tests.support.open_spark import OpenSpark, in_order_of_tables, land_fixtures
from tests.support.sandbox import REPOSITORY
from tests.support.spark_connect import ConnectServer
from tests.support.stage_pipelines import StagedPipeline, staged_pipelines

TARGET = "staging"


@pytest.fixture(scope="session")
def open_spark(spark_server: ConnectServer) -> Iterator[OpenSpark]:
    """Give Spark with a catalog that all tests share, so each uses a target or a domain of its own."""
    with spark_server.session() as session:
        yield OpenSpark(spark_server, session)


@pytest.fixture(scope="session")
def index() -> Iterator[DomainIndex]:
    """Give the repository as it lies in the work tree."""
    with GitRepository(REPOSITORY) as git:
        yield DomainIndex(Snapshot(git, git.work_tree()))


@pytest.fixture(scope="session")
def platform(
    open_spark: OpenSpark, index: DomainIndex, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, StagedPipeline]:
    """Run all pipelines of all domains, as they are deployed to staging, on the fixtures; return them by key."""
    pipelines = [
        pipeline
        for domain in index.domains
        for pipeline in staged_pipelines(index, TARGET, domain, tmp_path_factory.mktemp(f"{TARGET}-{domain}"))
    ]
    land_fixtures(open_spark, pipelines)
    for pipeline in in_order_of_tables(pipelines):
        open_spark.update(pipeline)
    return {pipeline.key: pipeline for pipeline in pipelines}
