"""What scope writes for the jobs of a workflow on GitHub: outputs that can't be forged, and the summary."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.adapters.github import GitHub
from scope.documents.document import dump
from scope.errors import UsageError
from scope.render.matrix import render_outputs
from tests.support.characters import CHARACTERS
from tests.support.manifest_cases import CASES
from tests.support.workflow_player import read_outputs


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True, alphabet=CHARACTERS), st.text(CHARACTERS)))
def test_no_value_ends_its_own_output_and_begins_another(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("outputs") / "output"
    GitHub({"GITHUB_OUTPUT": str(path)}).write_outputs(values)
    with path.open(encoding="utf-8", newline="") as file:
        assert read_outputs(file.read()) == values


def test_an_output_s_name_cannot_be_a_line_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="b=c"):
        GitHub({"GITHUB_OUTPUT": str(tmp_path / "output")}).write_outputs({"a\nb=c": "d"})


def test_outside_of_a_workflow_the_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY isn't set"):
        GitHub({}).write_summary("x")


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_single_lines_without_a_path_of_the_repository(name: str) -> None:
    manifest = CASES[name]
    outputs = render_outputs(manifest, dump(manifest))
    assert outputs["has_changes"] == ("true" if manifest.deploy else "false")
    assert all(value.isprintable() for value in outputs.values())
    assert json.loads(outputs["matrix"])["include"] == [
        {
            "id": entry.id,
            "target": entry.target,
            "domains": entry.domains,
            "environment": entry.environment,
            "folder": entry.folder,
        }
        for entry in manifest.matrix.include
    ]
    assert re.fullmatch(r"[A-Za-z0-9_:,\"{}\[\] ./-]*", outputs["matrix"])
