"""Whatever a spec holds, its module is data; whatever a file holds, the answer is a spec or an error that says where."""

import ast
from pathlib import Path
from typing import Any

import pytest
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.build import module_of
from generator.checks import spec_problems
from generator.emit import Module, format_texts, module_text, read_generated
from generator.errors import SpecError
from generator.inventory import Inventory, take_inventory
from generator.load import load_spec
from generator.names import part_fault
from generator.yaml_tree import parse_document
from tests.property.generator.strategies import anything, identity, jobs, pipelines, spec_bytes
from tests.support.characters import CHARACTERS
from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, REPOSITORY, spec_tree

# A module is an import, and an assignment of one call with a literal.
INERT = (
    ast.Module,
    ast.ImportFrom,
    ast.alias,
    ast.Assign,
    ast.Call,
    ast.Attribute,
    ast.Name,
    ast.Dict,
    ast.List,
    ast.Constant,
)
INERT_CONTEXT = (ast.Load, ast.Store, ast.UnaryOp, ast.USub)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    tree = spec_tree(tmp_path_factory.mktemp("laws"), {PIPELINE: IDENTITY, JOB: IDENTITY})
    return take_inventory(tree.checkout, [PIPELINE, JOB])


def module_from(path: str, tree: dict[str, Any], inventory: Inventory) -> Module:
    content = spec_bytes(tree)
    spec = load_spec(path, content)
    assert list(spec_problems(spec, inventory)) == []
    return module_of(spec, inventory)


def loaded(text: str, key: str) -> object:
    namespace: dict[str, Any] = {}
    exec(compile(text, "module.py", "exec"), namespace)  # noqa: S102  the test is about what this does
    return namespace[key]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.tuples(st.just(PIPELINE), pipelines()) | st.tuples(st.just(JOB), jobs()))
def test_a_module_is_data_equal_to_the_resolved_spec(inventory: Inventory, drawn: tuple[str, dict[str, Any]]) -> None:
    module = module_from(*drawn, inventory)
    text = format_texts({"m": module_text(module)}, REPOSITORY / "pyproject.toml")["m"]
    nodes = list(ast.walk(ast.parse(text)))
    assert all(isinstance(node, (*INERT, *INERT_CONTEXT)) for node in nodes)
    assert sum(isinstance(node, ast.Call) for node in nodes) == 1
    generated = read_generated("m.py", text)
    assert generated
    assert generated.module == Module(module.spec, module.kind, module.key, dict(module.value), module.input_digest)
    assert not generated.is_edited
    value: Any = dict(module.value)
    assert loaded(text, module.key) == (Pipeline if drawn[0] == PIPELINE else Job).from_dict(value)


@settings(max_examples=60, deadline=None)
@given(jobs())
def test_the_order_of_a_specs_fields_changes_nothing(inventory: Inventory, tree: dict[str, Any]) -> None:
    forwards = module_from(JOB, tree, inventory)
    backwards = module_from(JOB, dict(reversed(tree.items())), inventory)
    assert module_text(forwards) == module_text(backwards)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([PIPELINE, JOB]), identity, anything)
def test_any_tree_is_a_spec_or_problems_with_places(
    inventory: Inventory, path: str, names: dict[str, str], tree: dict[str, Any]
) -> None:
    content = spec_bytes(names | tree)
    try:
        problems = list(spec_problems(load_spec(path, content), inventory))
    except SpecError as error:
        problems = [problem for problem in error.problems if not isinstance(problem, str)]
        assert problems
    for problem in problems:
        assert problem.file == path
        assert problem.line > 0
        assert "\n" not in str(problem)


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"%@#,? \n\t", max_size=60).map(str.encode))
def test_any_bytes_are_a_document_or_one_kind_of_error(content: bytes) -> None:
    try:
        parse_document("x.yml", content)
    except SpecError as error:
        assert error.problems  # noqa: PT017  that it raises nothing else is the point


@given(st.text(CHARACTERS, max_size=70))
def test_a_part_of_a_name_is_an_identifier_or_at_fault(part: str) -> None:
    assert part_fault(part) or (part.isidentifier() and part.isascii() and part.islower() and Path(part).name == part)
