"""What a spec becomes, written as YAML and imported, is the same resource; and whatever a file holds, it is an answer."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from generator.build import module_of
from generator.errors import SpecError
from generator.importing.names import Names
from generator.importing.run import Import, Request, import_resources
from generator.importing.text import plain_yaml
from generator.inventory import Inventory, take_inventory
from generator.layout import Kind
from generator.load import load_spec
from generator.yaml_tree import parse_document
from tests.property.generator.strategies import anything, jobs, pipelines, spec_bytes, texts, values
from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, SpecTree, spec_tree

YAML = "resources/finance/stripe/old.yml"
# From the YAML's folder to the root.
UP = "../../../"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> SpecTree:
    # The job's spec isn't there: its place is the import's.
    return spec_tree(tmp_path_factory.mktemp("import"), {PIPELINE: IDENTITY})


@pytest.fixture(scope="module")
def inventory(tree: SpecTree) -> Inventory:
    return take_inventory(tree.checkout, [PIPELINE, JOB])


def imported(tree: SpecTree, content: str | bytes) -> Import:
    return import_resources(tree.checkout, Request([tree.write(YAML, content)], Names()))


def as_yaml(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return a module's resource as it stands in the YAML file: its paths count from there."""
    if isinstance(value, dict):
        return {name: f"{UP}{inner}" if name == "include" else as_yaml(inner) for name, inner in value.items()}
    return [as_yaml(inner) for inner in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.tuples(st.just(PIPELINE), pipelines()) | st.tuples(st.just(JOB), jobs()))
def test_what_a_spec_becomes_is_imported_as_a_spec_that_becomes_the_same(
    tree: SpecTree, inventory: Inventory, drawn: tuple[str, dict[str, Any]]
) -> None:
    path, spec = drawn
    # Those with a folder are files, whose paths count from the YAML.
    assume(not any("/" in dependency for dependency in spec.get("dependencies", ())))
    module = module_of(load_spec(path, spec_bytes(spec)), inventory)
    content = plain_yaml({"resources": {str(module.kind): {module.key: as_yaml(dict(module.value))}}})
    result = imported(tree, content)
    again = load_spec(path, result.texts[path].encode())
    assert again.problems == ()
    assert again.model.imported is None
    assert module_of(again, inventory).value == module.value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        # Numbers as all readers have them.
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "no", "1", "~"]) | texts, inner),
        max_leaves=8,
    )
)
def test_what_is_written_as_yaml_is_read_as_it_was(value: Any) -> None:  # noqa: ANN401  any JSON
    assert parse_document("x.yml", plain_yaml({"value": value}).encode()).tree == {"value": value}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(tuple(Kind)),
    st.dictionaries(st.sampled_from(["name", "schedule", "trigger", "libraries", "job_clusters", "targets"]), values),
    anything,
)
def test_any_resource_is_a_spec_or_problems_with_places(
    tree: SpecTree, kind: Kind, fields: dict[str, Any], more: dict[str, Any]
) -> None:
    content = spec_bytes({"resources": {str(kind): {"nightly": {**fields, **more}}}, "targets": more})
    try:
        result = imported(tree, content)
    except SpecError as error:
        for problem in error.problems:
            assert "\n" not in str(problem)
    else:
        assert result.texts


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"%@#,?< \n\t", max_size=60).map(str.encode))
def test_any_bytes_are_an_import_or_an_error(tree: SpecTree, content: bytes) -> None:
    with pytest.raises(SpecError):
        imported(tree, content)
