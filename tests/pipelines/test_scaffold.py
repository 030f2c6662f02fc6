"""What `generator scaffold` makes runs on open-source Spark as it is, and an expectation added to it has its effect."""

from collections.abc import Callable

import pytest

from generator.cli import main
from scope.adapters.git import GitRepository
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from tests.support.fixture_files import read_rows
from tests.support.open_spark import OpenSpark, UpdateError, in_order, land_fixtures
from tests.support.sandbox import Sandbox
from tests.support.stage_pipelines import StagedPipeline, staged_pipelines

pytestmark = pytest.mark.open_spark

DATASET = "src/shipping/carrier/staging/parcels.py"
Stage = Callable[[], StagedPipeline]


@pytest.fixture(scope="module")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Give a copy of this repository in which a source was begun."""
    sandbox = Sandbox.of_repository(tmp_path_factory.mktemp("scaffold") / "repository", leaving_out=["tests/"])
    assert main(["-C", str(sandbox.root), "scaffold", "shipping", "carrier", "--asset", "parcels"]) == 0
    return sandbox


@pytest.fixture
def stage(scaffold: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give a function that stages the new source as it lies in the work tree."""

    def stage_it() -> StagedPipeline:
        with GitRepository(scaffold.root) as git:
            index = DomainIndex(Snapshot(git, git.work_tree()))
            (pipeline,) = staged_pipelines(index, "dev", "shipping", tmp_path_factory.mktemp("shipping"))
        return pipeline

    return stage_it


def test_a_new_source_runs_through_its_four_layers(open_spark: OpenSpark, scaffold: Sandbox, stage: Stage) -> None:
    pipeline = stage()
    fixtures = scaffold.root / "tests/fixtures"
    land_fixtures(open_spark, [pipeline], fixtures)
    open_spark.update(pipeline)
    expected = read_rows("shipping/carrier/final_parcels.json", fixtures)
    assert open_spark.rows(pipeline.physical("final_parcels")) == in_order(expected)


def test_an_expectation_that_must_be_met_ends_the_update_and_is_named(
    open_spark: OpenSpark, scaffold: Sandbox, stage: Stage
) -> None:
    before = scaffold.read(DATASET)
    try:
        expecting(scaffold, before, 'expect_or_fail("is_old", "updated_at < \'2026\'")')
        with pytest.raises(UpdateError, match=r"The expectation `is_old` isn't met: updated_at < '2026'"):
            open_spark.update(stage())
    finally:
        scaffold.write(DATASET, before)


def test_an_expectation_that_drops_leaves_the_row_out(open_spark: OpenSpark, scaffold: Sandbox, stage: Stage) -> None:
    before = scaffold.read(DATASET)
    try:
        expecting(scaffold, before, 'expect_or_drop("is_old", "updated_at < \'2026\'")')
        pipeline = stage()
        open_spark.update(pipeline)
        assert open_spark.rows(pipeline.physical("base_parcels")) != []
        assert open_spark.rows(pipeline.physical("final_parcels")) == []
    finally:
        scaffold.write(DATASET, before)


def expecting(scaffold: Sandbox, before: str, decorator: str) -> None:
    """Add an expectation to the dataset of the layer staging."""
    imported = f"from common.expectations import {decorator.partition('(')[0]}\n"
    text = before.replace("\nfrom shipping.", f"\n{imported}from shipping.").replace("\ndef ", f"\n@{decorator}\ndef ")
    assert text.count(decorator) == 1
    scaffold.write(DATASET, text)
