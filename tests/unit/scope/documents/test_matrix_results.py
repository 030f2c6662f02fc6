"""The result gate: nothing that was due is done unless a job says so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scope.documents.document import dump
from scope.documents.matrix_results import DeploymentOutcome, deployment_outcomes, read_results
from scope.documents.results import Result, Results, exit_code
from scope.errors import UsageError
from scope.render.results_page import render_matrix_page
from tests.support.manifest_cases import CASES

MANIFEST = CASES["deployed"]
RESULT: dict[str, Any] = {
    "id": "",
    "target": "prod",
    "domain": "",
    "action": "deploy",
    "because": "changed",
    "outcome": "",
    "fault": None,
    "message": None,
    "created": 0,
    "uploaded": 0,
    "changed": 0,
    "deleted": 0,
    "destructive": (),
    "digest": None,
    "seconds": 1.5,
    "log": None,
}
NAMES = [item.id for item in MANIFEST.deploy]


def written(folder: Path, outcomes: dict[str, str], **fields: Any) -> Results:  # noqa: ANN401  any field of the file
    """Write and read a job's file with these outcomes."""
    results = tuple(Result(**RESULT | {"id": name, "outcome": outcome}) for name, outcome in outcomes.items())
    plain = Results(
        target="prod",
        commit=MANIFEST.head.commit,
        dirty=False,
        run_url=None,
        exit_code=0,
        in_sync=0,
        results=results,
    )
    path = folder / "results.json"
    path.write_bytes(dump(replace(plain, **fields)))
    written = read_results(path)
    assert written is not None
    return written


def found_of(tmp_path: Path, **changed: str) -> dict[str, Results | None]:
    outcomes = {item.domain: "deployed" for item in MANIFEST.deploy} | changed
    return {f"prod-{domain}": written(tmp_path, {f"prod/{domain}": outcome}) for domain, outcome in outcomes.items()}


def code_of(lines: tuple[DeploymentOutcome, ...]) -> int:
    return exit_code(line.outcome for line in lines)


def test_everything_deployed_is_success(tmp_path: Path) -> None:
    lines = deployment_outcomes(MANIFEST, found_of(tmp_path))
    assert [line.name for line in lines] == NAMES
    assert code_of(lines) == 0


@pytest.mark.parametrize("outcome", ["deployed", "destroyed", "nothing", "superseded"])
def test_what_needs_nothing_more_is_done(tmp_path: Path, outcome: str) -> None:
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path, sales=outcome))) == 0


@pytest.mark.parametrize(("outcome", "code"), [("failed", 1), ("stopped", 1), ("refused", 3), ("locked", 4)])
def test_what_did_not_go_well_is_the_exit_code(tmp_path: Path, outcome: str, code: int) -> None:
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path, sales=outcome))) == code


def test_a_failure_beats_a_refusal_and_a_refusal_a_lock(tmp_path: Path) -> None:
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path, sales="refused", finance="locked"))) == 3
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path, sales="refused", finance="failed"))) == 1


def test_a_job_without_results_is_a_failure(tmp_path: Path) -> None:
    lines = deployment_outcomes(MANIFEST, found_of(tmp_path) | {"prod-sales": None})
    assert [line.name for line in lines if line.outcome == "missing"] == ["prod/sales"]
    assert code_of(lines) == 1
    assert code_of(deployment_outcomes(MANIFEST, {})) == 1


@pytest.mark.parametrize("change", [{"commit": "f" * 40}, {"target": "staging"}])
def test_results_of_another_commit_or_target_do_not_count(tmp_path: Path, change: dict[str, str]) -> None:
    other = written(tmp_path, {"prod/sales": "deployed"}, **change)
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path) | {"prod-sales": other})) == 1


def test_what_a_job_leaves_out_without_counting_it_is_missing(tmp_path: Path) -> None:
    silent = written(tmp_path, {})
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path) | {"prod-sales": silent})) == 1
    counted = written(tmp_path, {}, in_sync=1)
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path) | {"prod-sales": counted})) == 0


def test_results_of_other_deployments_do_not_count(tmp_path: Path) -> None:
    other = written(tmp_path, {"prod/other": "deployed"})
    assert code_of(deployment_outcomes(MANIFEST, found_of(tmp_path) | {"prod-sales": other})) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema_version": 2}'])
def test_a_file_that_is_no_results_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="isn't a file of results"):
        read_results(path)


def test_no_file_is_no_results(tmp_path: Path) -> None:
    assert read_results(tmp_path / "results.json") is None


def test_removals_are_named_first() -> None:
    removed = CASES["removed_domain"]
    lines = deployment_outcomes(removed, {})
    assert [line.name for line in lines][:3] == ["dev/legacy", "prod/legacy", "staging/legacy"]
    assert render_matrix_page(lines).index("- `staging/legacy` to destroy: **missing**") < render_matrix_page(lines).index(
        "- `prod/finance`: **missing**"
    )
