"""What a path would deploy, and what deploys a domain."""

from scope.graph.closure import DeploymentIndex
from scope.planning.why import explain_path
from tests.support.fake_git import FakeGit, Files

BASE: dict[str, str] = {
    "databricks.yml": "",
    "src/pyproject.toml": "",
    "targets/prod.yml": "",
    "src/common/__init__.py": "",
    "src/common/tables.py": "def table(name):\n    return name\n",
    "src/finance/stripe/final/payments.py": (
        "from pyspark import pipelines as dp\n\n\n@dp.table\ndef final_payments():\n    return 1\n"
    ),
    "src/marketing/hubspot/final/a.py": (
        'from common.tables import table\n\nX = spark.read.table(table("finance.stripe.final_payments"))\n'
    ),
}


def index(files: Files) -> DeploymentIndex:
    return DeploymentIndex(FakeGit().snapshot(files))


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
