"""A small tree in which marketing reads a table of finance by its name."""

from scope.graph.closure import DomainIndex
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


def index(files: Files) -> DomainIndex:
    return DomainIndex(FakeGit().snapshot(files))
