"""A repository that was made from the version before, worked in, deployed and updated: what the team wrote stays."""

from pathlib import Path

import pytest

from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.instances import Instance, publish
from tests.support.sandbox import Sandbox

RECIPE = "\n# The team's own\ndashboards:\n    echo dashboards\n"
LISTS = "# Lists the recipes\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Give a repository of the tool with three versions, of which the last changes what is deployed."""
    tool = publish(tmp_path_factory.mktemp("published") / "data-platform")

    def release(number: str, changes: dict[str, tuple[str, str]]) -> None:
        before = tool.read("scope/__init__.py").partition('__version__ = "')[2].partition('"')[0]
        raised = {"scope/__init__.py": (before, number), ".template/library/version.tmpl": (f"v{before}", f"v{number}")}
        for path, (old, new) in (raised | changes).items():
            assert old in tool.read(path), path
            tool.write(path, tool.read(path).replace(old, new, 1))
        tool.commit(f"Release {number}")
        tool.git("tag", f"v{number}")

    justfile = ".template/template/justfile.tmpl"
    release(
        "0.2.0",
        {
            ".github/workflows/ci.yml": ("timeout-minutes: 15", "timeout-minutes: 20"),
            justfile: (LISTS, "# Lists what can be typed\n"),
            # The example is the team's from the beginning on.
            "src/finance/stripe/base/payments.py": ('"""', '"""Newer. '),
        },
    )
    tool.git("rm", "--quiet", ".template/template/.editorconfig")
    release("0.3.0", {".template/template/databricks.yml.tmpl": ("    default: all\n", "    default: none\n")})
    return tool


@pytest.fixture
def instance(tmp_path: Path, published: Sandbox, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Instance:
    # The CLI takes a folder's template as it lies there, whatever its tags.
    first = Sandbox(tmp_path / "first")
    published.git("worktree", "add", "--quiet", "--detach", str(first.root), "v0.1.0")
    answers = {"repository": published.root.as_uri()}
    instance = Instance.create(tmp_path / "made", first, fake_workspace, databricks_cli, answers)
    instance.sandbox.append("justfile", RECIPE)
    instance.sandbox.append("src/finance/stripe/base/payments.py", "\n\n# The team's own\n")
    instance.sandbox.delete(".vscode/extensions.json")
    instance.sandbox.commit("Work")
    return instance


def scope(instance: Instance, *words: str) -> CliResult:
    return instance.run("uv", "run", "--quiet", "scope", *words)


def changed(instance: Instance) -> set[str]:
    return set(instance.sandbox.git("diff", "--name-only", "HEAD").splitlines())


def test_an_update_keeps_what_the_team_wrote_and_deploys_what_must_be(instance: Instance) -> None:
    made = instance.sandbox
    deployed = scope(instance, "deploy", "--target", "prod")
    assert deployed.exit_code == 0, deployed

    # Workflows, recipes and the tool itself.
    updated = scope(instance, "update", "v0.2.0")
    assert updated.exit_code == 0, updated
    lines = [line.split() for line in updated.stdout.splitlines()]
    assert [words for words in lines if words[0] in {"updated", "merged"}] == [
        ["updated", ".bundle-template.json"],
        ["updated", ".github/workflows/ci.yml"],
        ["merged", "justfile"],
        ["updated", "pyproject.toml"],
    ]
    assert "uv sync" in updated.stdout + updated.stderr
    assert changed(instance) == {words[1] for words in lines if words[0] in {"updated", "merged"}}
    assert made.read("justfile").endswith(RECIPE)
    assert "# Lists what can be typed\n" in made.read("justfile")
    assert 'tag = "v0.2.0"' in made.read("pyproject.toml")
    assert instance.run("uv", "sync", "--quiet").exit_code == 0
    assert scope(instance, "--version").stdout == "scope 0.2.0\n"
    made.commit("Update")
    planned = scope(instance, "plan", "--base", "HEAD~1")
    assert "nothing to deploy" in planned.stdout, planned
    status = scope(instance, "status", "--target", "prod", "--detailed-exitcode")
    assert status.exit_code == 0, status
    again = scope(instance, "update", "v0.2.0")
    assert again.stdout == "Nothing to update from v0.2.0 to v0.2.0.\n"

    # The bundle, which every deployment has.
    updated = scope(instance, "update", "v0.3.0")
    assert updated.exit_code == 0, updated
    assert changed(instance) == {".bundle-template.json", ".editorconfig", "databricks.yml", "pyproject.toml"}
    assert not made.path(".editorconfig").exists()
    made.commit("Update")
    planned = scope(instance, "plan", "--base", "HEAD~1")
    assert "every domain deploys" in planned.stdout, planned
    status = scope(instance, "status", "--target", "prod", "--detailed-exitcode")
    assert status.exit_code == 5, status
    deployed = scope(instance, "deploy", "--target", "prod")
    assert deployed.exit_code == 0, deployed
    checked = instance.run("just", "check")
    assert checked.exit_code == 0, checked


def test_a_conflict_is_marked_as_git_marks_it_and_can_be_taken_back(instance: Instance) -> None:
    made = instance.sandbox
    made.write("justfile", made.read("justfile").replace(LISTS, "# Lists ours\n"))
    head = made.commit("Write the same line")
    updated = scope(instance, "update", "v0.2.0")
    assert updated.exit_code == 1, updated
    assert "conflict  justfile" in updated.stdout
    assert "Resolve the conflicts" in updated.stderr
    text = made.read("justfile")
    assert "<<<<<<< this repository\n# Lists ours\n=======\n# Lists what can be typed\n>>>>>>> the template v0.2.0\n" in text
    made.git("restore", ".")
    assert made.git("status", "--porcelain") == ""
    assert made.head == head


def test_what_can_t_be_updated_is_left_as_it_is(instance: Instance) -> None:
    made = instance.sandbox
    unknown = scope(instance, "update", "v9.9.9")
    assert unknown.exit_code == 2, unknown
    assert "The tag v9.9.9 can't be cloned from file://" in unknown.stderr
    assert made.git("status", "--porcelain") == ""
    nobody = ("env", "-u", "DATABRICKS_HOST", "-u", "DATABRICKS_TOKEN")
    unknown = instance.run(*nobody, "uv", "run", "--quiet", "scope", "update", "v0.2.0")
    assert unknown.exit_code == 1, unknown
    assert "Log in to any workspace, then run this again: `databricks auth login --host URL`." in unknown.stderr
    assert made.git("status", "--porcelain") == ""
    made.append("README.md", "More.\n")
    dirty = scope(instance, "update", "v0.2.0")
    assert dirty.exit_code == 2, dirty
    assert "There is uncommitted work. Commit it first" in dirty.stderr
    assert changed(instance) == {"README.md"}
    made.git("restore", ".")
    # A link in the place of a file could lead the update anywhere.
    elsewhere = made.root.parent / "elsewhere"
    elsewhere.write_bytes(made.path("justfile").read_bytes())
    made.path("justfile").unlink()
    made.path("justfile").symlink_to(elsewhere)
    made.commit("Link")
    linked = scope(instance, "update", "v0.2.0")
    assert linked.exit_code == 2, linked
    assert "justfile is a link, so nothing is written there" in linked.stderr
    assert made.git("status", "--porcelain") == ""
    made.git("rm", "--quiet", ".bundle-template.json")
    made.commit("Forget")
    foreign = scope(instance, "update", "v0.2.0")
    assert foreign.exit_code == 2, foreign
    assert "wasn't made by `databricks bundle init`" in foreign.stderr
