"""The comment: golden files of what people meet, and what gives way when room is short."""

import re
from pathlib import Path

import pytest

from scope.documents.document import dump
from scope.documents.manifest_reader import loads
from scope.model import CiKind
from scope.render.dialects import DIALECTS, GITHUB
from scope.render.markdown import render_comment
from tests.support.manifest_cases import CASES, TARGETS, everywhere, imported, manifest, own
from tests.support.manifests import assert_follows_schema, change

GOLDEN = Path(__file__).parents[3] / "golden" / "comment"
# Thousands of lines that repeat one entry, which nobody would review: the comment made of them is what counts.
WITHOUT_MANIFEST = frozenset({"many_domains"})


@pytest.mark.parametrize("name", CASES)
def test_the_comment_of_a_manifest_is_the_golden_one(name: str, update_golden: bool) -> None:
    folder = GOLDEN / name
    content = dump(CASES[name])
    if update_golden:
        folder.mkdir(parents=True, exist_ok=True)
        if name not in WITHOUT_MANIFEST:
            (folder / "manifest.json").write_bytes(content)
        (folder / "comment.md").write_text(render_comment(CASES[name]), encoding="utf-8", newline="\n")
    if name not in WITHOUT_MANIFEST:
        assert (folder / "manifest.json").read_bytes() == content
    assert_follows_schema(content)
    assert render_comment(loads(content)) == (folder / "comment.md").read_text(encoding="utf-8")


def test_every_golden_folder_has_its_case() -> None:
    assert {folder.name for folder in GOLDEN.iterdir()} == set(CASES)


def test_nothing_to_deploy_is_said_in_one_line() -> None:
    text = render_comment(CASES["documentation_only"])
    assert "\n**Deploys nothing.** 1 changed file, not part of any deployment.\n" in text
    assert "|" not in text


def test_what_is_destroyed_stands_before_everything_else() -> None:
    text = render_comment(CASES["removed_domain"])
    assert "### Destroys `legacy`, deploys 1 domain\n\n2 changed files → 3 deployments to destroy, 1 to deploy.\n" in text
    assert text.index("> - `legacy`") < text.index("| `legacy` |") < text.index("| `finance` |")


def test_domains_with_equal_rows_are_named_together_and_none_is_left_out() -> None:
    names = [f"domain_{number:03}" for number in range(60)]
    deploy = tuple(item for name in names for item in everywhere(name, own(0, name)))
    text = render_comment(manifest(deploy, (change(0, "src/common/money.py"),)))
    rows = [line for line in text.splitlines() if line.startswith("| `domain_")]
    assert len(rows) == 3
    assert [f"`{name}`" for name in names] == [
        name for row in rows for name in row.split(" | ")[0].removeprefix("| ").split(", ")
    ]


def test_the_page_links_to_its_run_and_to_the_manifest() -> None:
    url = "https://github.com/o/r/actions/runs/42"
    text = render_comment(CASES["one_domain"], run=url, artifacts=f"{url}#artifacts")
    assert f" · [run]({url}) · [manifest]({url}#artifacts)</sub>" in text


@pytest.mark.parametrize(
    "url", ["https://x.com/o/r/actions/runs/1)[y](z", "javascript:alert(1)", "https://x.com/o/r/actions/runs/<b>"]
)
def test_what_is_no_run_is_not_linked(url: str) -> None:
    assert render_comment(CASES["one_domain"], run=url, artifacts=url) == render_comment(CASES["one_domain"])


@pytest.mark.parametrize(
    "url",
    [
        "https://dev.azure.com/acme/a%20b/_build/results?buildId=42&view=artifacts",
        "https://gitlab.example.com:8443/g/h/p/-/pipelines/42",
    ],
)
def test_pages_of_other_ci_systems_are_linked_too(url: str) -> None:
    assert f" · [run]({url})</sub>" in render_comment(CASES["one_domain"], run=url)


