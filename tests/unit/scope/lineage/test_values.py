"""How far a table's name is followed through Python, and where that ends."""

import pytest

from scope.lineage.table_uses import TableUses
from scope.lineage.tables import table_uses

HOME = ("finance", "stripe")
PATH = "src/finance/stripe/base/payments.py"


def read(text: str) -> TableUses:
    return table_uses(PATH, text.encode(), home=HOME)


def found(text: str) -> tuple[set[str], int]:
    """The tables that are read, and how many lines aren't known."""
    uses = read(text)
    return {one.table for one in uses.reads}, len(uses.unresolved)


@pytest.mark.parametrize(
    "text",
    [
        "N = 'x.y.z'\nspark.table(N)",
        "N = 'a'\nN = 'x.y.z'\nspark.table(N)",
        "N: str = 'x.y.z'\nspark.table(N)",
        "N = 'x.'\nN += 'y.z'\nspark.table(N)",
        "if (n := 'x.y.z'): spark.table(n)",
        "C, S = 'x', 'y'\nspark.table(f'{C}.{S}.z')",
        "C = 'X'\nspark.table(f'{C.lower()}.y.z')",
        "spark.table(str('x.y.z').strip())",
        "spark.table('x-y-z'.replace('-', '.'))",
        "A = {'b': {'c': ['q', 'x.y.z']}}\nspark.table(A['b']['c'][1])",
        "A = {}\nA['b'] = 'x.y.z'\nspark.table(A['b'])",
        "A = dict(b='x.y.z')\nspark.table(A.get('b'))",
        "A = ['q']\nA.append('x.y.z')\nspark.table(A[-1])",
        "A = 'x.y.z'.split('.')\nspark.table('.'.join(A))",
        "for n in ['x.y.z']:\n    spark.table(n)",
        "for c, n in [('x', 'y.z')]:\n    spark.table(f'{c}.{n}')",
        "for k, n in {'a': 'x.y.z'}.items():\n    spark.table(n)",
        "for i, n in enumerate(['x.y.z']):\n    spark.table(n)",
        "for c, n in zip(['x'], ['y.z']):\n    spark.table(f'{c}.{n}')",
        "[spark.table(f'x.y.{n}') for n in ('z',)]",
        "{n: spark.table(n) for n in ('x.y.z',)}",
        "def f(n='x.y.z'):\n    return spark.table(n)\nf()",
        "def f(c, n):\n    return spark.table(f'{c}.{n}')\nf('x', n='y.z')",
        "def f(*, n):\n    return spark.table(n)\nf(**{'n': 'x.y.z'})",
        "def f():\n    return 'x.y.z'\nspark.table(f())",
        "def f():\n    def g(n): return spark.table(n)\n    return g('x.y.z')\nf()",
        "def f():\n    return spark.table(N)\nN = 'x.y.z'",
        "f = lambda n: spark.table(n)\nf('x.y.z')",
        "def f(n): return spark.table(n)\nlist(map(f, ['x.y.z']))",
        "def f(n): return spark.table(n)\npool.submit(f, 'x.y.z')",
        "class A:\n    N = 'x.y.z'\nspark.table(A.N)",
        "class A(Enum):\n    N = 'x.y.z'\nspark.table(A.N.value)",
        "class A:\n    def __init__(self, c): self.n = f'{c}.y.z'\n    def f(self): return spark.table(self.n)\nA('x').f()",
        "class A:\n    n = 'x.y.z'\n    def f(self): return spark.table(self.n)",
        "class B:\n    def f(self): return spark.table(self.n)\nclass A(B):\n    n = 'x.y.z'\nA().f()",
        "@dataclass\nclass A:\n    n: str\nspark.table(A('x.y.z').n)",
        "class A:\n    @property\n    def n(self): return 'x.y.z'\nspark.table(A().n)",
        "class A:\n    @staticmethod\n    def f(n): return spark.table(n)\nA.f('x.y.z')",
        "try:\n    N = 'x.y.z'\nexcept E:\n    raise\nspark.table(N)",
        "with a as b:\n    N = 'x.y.z'\nspark.table(N)",
        "spark.sql('select * from x.y.{}'.format('z'))",
        "Q = f'''\nselect * from {'x'}.y.z\n'''\nspark.sql(Q)",
        "spark.sql('select * from IDENTIFIER(:n)', args={'n': 'x.y.z'})",
        "spark.sql('select * from {df} join x.y.z', df=df)",
        "spark.sql('use catalog x')\nspark.sql('use schema y')\nspark.table('z')",
        "def use(c): spark.sql(f'use {c}')\nuse('x.y')\nspark.table('z')",
        "dp.read('a')\nspark.catalog.setCurrentDatabase('x.y')\nspark.table('z')",
    ],
)
def test_a_name_is_followed(text: str) -> None:
    tables, unknown = found(text)
    assert "x.y.z" in tables
    assert unknown == 0


