"""The tables: what goals say of figures, and where in the document they go."""

from pathlib import Path

import pytest

from tests.bench import deploys, plans, results
from tests.bench.goals import Condition, describe_met, list_goals
from tests.bench.report import BEGIN, END, ReportError, insert, render
from tests.bench.repositories import BRANCHES
from tests.bench.results import CHECKS, DEPLOYS, LARGE_DOMAIN, PLANS, Results, Row
from tests.bench.timing import Cost, Costs, Timed
from tests.support.sandbox import REPOSITORY

_LEAF = BRANCHES[0].name
_COLD = plans.name_of(plans.PLAN, plans.COLD)
_KEPT = plans.name_of(plans.PLAN, plans.KEPT)


def timed(*seconds: float, memory: float = 50, requests: int | None = None, answer: str = "") -> Timed:
    return Timed(Costs(tuple(Cost(wall, wall / 2, memory, requests) for wall in seconds)), answer)


def results_of(*rows: Row) -> Results:
    found = Results()
    for part, size in dict.fromkeys((row.part, row.size) for row in rows):
        found = found.replace(part, size, [row for row in rows if (row.part, row.size) == (part, size)], {"runs": "1"})
    return found


def met(results: Results) -> list[str]:
    return [describe_met(goal.conditions) for goal in list_goals(results)]


def test_nothing_is_met_where_nothing_was_measured() -> None:
    assert set(met(Results())) == {"not measured"}


@pytest.mark.parametrize(
    ("cold", "kept", "turbo", "said"),
    [
        (0.3, 0.1, 0.3, "met"),
        (0.301, 0.1, 0.3, "not met: cold; met: kept"),
        (0.301, 0.11, 0.3, "not met"),
    ],
)
def test_a_plan_is_held_against_turbo_of_the_same_run(cold: float, kept: float, turbo: float, said: str) -> None:
    found = results_of(
        Row(PLANS, "100k", _LEAF, _COLD, timed(cold, 9)),
        Row(PLANS, "100k", _LEAF, _KEPT, timed(9, kept)),
        Row(PLANS, "100k", _LEAF, "turbo", timed(turbo)),
    )
    assert met(found)[0] == said


def test_without_turbo_the_goal_is_not_measured() -> None:
    assert met(results_of(Row(PLANS, "100k", _LEAF, _COLD, timed(0.001))))[0] == "not measured"


def test_the_share_of_the_controller_is_what_it_takes_over_the_bare_cli() -> None:
    found = results_of(
        Row(DEPLOYS, "100 domains", "", deploys.ONE, timed(3.5)),
        Row(DEPLOYS, "100 domains", "", deploys.BARE_PLAN, timed(1.0)),
        Row(DEPLOYS, "100 domains", "", deploys.BARE_DEPLOY, timed(1.5)),
    )
    condition = list_goals(found)[5].conditions[0]
    assert (condition.figure, condition.peer, condition.ratio, condition.is_met) == (1.0, 2.5, 1.4, True)


@pytest.mark.parametrize(("uploads", "seconds", "said"), [("10", 6, "met"), ("11", 6, "not met: uploads; met: time")])
def test_uploads_count_as_well_as_time(uploads: str, seconds: float, said: str) -> None:
    found = results_of(Row(LARGE_DOMAIN, "2000 files", "", deploys.LARGE, timed(seconds, answer=uploads)))
    assert met(found)[6] == said


def test_requests_and_memory_count_beside_time() -> None:
    found = results_of(
        *(Row(DEPLOYS, "100 domains", "", name, timed(1.4, requests=121)) for name in (deploys.STATUS, deploys.NOTHING)),
        *(
            Row(CHECKS, "100k", "", plans.name_of(what, state), timed(0.9, memory=201))
            for what in (plans.CHECK, plans.FINGERPRINTS)
            for state in (plans.COLD, plans.KEPT)
        ),
    )
    said = met(found)
    assert said[3].startswith("not met: largest process; met: fingerprints, cold, ")
    assert said[4].startswith("not met: status, requests, nothing due, requests; met: 100 domains, status")


