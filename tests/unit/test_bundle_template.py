"""The template of `databricks bundle init` is what this repository gives, and asks for what it uses."""

import json
import re
import shutil
from pathlib import Path

import pytest

from scope import __version__
from tests.bundle_template import FILES, TEMPLATE, find_links, find_stale, make_files
from tests.support.sandbox import REPOSITORY, Sandbox, tracked_files

SCHEMA = json.loads((REPOSITORY / "databricks_template_schema.json").read_text(encoding="utf-8"))
ANSWERS = REPOSITORY / FILES / ".bundle-template.json.tmpl"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of this repository, links as links."""
    for path in tracked_files(REPOSITORY):
        place = tmp_path / "copy" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / path, place, follow_symlinks=False)
    Sandbox.create(tmp_path / "copy").commit("Copy")
    return tmp_path / "copy"


def test_the_template_is_what_the_repository_gives(copy: Path) -> None:
    assert list(find_stale(copy)) == []


def test_what_is_missing_planted_or_changed_is_found(copy: Path) -> None:
    changed, replaced, removed, planted = (
        copy / FILES / name for name in ("justfile.tmpl", "src/common/money.py", "resources/__init__.py", "src/planted.py")
    )
    changed.write_text("default:\n", encoding="utf-8")
    replaced.unlink()
    replaced.write_bytes((REPOSITORY / "src/common/money.py").read_bytes())
    removed.unlink()
    planted.touch()
    stale = {path.relative_to(copy).as_posix() for path in (changed, replaced, removed, planted)}
    assert set(find_stale(copy)) == stale


def test_a_new_file_of_the_example_needs_a_link(copy: Path) -> None:
    (copy / "src/finance/stripe/final/refunds.py").touch()
    assert list(find_stale(copy)) == [f"{FILES}/src/finance/stripe/final/refunds.py"]


def test_a_file_that_has_lost_what_the_template_changes_ends_it(copy: Path) -> None:
    bundle = copy / "databricks.yml"
    bundle.write_text(bundle.read_text(encoding="utf-8").replace("name: data-platform", "name: other"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"there 0 times: the template can't be made of it"):
        make_files(copy)


def test_every_link_leads_to_a_file_and_nothing_of_the_tool_is_among_them() -> None:
    links = find_links(REPOSITORY)
    sources = {(REPOSITORY / path).parent.joinpath(goal).resolve().relative_to(REPOSITORY) for path, goal in links.items()}
    assert [path for path in sources if not (REPOSITORY / path).is_file()] == []
    # git follows no link to what it reads itself.
    assert not [path for path in links if Path(path).name in {".gitignore", ".gitattributes"}]
    assert {path.parts[0] for path in sources} & {"scope", "generator", "docs"} == set()


def test_the_answers_hold_every_question_and_no_other() -> None:
    text = ANSWERS.read_text(encoding="utf-8")
    names = re.findall(r'^  "(\w+)": "\{\{\.(\w+)\}\}"', text, re.MULTILINE)
    assert {*names} == {(name, name) for name in SCHEMA["properties"]}


def test_every_question_takes_only_what_yaml_toml_and_json_hold_as_it_is() -> None:
    for name, question in SCHEMA["properties"].items():
        assert "enum" in question or (question["pattern"].startswith("^") and question["pattern"].endswith("$")), name
        assert "enum" in question or question["pattern_match_failure_message"].endswith("."), name
        for text in ('a"b', "a b", "a\nb", "a\\b", "{{.name}}", "a'b", "", "a#b"):
            assert "enum" in question or not re.fullmatch(question["pattern"], text), (name, text)


def test_the_version_is_the_tool_s() -> None:
    made = make_files(REPOSITORY)[f"{TEMPLATE}/library/version.tmpl"].decode()
    assert made == f'{{{{define "version"}}}}v{__version__}{{{{end}}}}\n'
    assert SCHEMA["properties"]["version"]["default"] == '{{template "version"}}'
