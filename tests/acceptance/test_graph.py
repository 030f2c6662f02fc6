"""`scope graph`: the picture and the data of what changes reach, and of the whole repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.plans import platform
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

READER = "SELECT * FROM ingest.one.a JOIN ingest.two.b JOIN finance.stripe.final_b\n"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return platform(tmp_path / "platform")


def graph(sandbox: Sandbox, *arguments: str) -> dict[str, Any]:
    return json.loads(run_scope(sandbox.root, "graph", "--format", "json", *arguments).stdout)


def test_the_picture_marks_what_has_changed(sandbox: Sandbox) -> None:
    sandbox.append("src/common/money.py", "Y = 2\n")
    lines = run_scope(sandbox.root, "graph").stdout.splitlines()
    box = next(line.split("[")[0].strip() for line in lines if '"src/common/money#46;py"' in line)
    assert f"  class {box} changed" in lines
    assert "  classDef changed stroke:#bc4c00,stroke-width:3px" in lines


def test_a_folded_picture_marks_the_box_that_holds_what_has_changed(sandbox: Sandbox) -> None:
    sandbox.append("src/finance/stripe/base/a.py", "Y = 2\n")
    lines = run_scope(sandbox.root, "graph", "--limit", "1").stdout.splitlines()
    assert lines[1:] == [
        '  n0(["finance"]):::domain',
        "  classDef domain fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        "  classDef changed stroke:#bc4c00,stroke-width:3px",
        "  class n0 changed",
    ]


def test_a_catalog_of_others_is_not_drawn_as_a_domain(sandbox: Sandbox) -> None:
    sandbox.write("src/marketing/hubspot/final/query.sql", READER)
    drawn = graph(sandbox, "--all", "--limit", "1")
    kinds = {node["id"]: node["kind"] for node in drawn["nodes"]}
    assert kinds["catalog:ingest"] == "catalog"
    assert [name for name, kind in kinds.items() if kind == "domain"] == ["domain:finance", "domain:marketing"]


def test_a_domain_that_is_gone_is_drawn_as_removed(sandbox: Sandbox) -> None:
    for folder in ("src/marketing", "resources/marketing"):
        sandbox.delete(folder)
    assert '(["marketing"]):::removed' in run_scope(sandbox.root, "graph").stdout


def test_the_same_commits_give_the_same_page(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append("src/common/text.py", "Y = 2\n")
    sandbox.commit("Change")
    clone = sandbox.clone(tmp_path / "clone", "--branch", "work")
    pages = {
        run_scope(one.root, "graph", "--format", "html", "--base", base, *more).stdout
        for one, base in ((sandbox, "main"), (clone, "origin/main"))
        for more in ([], ["--quiet"])
    }
    assert len(pages) == 1
    data = pages.pop().partition('id="graph">')[2].partition("</script>")[0]
    assert '"src/common/text.py"' in data
    assert str(tmp_path) not in data


def test_what_deploys_nothing_is_an_empty_page(sandbox: Sandbox) -> None:
    sandbox.append("docs/a.md", "More.\n")
    result = run_scope(sandbox.root, "graph", "--format", "html")
    assert result.exit_code == 0
    assert '"nodes":[],"edges":[]' in result.stdout
