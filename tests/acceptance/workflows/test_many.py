"""Over 256 deployments: the matrix that GitHub gets, and the jobs it makes of it."""

import json

import pytest

from tests.acceptance.workflows.conftest import Platform
from tests.support.builders import domain
from tests.support.workflow_player import JobResult, matrix_entries


@pytest.fixture
def many(platform: Platform) -> JobResult:
    """Plan, from nothing, a platform of 100 further domains in three targets."""
    for number in range(100):
        platform.origin.write_all(domain(f"d{number:03}"))
    platform.origin.commit("Grow")
    return platform.push("ci.yml")


def test_more_deployments_than_github_has_jobs_are_packed_and_none_is_left_out(platform: Platform, many: JobResult) -> None:
    assert many.jobs["scope"].result == "success", many.jobs["scope"].log
    manifest = json.loads((platform.folder / "run1" / "artifacts" / "manifest" / "manifest.json").read_bytes())
    assert len(manifest["deploy"]) == 306
    entries = matrix_entries(manifest["matrix"])
    assert len(entries) <= 20
    packed = [f"{entry['target']}/{name}" for entry in entries for name in entry["domains"].split()]
    assert packed == [item["id"] for item in manifest["deploy"]]
    assert "### Deploys everything" in many.jobs["scope"].summary
    assert len(many.jobs["scope"].summary.encode()) <= 1024 * 1024
