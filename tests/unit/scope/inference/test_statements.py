"""The statements of a syntax tree, found without its expressions."""

import ast
from pathlib import Path

import pytest

from scope.inference.syntax_tree import list_statements

CODE = Path(ast.__file__).parent
BODIES = """
import a
if a:
    import b
elif c:
    import d
else:
    x = lambda: (y for y in z)
for _ in a:
    import e
else:
    import f
while a:
    import g
else:
    import h
with a as b:
    import i
try:
    import j
except* A:
    import k
else:
    import l
finally:
    import m
match a:
    case [1, *_] if b:
        import n
    case _:
        class B(C):
            def d(self, e=1):
                return [await f async for f in g]
@h
async def j():
    import o
"""


@pytest.mark.parametrize(
    "text",
    [BODIES, *(CODE.joinpath(name).read_text() for name in ("argparse.py", "typing.py", "dataclasses.py", "tarfile.py"))],
    ids=["all", "argparse", "typing", "dataclasses", "tarfile"],
)
def test_they_are_those_of_a_walk_through_all_nodes_in_its_order(text: str) -> None:
    tree = ast.parse(text)
    kinds = (ast.stmt, ast.ExceptHandler, ast.match_case, ast.Module)
    assert list_statements(tree) == [node for node in ast.walk(tree) if isinstance(node, kinds)]
