"""Which tests a change waits for: those of the domains that it reaches, and the tool's own where the tool changed."""

import subprocess
from pathlib import Path

import pytest

from tests.domains import find_domains, find_tests, main
from tests.support.sandbox import REPOSITORY, Sandbox, git_environment

FILES = {
    "databricks.yml": "bundle: {name: x}\n",
    "targets/dev.yml": "targets: {dev: {}}\n",
    "src/common/money.py": "X = 1\n",
    "src/finance/stripe/a.py": "from common.money import X\n",
    "src/hr/people/a.py": "X = 1\n",
    "src/it/systems/a.py": "X = 1\n",
    "scope/cli.py": "X = 1\n",
    "tests/unit/common/test_money.py": "",
    "tests/unit/finance/test_a.py": "",
    "tests/unit/hr/test_a.py": "",
    "tests/unit/scope/test_cli.py": "",
    "tests/fixtures/hr/people/a.json": "[]\n",
    "tests/conftest.py": "",
}


@pytest.fixture
def repository(tmp_path: Path) -> Sandbox:
    scripts = {path: (REPOSITORY / path).read_bytes() for path in (".ci/tool-changed", ".ci/test-spark")}
    # What installs and runs the tests ends the script: it got so far.
    return Sandbox.create(tmp_path / "r", {**FILES, **scripts, ".ci/tools.sh": "echo runs\nexit\n"})


def is_tool_changed(repository: Sandbox, base: str = "HEAD~1") -> bool:
    """Return what the script says, run as a job runs it."""
    command = ["bash", ".ci/tool-changed", base]
    done = subprocess.run(command, cwd=repository.root, env=git_environment(), capture_output=True, check=True, text=True)
    return {"true\n": True, "false\n": False}[done.stdout]


def runs_spark(repository: Sandbox, base: str = "HEAD~1") -> bool:
    """Return whether the script that tests on Spark would do so."""
    command = ["bash", ".ci/test-spark", base]
    done = subprocess.run(command, cwd=repository.root, env=git_environment(), capture_output=True, check=True, text=True)
    return {"runs\n": True, "The changes reach no pipeline.\n": False}[done.stdout]


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("src/common/money.py", True),
        ("src/hr/people/a.py", True),
        ("specs/pipelines/hr/people/final_a.yml", True),
        ("resources/hr/people/pipelines/final_a.py", True),
        ("targets/dev.yml", True),
        ("databricks.yml", True),
        ("tests/fixtures/hr/people/a.json", True),
        ("tests/unit/hr/test_a.py", False),
        ("scope/cli.py", False),
        ("docs/a.md", False),
    ],
)
def test_spark_runs_where_a_pipeline_can_have_changed(repository: Sandbox, path: str, *, runs: bool) -> None:
    repository.write(path, "# changed\n")
    repository.commit("Change")
    assert runs_spark(repository) is runs
    assert runs_spark(repository, "0" * 40)


@pytest.mark.parametrize(
    ("path", "domains", "tests", "is_tool"),
    [
        ("src/finance/stripe/a.py", {"finance"}, ["common", "finance"], False),
        ("src/common/money.py", {"finance"}, ["common", "finance"], False),
        ("src/it/systems/a.py", {"it"}, ["common"], False),
        ("targets/dev.yml", {"finance", "hr", "it"}, ["common", "finance", "hr"], False),
        ("tests/unit/hr/test_a.py", {"hr"}, ["common", "hr"], False),
        ("tests/fixtures/hr/people/a.json", {"hr"}, ["common", "hr"], False),
        ("tests/unit/scope/test_cli.py", {"scope"}, ["common"], True),
        ("tests/conftest.py", set(), [], True),
        ("scope/cli.py", set(), [], True),
        ("docs/a.md", set(), [], True),
    ],
)
def test_a_change_waits_for_the_tests_of_what_it_reaches(
    repository: Sandbox, path: str, domains: set[str], tests: list[str], *, is_tool: bool
) -> None:
    repository.write(path, "Y = 2\n" if path.endswith(".py") else "targets: {dev: {}} # changed\n")
    repository.commit("Change")
    reached = find_domains(repository.root, "HEAD~1")
    assert reached == domains
    assert [folder.name for folder in find_tests(repository.root, reached)] == tests
    assert is_tool_changed(repository) is is_tool


@pytest.mark.parametrize("base", ["0" * 40, "", "no-such-ref", "--help"])
def test_where_the_base_is_not_known_everything_is_tested(repository: Sandbox, base: str) -> None:
    reached = find_domains(repository.root, base)
    assert reached is None
    assert [folder.name for folder in find_tests(repository.root, reached)] == ["common", "finance", "hr"]
    assert is_tool_changed(repository, base)


def test_a_removed_domain_has_no_tests_and_its_former_ones_are_looked_at_by_the_tools(repository: Sandbox) -> None:
    repository.delete("src/hr")
    repository.delete("tests/unit/hr")
    repository.delete("tests/fixtures/hr")
    repository.commit("Remove")
    assert [folder.name for folder in find_tests(repository.root, find_domains(repository.root, "HEAD~1"))] == ["common"]
    assert is_tool_changed(repository)


def test_a_name_that_git_would_take_for_a_pattern_leaves_nothing_else_out(repository: Sandbox) -> None:
    repository.write_all({"src/*/a.py": "", "tests/unit/*/a.py": "", "scope/cli.py": "Y = 2\n"})
    repository.commit("Change")
    assert is_tool_changed(repository)


def test_nothing_to_test_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("tests.domains.find_domains", lambda _repository, _base: frozenset())
    assert main(["--base", "main"]) == 0
    assert capsys.readouterr().err == "The changes reach no domain that has tests.\n"