@pytest.mark.parametrize(
    "text",
    [
        "spark.table(dbutils.widgets.get('n'))",
        "N = 'x.y.z'\nN = f()\nspark.table(N)",
        "for n in names:\n    spark.table(n)",
        "N = 'x.y.z'\nfor i in names:\n    spark.table(N)\n    N = g(i)",
        "A = ['x.y.z']\nA.pop()\nspark.table(A[0])",
        "def f(n): return spark.table(n)",
        "def f(n): return spark.table(n)\nf(m)",
        "def f(n='x.y.z'): return spark.table(n)\nf(*m)",
        "for n in []:\n    spark.table(n)",
        "N = 'x.y.z'\nwith a as N:\n    spark.table(N)",
        "N = 'x.y.z'\ntry:\n    pass\nexcept E as N:\n    spark.table(N)",
        "match a:\n    case {'n': N}:\n        spark.table(N)",
        "spark.table(f'{a!r}')",
        "spark.table('%d' % 1 + a)",
        "spark.sql(f'use {c}')\nspark.table('z')",
        "if a:\n    spark.sql('use x.y')\nspark.table('z')",
        "def f(): return f()\nspark.table(f())",
    ],
)
def test_a_name_that_hangs_on_the_run_is_counted(text: str) -> None:
    assert read(text).unresolved != ()


def test_what_varies_together_is_not_mixed() -> None:
    text = "if a:\n    C, S = 'x', 'y'\nelse:\n    C, S = 'u', 'v'\nspark.table(f'{C}.{S}.z')"
    assert read(text).unresolved == (5,)
    assert found(text)[0].isdisjoint({"x.v.z", "u.y.z"})
    assert found("for c, s in [('x', 'y'), ('u', 'v')]:\n    spark.table(f'{c}.{s}.z')") == ({"x.y.z", "u.v.z"}, 0)


def test_either_branch_counts() -> None:
    assert found("N = 'a' if x else 'b'\nspark.table(N)") == ({"finance.stripe.a", "finance.stripe.b"}, 0)
    assert found("if x:\n    N = 'a'\nelse:\n    N = 'b'\nspark.table(N)") == ({"finance.stripe.a", "finance.stripe.b"}, 0)
    assert found("N = 'a'\nif x:\n    raise E\nspark.table(N)") == ({"finance.stripe.a"}, 0)


@pytest.mark.parametrize(
    ("text", "possible", "not_possible"),
    [
        ("spark.table(f'{c}.stripe.a')", "finance.stripe.a", "finance.stripe.b"),
        ("spark.table(f'{c}.a')", "finance.stripe.a", "finance.stripe.b"),
        ("spark.table(f'finance.stripe.raw_{n}')", "finance.stripe.raw_a", "finance.stripe.base_a"),
        ("spark.sql(f'use {c}')\nspark.table('a')", "finance.stripe.a", "finance.stripe.b"),
        ("spark.table('{catalog}.{schema}.a')", "finance.stripe.a", "finance.stripe.b"),
    ],
)
def test_a_place_of_which_a_part_is_known_counts_for_the_tables_that_it_may_be(
    text: str, possible: str, not_possible: str
) -> None:
    uses = read(text)
    assert uses.lines_that_may_name(possible) == uses.unresolved != ()
    assert uses.lines_that_may_name(not_possible) == ()


def test_a_place_of_which_nothing_is_known_counts_for_every_table() -> None:
    assert read("spark.table(n)").lines_that_may_name("finance.stripe.a") == (1,)
    assert read("spark.table(f'{c}.x.y'), spark.table(n)").lines_that_may_name("finance.stripe.a") == (1,)