@pytest.mark.parametrize("name", CASES)
def test_where_there_are_no_alerts_and_diagrams_their_words_are_bold_and_nothing_else_differs(name: str) -> None:
    text = render_comment(CASES[name], notes=("A note.",), dialect=DIALECTS[CiKind.AZURE_DEVOPS])
    assert "[!" not in text.replace(r"\[!", "")
    assert "```mermaid" not in text
    assert "> **Important**\n>\n> A note.\n" in text
    usual = render_comment(CASES[name], notes=("A note.",))
    before, mermaid, after = usual.partition("\n```mermaid")
    rest = before + (after.partition("```\n")[2] if mermaid else "")
    assert re.sub(r"> \[!([A-Z]+)\]", lambda match: f"> **{match[1].capitalize()}**\n>", rest) == text


@pytest.mark.parametrize("name", CASES)
def test_no_line_begins_as_what_gitlab_carries_out(name: str) -> None:
    """It takes `/close` at the beginning of a line for a command."""
    text = render_comment(CASES[name], dialect=DIALECTS[CiKind.GITLAB])
    assert [line for line in text.splitlines() if line.lstrip(" >-").startswith("/")] == []


def test_what_a_host_s_limit_cuts_is_told_in_its_own_words() -> None:
    dialect = DIALECTS[CiKind.AZURE_DEVOPS]
    changes = tuple(change(number, f"src/finance/{'x' * 150}{number}.py") for number in range(2000))
    deploy = tuple(item for number in range(2000) for item in everywhere(f"d{number}", own(number, f"d{number}")))
    text = render_comment(manifest(deploy, changes), dialect=dialect)
    assert len(text.encode()) <= dialect.comment_limit
    assert "\n> **Note**\n>\n> Shortened to Azure DevOps's limit: " in text


def test_notes_stand_first() -> None:
    text = render_comment(CASES["removed_domain"], notes=("A note.",))
    assert text.index("> A note.") < text.index("[!CAUTION]")


def test_a_page_over_the_limit_loses_reasons_first_and_says_so() -> None:
    names = [f"domain_{number:03}" for number in range(300)]
    deploy = tuple(
        item for number, name in enumerate(names) for item in everywhere(name, *(own(number, name) for _ in range(3)))
    )
    gone = everywhere("legacy", own(0, "legacy"), action="destroy", because="removed")
    big = manifest((*deploy, *gone), tuple(change(n, f"src/{name}/crm/raw/deals.py") for n, name in enumerate(names)))
    text = render_comment(big)
    assert len(text.encode()) <= GITHUB.comment_limit
    assert text.count("| `domain_") == 300
    assert "`legacy` in" in text
    assert "of 301 reasons left out. The full content is in `manifest.json" in text
    assert len(render_comment(big, limit=GITHUB.summary_limit)) > GITHUB.comment_limit


def test_destroyed_domains_stay_when_even_the_table_has_no_room() -> None:
    names = [f"domain_{number:04}" for number in range(2000)]
    gone = everywhere("legacy", own(0, "legacy"), action="destroy", because="removed")
    deploy = (*gone, *(item for number, name in enumerate(names) for item in everywhere(name, own(number, name))))
    big = manifest(deploy, tuple(change(n, f"src/{name}/crm/raw/deals.py") for n, name in enumerate(names)))
    text = render_comment(big)
    assert len(text.encode()) <= GITHUB.comment_limit
    assert "> - `legacy` in" in text
    assert "| `legacy` | **destroy** |" in text
    assert "of 2001 rows of the table" in text


def test_a_picture_is_folded_rather_than_left_out() -> None:
    assert "```mermaid" in render_comment(CASES["shared_module"])
    assert "and 28 more" in render_comment(CASES["many_domains"]).partition("```mermaid")[2].partition("```")[0]


def test_the_command_to_see_it_locally_can_be_pasted() -> None:
    assert "`scope plan --base origin/main`" in render_comment(CASES["one_domain"])
    assert "reboot" not in render_comment(CASES["hostile"]).rpartition("run locally")[2]


def test_targets_with_other_causes_are_told_apart() -> None:
    first, *rest = everywhere("finance", own(0, "finance"))
    others = everywhere("finance", imported(1, "finance", "src/finance/x.py"))[1:]
    assert len(rest) == len(others) == len(TARGETS) - 1
    text = render_comment(manifest((first, *others), (change(0, "src/finance/a.py"), change(1, "src/common/money.py"))))
    assert "`finance` in `dev`\n" in text
    assert "`finance` in `staging`, `prod`\n" in text
