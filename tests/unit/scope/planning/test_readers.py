"""Who reads the tables of what deploys."""

import pytest

from scope.graph.closure import DeploymentIndex
from scope.graph.uses_cache import UsesCache
from scope.planning import readers as module
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import Readers, find_readers
from tests.support.fake_git import FakeGit, Files

READ = 'from common.tables import table\n\nX = spark.read.table(table("{}"))\n'
BASE: dict[str, str] = {
    "databricks.yml": "",
    "src/pyproject.toml": "",
    "targets/prod.yml": "",
    "src/common/tables.py": "def table(name):\n    return name\n",
    "src/finance/stripe/final/payments.py": "X = 1\n",
    "src/finance/adyen/final/refunds.py": "X = 1\n",
    "src/marketing/hubspot/final/a.py": READ.format("finance.stripe.final_payments"),
    "src/sales/crm/final/a.py": READ.format("finance.adyen.final_refunds"),
    "specs/jobs/hr/people/final_a.yml": "tables: [finance.stripe.final_payments] # finance.stripe.final_other\n",
    "src/hr/people/final/a.py": "X = 1\n",
}


def readers_of(changes: Files, base: Files = BASE, leaving_out: frozenset[str] = frozenset()) -> Readers:
    git, cache = FakeGit(), UsesCache()
    head = {**base, **changes}
    sides = [DeploymentIndex(git.snapshot(files), cache) for files in (base, head)]
    impact = ImpactAnalysis(sides[0], sides[1], git.changes(git.make(base), git.make(head))).find_impact()
    among = [name for name in sides[1].domains if name not in leaving_out]
    return find_readers(sides[1], sides[0], impact.impacted, among)


def places(answer: Readers) -> dict[str, list[tuple[str, str, str, int]]]:
    return {
        domain: [(item.domain, item.table, item.path, item.line) for item in listed] for domain, listed in answer.of.items()
    }


def test_other_domains_that_read_a_source_s_tables_are_named_with_file_and_line() -> None:
    assert places(readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"})) == {
        "finance": [
            ("hr", "finance.stripe.final_payments", "specs/jobs/hr/people/final_a.yml", 1),
            ("marketing", "finance.stripe.final_payments", "src/marketing/hubspot/final/a.py", 3),
        ]
    }


def test_readers_of_another_source_of_the_domain_are_not_named() -> None:
    answer = readers_of({"src/finance/adyen/final/refunds.py": "X = 2\n"})
    assert [item.domain for item in answer.of["finance"]] == ["sales"]


def test_a_change_of_the_whole_domain_names_the_readers_of_every_source() -> None:
    answer = readers_of({"specs/domains/finance.yml": "owner: x\n"})
    assert {item.domain for item in answer.of["finance"]} == {"hr", "marketing", "sales"}


def test_only_domains_that_were_asked_about_are_named() -> None:
    answer = readers_of({"specs/domains/finance.yml": "owner: x\n"}, leaving_out=frozenset({"hr", "sales"}))
    assert {item.domain for item in answer.of["finance"]} == {"marketing"}
    assert (
        readers_of({"specs/domains/finance.yml": "owner: x\n"}, leaving_out=frozenset({"hr", "sales", "marketing"})).of == {}
    )


def test_the_domain_itself_is_no_reader() -> None:
    own = {**BASE, "src/finance/adyen/final/refunds.py": READ.format("finance.stripe.final_payments")}
    answer = readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, own)
    assert "finance" not in {item.domain for item in answer.of["finance"]}


def test_a_source_whose_name_begins_alike_is_another() -> None:
    alike = {**BASE, "src/sales/crm/final/a.py": READ.format("finance.stripe_eu.final_payments")}
    answer = readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, alike)
    assert "sales" not in {item.domain for item in answer.of["finance"]}


def test_names_made_at_run_time_in_the_files_searched_are_counted() -> None:
    made = {
        **BASE,
        "src/sales/crm/final/a.py": READ.format("finance.stripe.final_payments") + "Y = spark.read.table(name)\n",
    }
    assert readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, made).unresolved == 1


def test_too_many_files_are_not_read_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 1)
    assert readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}) == Readers({}, unread=2)


def test_nothing_deploys_and_nobody_is_asked() -> None:
    assert readers_of({"docs/a.md": "x"}) == Readers({})
