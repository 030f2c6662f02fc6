"""What a path would deploy, and what deploys a domain."""

from scope.planning.why import explain_path
from tests.unit.scope.planning.two_domains import BASE, index


def test_a_path_answers_with_the_shortest_path_to_each_domain() -> None:
    answer = explain_path(index(BASE), "src/common/tables.py")
    (cause,) = answer.causes
    assert (cause.domain, cause.targets) == ("marketing", ("prod",))
    assert [(step.node, step.edge) for step in cause.path] == [
        ("file:src/marketing/hubspot/final/a.py", "imports"),
        ("domain:marketing", "part-of"),
    ]


def test_a_path_that_deploys_nothing_answers_with_the_reason() -> None:
    assert explain_path(index(BASE), "docs/a.md").reason == "documentation"
    assert explain_path(index({**BASE, "src/common/unused.py": ""}), "src/common/unused.py").reason == "no domain uses it"


def test_a_path_that_is_not_there_answers_for_one_that_would_be() -> None:
    assert {cause.domain for cause in explain_path(index(BASE), "src/finance/stripe/raw/new.py").causes} == {"finance"}


def test_a_folder_answers_for_every_file_in_it() -> None:
    assert {cause.change for cause in explain_path(index(BASE), "src/finance").causes} == {
        "src/finance/stripe/final/payments.py"
    }
