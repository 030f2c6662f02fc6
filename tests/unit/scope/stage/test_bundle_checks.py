"""What databricks.yml and a target's file name is in the stage, or is told."""

import pytest

from scope.errors import UsageError
from scope.graph.closure import DomainIndex
from scope.stage.checks import check_stage
from tests.support.fake_git import FakeGit, Files

BUNDLE = """\
bundle: {name: x}
python: {venv_path: .venv, resources: ["resources:load_resources"]}
include:
  - targets/*.yml
  - resources/*/*/*.yml
  - .stage/*.yml
sync: {paths: [./src]}
artifacts: {runtime: {type: whl, path: ./src, build: "ls dist/*.whl || ../.venv/bin/python -m build"}}
experimental: {scripts: {predeploy: '[ "${var.stage}" = x ] || exit 3'}}
"""
FILES: Files = {
    "databricks.yml": BUNDLE,
    "targets/dev.yml": "targets: {dev: {mode: development}}\n",
    "targets/prod.yml": "targets: {prod: {}}\n",
    "pyproject.toml": "",
    "resources/__init__.py": "",
    "resources/finance/stripe/a.yml": "",
    "resources/marketing/hubspot/b.yml": "",
    "src/pyproject.toml": "",
    "src/finance/a.py": "",
    "config/rates.yml": "",
    "extra/alerts.yml": "",
    "libs/rates/pyproject.toml": "",
    "scripts/notify.sh": "",
    "mutators.py": "",
}


def findings(more: str = "", target: str = "", bundle: str = BUNDLE) -> list[str]:
    files = {**FILES, "databricks.yml": bundle + more}
    if target:
        files["targets/dev.yml"] = target
    return [str(one) for one in check_stage(DomainIndex(FakeGit().snapshot(files)), "dev", "finance")]


def test_a_bundle_as_it_should_be_has_no_findings() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[./src]", "[./src, ./config]", 7, "`sync.paths.[]`: config isn't in the stage, so the deploy fails."),
        ("[./src]", "[./src, ../shared]", 7, "../shared lies outside of the repository"),
        ("[./src]", "[./src, nowhere]", 7, "there is no nowhere, so the deploy fails."),
        ("- .stage/*.yml", "- extra/alerts.yml", 6, "extra/alerts.yml isn't in the stage, so every deploy fails."),
        ("- .stage/*.yml", "- extra/*.yml", 6, "extra/alerts.yml isn't in the stage, so what it defines is silently not"),
        ("- .stage/*.yml", "- ex*/al[a-z]rts.yml", 6, "extra/alerts.yml isn't in the stage"),
        ("- .stage/*.yml", "- gone.yml", 6, "there is no gone.yml, so every deploy fails."),
        ("path: ./src,", "path: ./libs/rates,", 8, "`artifacts.runtime.path`: libs/rates isn't in the stage"),
        ("[\"resources:", "[\"mutators:", 2, "the module mutators isn't in the stage, so every deploy fails."),
        ("venv_path: .venv,", "mutators: [mutators:change],", 2, "the module mutators isn't in the stage"),
        ("exit 3'", "sh ./scripts/notify.sh'", 9, "scripts/notify.sh isn't in the stage, in which the command runs."),
    ],
)  # fmt: skip
def test_what_databricks_yml_names_and_a_stage_lacks_is_told_with_its_line(
    old: str, new: str, line: int, words: str
) -> None:
    assert old in BUNDLE
    (finding,) = findings(bundle=BUNDLE.replace(old, new))
    assert finding.startswith(f"databricks.yml:{line}: ")
    assert words in finding


def test_a_command_that_people_may_run_is_checked_too() -> None:
    (finding,) = findings("scripts:\n  tidy:\n    content: bash scripts/notify.sh --all\n")
    assert finding.startswith("databricks.yml:12: `scripts.tidy.content`: scripts/notify.sh isn't in the stage")


