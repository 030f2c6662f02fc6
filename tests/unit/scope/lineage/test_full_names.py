"""Python that can spell no catalog isn't read for full names; whatever might spell one is."""

import pytest

from scope.graph.tables import TableIndex
from scope.inference.parsing import decode
from scope.lineage.full_names import may_spell
from tests.support.fake_git import FakeGit

PLAIN = '''"""Doubles. Nothing else."""
from pyspark import pipelines as dp

from common.maths import double


@dp.table(name="totals")
def totals():  # "all" of them
    # "payments"
    #
    return double(spark.read.table("payments"))
'''


def test_plain_code_spells_no_catalog() -> None:
    assert not may_spell(PLAIN, {"finance", "hr"})


@pytest.mark.parametrize(
    "line",
    [
        'x = "finance.a.b"',
        'x = "FINANCE.a.b"',
        'x = "\N{KELVIN SIGN}pi.a.b"',
        'x = "fin" "ance.a.b"',
        'x = "fin""ance.a.b"',
        'x = ("fin"\n     "ance.a.b")',
        'x = ("fin"  # half\n     rb"ance.a.b")',
        'x = ("fin" # it\'s # "half"\n# it\'s\n\n  # "half" #\n"ance.a.b")',
        'x = ("#hr"[1:], "fin" # half\n"ance.a.b")',
        "x = ('fin'  # half\r'ance.a.b')",
        'x = """\n# fin""" \n"ance.a.b"',
        'x = "fin" f"ance.a.b"',
        'x = F"fin"rb"ance.a.b"',
        "x = '''fin''''''ance.a.b'''",
        'x = "fin" + y',
        'x = f"{y}ance"',
        'x = "fin%s" % y',
        'x = "".join(y)',
        'x = "hr-finance2".removesuffix("2")',
        'x = "xfinance".lstrip("x")',
        'x = "my_finance".split("_")',
        'x = "fin\\x61nce.a.b"',
        'x = "fin\\\nance.a.b"',
        "# MAGIC %sql select 1",
        "x = \"IDENTIFIER('fin' || 'ance.a.b')\"",
    ],
)
def test_what_may_spell_a_catalog_is_read(line: str) -> None:
    assert may_spell(decode(f"{PLAIN}{line}\n".encode()), {"finance", "kpi"})


def test_only_files_that_may_spell_a_catalog_are_read_with_those_that_get_it_from_them() -> None:
    files = {
        "src/hr/people/plain.py": PLAIN,
        "src/hr/people/spelled.py": 'x = spark.read.table("finance.a.b")\n',
        "src/hr/people/given.py": "from common.names import PAYMENTS\nx = spark.read.table(PAYMENTS)\n",
        "src/common/names.py": 'PAYMENTS = "finance.a.b"\n',
        "src/common/maths.py": "def double(x):\n    return 2 * x\n",
    }
    index = TableIndex(FakeGit().snapshot(files))
    found = index.read_full_names([path for path in files if "/hr/" in path], frozenset({"finance"}))
    assert list(found) == ["src/hr/people/given.py", "src/hr/people/spelled.py"]
    assert [read.table for uses in found.values() for read in uses.reads] == ["finance.a.b", "finance.a.b"]
