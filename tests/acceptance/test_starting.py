"""A repository that `databricks bundle init` makes: whole, checked, planned and deployed, whatever was answered."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.instances import VERSION, Instance, init, publish
from tests.support.sandbox import Sandbox

CASES = {
    "all of it": {},
    # A name that YAML would take for a truth value.
    "the least": {"name": "on", "targets": "dev", "dev_catalog_prefix": "d_", "ci": "none", "example": "no"},
    "without the example": {"name": "requests", "example": "no", "staging_catalog_prefix": "rehearsal_"},
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return publish(tmp_path_factory.mktemp("published") / "data-platform")


@pytest.mark.parametrize("case", CASES)
def test_what_is_made_is_checked_planned_validated_and_deployed(
    tmp_path: Path, published: Sandbox, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli, case: str
) -> None:
    answers = CASES[case]
    assert shutil.which("just"), "The recipes need just on the PATH: `uv tool install rust-just`."
    instance = Instance.create(tmp_path / "made", published, fake_workspace, databricks_cli, answers)
    made = instance.sandbox
    paths = made.tracked
    # Of the tool there is nothing but its version.
    assert not [
        path for path in paths if path.startswith(("scope/", "generator/", "docs/", ".template/", "tests/acceptance"))
    ]
    assert not [path for path in paths if made.path(path).is_symlink()]
    assert "{{" not in made.read("databricks.yml") + made.read("pyproject.toml") + made.read("README.md")
    assert yaml.safe_load(made.read("databricks.yml"))["bundle"]["name"] == answers.get("name", "data-platform")
    has_github = answers.get("ci") != "none"
    assert any(path.startswith(".github/workflows/") for path in paths) == has_github
    checked = instance.run("just", "check")
    assert checked.exit_code == 0, checked
    assert ("zizmor" in checked.stderr) == has_github
    if answers.get("example") == "no":
        assert {path for path in paths if path.startswith(("specs/", "src/", "resources/", "tests/unit/"))} == {
            path for path in paths if path.startswith(("src/common/", "src/pyproject", "resources/_", "tests/unit/common/"))
        }
        for recipe in (("scaffold", "finance", "stripe", "payments"), ("check",)):
            done = instance.run("just", *recipe)
            assert done.exit_code == 0, done
        made.commit("Begin with finance")
    planned = instance.run("uv", "run", "--quiet", "scope", "plan", "--base", "HEAD", "--format", "json")
    targets = ["dev"] if answers.get("targets") == "dev" else ["dev", "staging", "prod"]
    assert json.loads(planned.stdout)["targets"] == targets, planned
    for target in targets:
        validated = instance.run(
            "uv", "run", "--quiet", "scope", "bundle", "finance", "-t", target, "--", "validate", "--strict"
        )
        assert validated.exit_code == 0, validated
    deployed = instance.run("just", "deploy", targets[-1], "finance")
    assert deployed.exit_code == 0, deployed
    status = instance.run(
        "uv", "run", "--quiet", "scope", "status", "--target", targets[-1], "--domain", "finance", "--detailed-exitcode"
    )
    assert status.exit_code == 0, status
    tested = instance.run("uv", "run", "--quiet", "pytest", "--quiet", "-k", "payments or money")
    assert tested.exit_code == 0, tested
    assert made.git("status", "--porcelain") == ""


def test_ci_installs_wheels_and_the_tool_alone_is_built(
    tmp_path: Path, published: Sandbox, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    instance = Instance.create(tmp_path / "made", published, fake_workspace, databricks_cli, {})
    path = tmp_path / "github-path"
    script = f"EXTRA=deploy GITHUB_PATH={path} .github/scripts/install-scope && scope plan --base HEAD"
    program = f'PATH="$PATH:{instance.sandbox.root}/.github/actions/setup/bin"'
    done = instance.run("bash", "-c", f"{program} && {script}")
    assert done.exit_code == 0, done
    assert "nothing to deploy" in done.stdout
    assert path.read_text(encoding="utf-8").strip() == f"{instance.sandbox.root}/.github/actions/setup/bin"


def test_it_is_made_of_a_tag_of_a_git_url_too(
    tmp_path: Path, published: Sandbox, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    """The CLI clones it, links and all; git is told where the URL really is."""
    url = "https://git.example/your-organisation/data-platform"
    really = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published.root.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": url,
    }
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"repository": url}), encoding="utf-8")
    options = ("--tag", VERSION, "--config-file", str(answers), "--output-dir", str(tmp_path / "made"))
    done = databricks_cli.run("bundle", "init", url, *options, cwd=tmp_path, workspace=fake_workspace, env=really)
    assert done.exit_code == 0, done
    made = tmp_path / "made"
    assert (made / "src/common/money.py").read_bytes() == published.path("src/common/money.py").read_bytes()
    assert f'git = "{url}", tag = "{VERSION}"' in (made / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"name": "Acme Inc"}, "The name begins with a small letter"),
        ({"name": 'x"\n  evil: "1'}, "The name begins with a small letter"),
        ({"prod_host": "https://x.example/path"}, "without a path"),
        ({"dev_catalog_prefix": "dev"}, "ends with an underscore"),
        ({"repository": "https://user name@x"}, "A git URL such as"),
        ({"version": "v1; rm"}, "A tag has letters"),
        ({"ci": "jenkins"}, "ci"),
    ],
)
def test_an_answer_that_can_t_be_one_is_refused_and_nothing_is_written(
    tmp_path: Path,
    published: Sandbox,
    fake_workspace: FakeWorkspace,
    databricks_cli: DatabricksCli,
    answer: dict[str, str],
    said: str,
) -> None:
    folder = tmp_path / "made"
    done = init(folder, published, fake_workspace, databricks_cli, {"repository": "https://git.example/x/y", **answer})
    assert done.exit_code != 0
    assert said in done.stderr
    assert not folder.exists() or not any(folder.iterdir())