@pytest.mark.parametrize(
    "command",
    [
        "echo 'See scripts/notify.sh for more.' && ls src",
        "true || { echo scripts/notify.sh; exit 3; }",
        "printf '%s' scripts/notify.sh",
        "ls libs config",
        "an 'open quote scripts/notify.sh",
        "ls src/finance/a.py .venv/bin/python /scripts/notify.sh",
    ],
)
def test_what_a_command_says_or_finds_in_the_stage_is_no_finding(command: str) -> None:
    assert findings(f"scripts:\n  tidy:\n    content: |\n      {command}\n") == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{sync: {paths: [../config]}}", "`targets.dev.sync.paths.[]`: config isn't in the stage"),
        ("{artifacts: {x: {path: ../libs/rates}}}", "libs/rates isn't in the stage"),
    ],
)
def test_what_a_target_names_counts_from_its_file(settings: str, words: str) -> None:
    (finding,) = findings(target=f"targets: {{dev: {settings}}}\n")
    assert finding.startswith("targets/dev.yml:1: ")
    assert words in finding


def test_what_only_another_target_names_is_no_matter_of_this_one() -> None:
    assert findings("targets: {prod: {sync: {paths: [./config]}}}\n") == []
    assert findings("sync: {paths: ['${var.somewhere}']}\n".replace("sync", "sink")) == []


def test_a_glob_that_matches_other_domains_and_targets_alone_leaves_nothing_out() -> None:
    assert findings(bundle=BUNDLE.replace("resources/*/*/*.yml", "resources/marketing/*/*.yml")) == []


@pytest.mark.parametrize(
    ("content", "is_target"),
    [
        ("targets: {qa: {}}\n", True),
        ("targets:\n  qa:\n    mode: development\n", True),
        ('"targets": {"qa": {}}\n', True),
        ('{"targets": {"qa": {}}, "variables": {}}\n', True),
        ("", True),
        ("# nothing yet\n", True),
        ("a: [\n", True),
        ("x: &x {targets: {qa: {}}}\nvariables: {}\n<<: *x\n", True),
        ("variables: {region: {default: qa}}\n", False),
        ("resources: {}\nunknown: 1\n", False),
    ],
)
def test_a_file_that_says_other_things_is_no_target(content: str, is_target: bool) -> None:
    index = DomainIndex(FakeGit().snapshot({**FILES, "targets/qa.yml": content}))
    if is_target:
        index.check_names()
    else:
        with pytest.raises(UsageError, match=r"^targets/qa\.yml:1: It configures no target, and no stage holds it\. "):
            index.check_names()


@pytest.mark.parametrize(
    ("more", "target", "finding"),
    [
        ("targets: {qa: {mode: development}}\n", "", "databricks.yml:10: `qa` is no target without a file of its own"),
        (
            "targets: {prod: {mode: development}}\n",
            "",
            "databricks.yml:10: `targets.prod.mode` is read from targets/prod.yml",
        ),
        (
            "targets: {dev: {workspace: {root_path: /x}}}\n",
            "",
            "databricks.yml:10: `targets.dev.workspace.root_path` is read",
        ),
        ("targets:\n  dev:\n    git:\n      branch: x\n", "", "databricks.yml:13: `targets.dev.git.branch` is read from"),
        (
            "",
            "targets:\n  dev: {}\n  prod: {mode: x}\n",
            "targets/dev.yml:3: `prod` is another target, whose stages don't hold",
        ),
    ],
)
def test_what_a_target_says_in_another_place_than_its_file_is_told(more: str, target: str, finding: str) -> None:
    (only,) = findings(more, target)
    assert only.startswith(finding)


def test_what_all_files_may_say_of_a_target_is_read_from_databricks_yml_too() -> None:
    assert findings("targets: {dev: {variables: {x: y}, sync: {paths: [./src]}}}\nvariables: {x: {}}\n") == []