def test_conditions_without_a_label_go_by_their_unit() -> None:
    assert describe_met((Condition("", 1, 2, "s"), Condition("", 3, 2, "MiB"))) == "not met: MiB; met: s"


def test_tables_have_what_was_measured_in_the_order_of_sizes() -> None:
    found = results_of(
        Row(PLANS, "10k", _LEAF, _COLD, timed(0.2, 0.4, answer="1 of 50 domains")),
        Row(PLANS, "1k", _LEAF, _COLD, timed(0.1, answer="1 | 50")),
        Row(DEPLOYS, "3 domains", "", deploys.ALL, timed(20, requests=7)),
        Row(DEPLOYS, "3 domains", "", deploys.ALL_PLAIN, timed(40, requests=9)),
        Row(DEPLOYS, "3 domains", "", deploys.ONE_OF_ALL, timed(10, requests=8)),
    )
    text = render(found)
    assert text.index(": 1k files") < text.index(": 10k files") < text.index(": 3 domains")
    assert "| a file that nothing imports | scope plan, cold | 2 | 200 | 300 | 100 | 50 | 1 of 50 domains |" in text
    assert r"| 1 \| 50 |" in text
    assert "| scope deploy, all domains | 1 | 20000 | 20000 | 10000 | 50 | 7 |" in text
    assert "all domains by scope take 0.50, and one changed domain takes 0.25." in text
    assert text == render(found)


def test_the_goals_are_a_row_each() -> None:
    lines = render(Results()).splitlines()
    assert lines[2] == "| what | goal | before | now | peer | ratio | met |"
    assert len(lines) == 4 + len(list_goals(Results()))


def test_what_is_true_of_all_runs_is_said_once_at_the_top() -> None:
    found = Results().replace(PLANS, "1k", [Row(PLANS, "1k", _LEAF, _COLD, timed(1))], {"memory": "24 GiB", "load": "1.0"})
    found = found.replace(CHECKS, "1k", [Row(CHECKS, "1k", "", "x", timed(1))], {"memory": "24 GiB", "load": "2.0"})
    text = render(found)
    assert text.startswith("Memory: 24 GiB.\n\n### Goals\n")
    assert [line for line in text.splitlines() if "oad: " in line] == ["Load: 1.0.", "Load: 2.0."]


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = results_of(Row(PLANS, "1k", _LEAF, _COLD, timed(0.1, 0.2, requests=3, answer="x")))
    results.save(found, tmp_path / "results.json")
    assert results.load(tmp_path / "results.json") == found
    assert results.load(tmp_path / "none.json") == Results()


def test_a_part_that_is_measured_again_replaces_all_of_its_rows() -> None:
    found = results_of(Row(PLANS, "1k", _LEAF, _COLD, timed(1)), Row(PLANS, "1k", _LEAF, "turbo", timed(1)))
    again = found.replace(PLANS, "1k", [Row(PLANS, "1k", _LEAF, "turbo", timed(2))], {})
    assert [(row.name, row.timed.costs.minimum) for row in again.rows] == [("turbo", 2)]


def test_tables_go_between_the_markers_and_again_in_the_same_place() -> None:
    document = f"a\n\n{BEGIN}\nold\n{END}\n\nz\n"
    once = insert(document, "new\n")
    assert once == f"a\n\n{BEGIN}\n\nnew\n\n{END}\n\nz\n"
    assert insert(once, "new\n") == once


def test_a_document_without_markers_is_an_error() -> None:
    with pytest.raises(ReportError, match="There is no line"):
        insert(f"{END}\n{BEGIN}\n", "new\n")


def test_the_page_has_a_place_for_the_tables() -> None:
    assert "| goal |" in insert((REPOSITORY / "docs" / "performance.md").read_text(encoding="utf-8"), render(Results()))
