"""Every tutorial does what it shows: its commands are run in a copy of this repository, and what they print is compared.

`--update-golden` writes into the pages what is printed now.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.demo.embedded import EmbeddedPlatform
from tests.demo.real import RealPlatform
from tests.docs.blocks import read_blocks, with_contents
from tests.docs.play import Platform, PlayError, play, played_on
from tests.docs.site import read_pages
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.printed import normalized
from tests.support.sandbox import REPOSITORY

WORKSPACE = "https://your-workspace.cloud.databricks.com"
PAGES = {**read_pages(), "README.md": (REPOSITORY / "README.md").read_text(encoding="utf-8")}
EMBEDDED = [page for page, text in PAGES.items() if "embedded" in played_on(text)]
ON_CLI = [page for page, text in PAGES.items() if "cli" in played_on(text)]
# Blocks of commands that no test runs: each by its page and the first words of its first command. They are parsed all the
# same, by tests/unit/test_documented_commands.py.
NOT_RUN = {
    ("CONTRIBUTING.md", "python3 -m pip"): "installs the tools",
    ("README.md", "just"): "the recipes by name; each is tested",
    ("README.md", "just test"): "the tests",
    ("README.md", "python3 -m pip"): "installs the tools",
    ("README.md", "scope deploy --target"): "what `just demo` prints, see test_demo.py",
    ("docs/azure-devops.md", "databricks account service-principal-federation-policy"): "an account's administrator",
    ("docs/deployment-scope.md", "scope graph --format"): "a browser; see test_graph_page.py",
    ("docs/github-actions.md", "databricks account service-principal-federation-policy"): "an account's administrator",
    ("docs/gitlab.md", "databricks account service-principal-federation-policy"): "an account's administrator",
    ("docs/how-to.md", "BUNDLE_VAR_api_key=… scope deploy"): "a secret",
    ("docs/open-source-spark.md", "just test-spark"): "has an environment and a CI job of its own",
    ("docs/operations.md", "git checkout <older"): "examples with other values each time; see first-prod-deploy.md",
    ("docs/operations.md", "scope recover --target"): "needs a deploy that died; see `just demo`",
    ("docs/operations.md", "scope status --target"): "examples; see first-prod-deploy.md",
    ("docs/performance.md", "just bench"): "takes an hour",
    ("docs/quick-start.md", "python3 -m pip"): "installs the tools",
    ("docs/quick-start.md", "databricks auth login"): "somebody who logs in",
    ("docs/quick-start.md", "scope doctor --target"): "tells of the reader's machine",
    ("docs/quick-start.md", "just run finance_stripe_final_payments_job"): "a workspace that runs jobs",
    ("docs/starting.md", "databricks bundle init"): "asks; see test_starting.py",
    ("docs/starting.md", "git init --initial-branch=main"): "in what was made; see test_starting.py",
    ("docs/starting.md", "uv run scope"): "see test_updating.py",
    ("docs/starting.md", "uv sync"): "see test_updating.py",
    ("docs/tutorials/first-pipeline.md", "just run finance_adyen_final_payouts_job"): "a workspace that runs jobs",
    ("docs/tutorials/first-prod-deploy.md", "databricks auth login"): "somebody who logs in",
    ("docs/tutorials/first-pull-request.md", "gh pr create"): "GitHub",
    ("docs/unity-catalog.md", "databricks workspace mkdirs"): "a workspace's administrator",
    ("docs/upgrading.md", "old=1.12.1 new=1.13.0"): "changes the versions of this repository",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path


def test_what_is_typed_is_played_or_listed_as_not_run() -> None:
    """Of the reference, which is made from the code, each example is the help's own."""
    listed = [
        (page, " ".join((block.commands or block.content.splitlines())[0].partition(" #")[0].split()[:3]))
        for page, text in PAGES.items()
        for block in read_blocks(text)
        if block.is_typed and not (block.is_played and played_on(text)) and not page.startswith("docs/reference/")
    ]
    assert sorted(set(listed)) == sorted((page, " ".join(words.split()[:3])) for page, words in NOT_RUN)


def test_a_block_of_a_page_that_differs_is_found_and_rewritten(folder: Path) -> None:
    text = (
        "<!-- played: embedded -->\n\n```console exit-2\n$ echo 1\n$ scope fly\nno\n```\n\n"
        "```yaml file=specs/a.yml\na: 1\n```\n"
    )
    contents = dict(play(text, folder, EmbeddedPlatform()))
    typed, file = read_blocks(text)
    assert contents[typed].startswith("$ echo 1\n1\n\n$ scope fly\nscope: There is no command `fly`")
    assert contents[file] == file.content
    assert "$ scope fly\nscope: There is no command `fly`" in with_contents(text, contents)
    with pytest.raises(PlayError, match="`scope fly` ended with 2, not 0"):
        list(play(text.replace(" exit-2", ""), folder / "again", EmbeddedPlatform()))


def compare(page: str, folder: Path, platform: Platform, *, update_golden: bool) -> None:
    """Play a page, and hold what is printed against what it shows, or write it there."""
    contents = dict(play(PAGES[page], folder, platform))
    differing = {block: new for block, new in contents.items() if [*normalized(new)] != [*normalized(block.content)]}
    if update_golden and differing:
        (REPOSITORY / page).write_text(with_contents(PAGES[page], differing), encoding="utf-8", newline="\n")
        return
    for block, content in differing.items():
        assert list(normalized(block.content)) == list(normalized(content)), f"{page}: run pytest --update-golden"


@pytest.mark.parametrize("page", EMBEDDED)
def test_a_tutorial_does_what_it_shows(page: str, folder: Path, *, update_golden: bool) -> None:
    platform = EmbeddedPlatform(WORKSPACE)
    with platform.serve():
        compare(page, folder, platform, update_golden=update_golden)


@pytest.mark.parametrize("page", ON_CLI)
def test_a_tutorial_does_what_it_shows_with_the_real_cli(
    page: str, folder: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli, *, update_golden: bool
) -> None:
    cli = replace(databricks_cli, home=folder / "home")
    compare(page, folder, RealPlatform(fake_workspace, cli), update_golden=update_golden)
