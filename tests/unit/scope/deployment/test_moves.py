"""Moving entries between states: nothing is lost, nothing is in two, and what isn't clear stays."""

import json
from typing import Any

import pytest

from scope.deployment.inventory import Inventory
from scope.deployment.moves import (
    MovedResource,
    Selection,
    StateDocument,
    drop_entries,
    move_entries,
    rename_entries,
    select_moves,
)
from scope.errors import Refused
from scope.model import ResourceKey
from scope.repository.moves import load_moves

A, B, C = (ResourceKey("jobs", name) for name in "abc")
ENTRIES = {
    "resources.jobs.a": {
        "__id__": "1",
        "state": {"name": "a", "of tomorrow": True},
        "depends_on": [{"node": "resources.pipelines.p", "label": "${resources.pipelines.p.id}"}],
    },
    "resources.jobs.a.permissions": {
        "__id__": "/jobs/1",
        "depends_on": [{"node": "resources.jobs.a", "label": "${resources.jobs.a.id}"}],
    },
    "resources.jobs.c": {
        "__id__": "3",
        "depends_on": [
            {"node": "resources.jobs.a", "label": "${resources.jobs.a.id}"},
            {"node": "resources.pipelines.p", "label": "${resources.pipelines.p.id}"},
        ],
    },
    "resources.pipelines.p": {"__id__": "p"},
}


def document(entries: dict[str, Any], **changes: object) -> StateDocument:
    tree = {"state_version": 2, "cli_version": "1.13.0", "lineage": "l", "serial": 7, "state": entries, **changes}
    return StateDocument(json.dumps(tree).encode(), "resources.json")


def select(
    line: str, held: dict[str, str], there: dict[str, str], here_defined: str = "", there_defined: str = "a b c"
) -> Selection:
    keys = [frozenset(ResourceKey("jobs", name) for name in names.split()) for names in (here_defined, there_defined)]
    states = [Inventory((ResourceKey("jobs", name), one) for name, one in ids.items()) for ids in (held, there)]
    declared = load_moves(f"moves = [{line!r}]".encode())
    return select_moves(states[0], states[1], ("sales", "ads"), declared, (keys[0], keys[1]))


def test_a_resource_goes_with_all_that_belongs_to_it_and_what_stays_forgets_it() -> None:
    left, arrived = (
        json.loads(content)
        for content in move_entries(document(ENTRIES), None, Selection((MovedResource(A, B, "1"),)), "new")
    )
    assert arrived["state"] == {
        # What it referred to has stayed behind.
        "resources.jobs.b": {"__id__": "1", "state": {"name": "a", "of tomorrow": True}},
        "resources.jobs.b.permissions": {
            "__id__": "/jobs/1",
            "depends_on": [{"node": "resources.jobs.b", "label": "${resources.jobs.b.id}"}],
        },
    }
    assert left["state"] == {
        "resources.jobs.c": {
            "__id__": "3",
            "depends_on": [{"node": "resources.pipelines.p", "label": "${resources.pipelines.p.id}"}],
        },
        "resources.pipelines.p": {"__id__": "p"},
    }
    assert (left["lineage"], left["serial"]) == ("l", 8)
    assert (arrived["lineage"], arrived["serial"], arrived["state_version"]) == ("new", 1, 2)


def test_a_state_that_is_there_keeps_its_own_entries_and_its_lineage() -> None:
    there = document({"resources.jobs.z": {"__id__": "9"}}, lineage="theirs", serial=3)
    _, content = move_entries(document(ENTRIES), there, Selection((MovedResource(A, B, "1"),)), "new")
    arrived = json.loads(content)
    assert set(arrived["state"]) == {"resources.jobs.b", "resources.jobs.b.permissions", "resources.jobs.z"}
    assert (arrived["lineage"], arrived["serial"]) == ("theirs", 4)


def test_what_moves_together_keeps_its_references() -> None:
    pipeline = ResourceKey("pipelines", "p")
    moved = Selection((MovedResource(A, B, "1"), MovedResource(pipeline, ResourceKey("pipelines", "q"), "p")))
    _, arrived = move_entries(document(ENTRIES), None, moved, "new")
    assert json.loads(arrived)["state"]["resources.jobs.b"]["depends_on"] == [
        {"node": "resources.pipelines.q", "label": "${resources.pipelines.q.id}"}
    ]


def test_a_renamed_key_is_renamed_wherever_it_stands_and_nothing_else_changes() -> None:
    renamed = json.loads(rename_entries(document(ENTRIES), Selection((MovedResource(A, B, "1"),))))
    text = json.dumps(ENTRIES).replace("resources.jobs.a", "resources.jobs.b")
    assert renamed["state"] == json.loads(text)
    assert (renamed["lineage"], renamed["serial"]) == ("l", 8)


def test_what_another_has_is_dropped_with_all_that_belongs_to_it() -> None:
    assert set(json.loads(drop_entries(document(ENTRIES), {A}))["state"]) == {"resources.jobs.c", "resources.pipelines.p"}
    left, arrived = move_entries(document(ENTRIES), document({}), Selection(released=(A,)), "new")
    assert set(json.loads(left)["state"]) == {"resources.jobs.c", "resources.pipelines.p"}
    assert json.loads(arrived)["state"] == {}


@pytest.mark.parametrize(
    ("line", "held", "there", "moved"),
    [
        ("sales -> ads", {"a": "1", "z": "2"}, {}, {A: A}),  # nobody defines z any more
        ("sales.jobs.a -> ads.jobs.b", {"a": "1", "c": "2"}, {"c": "9"}, {A: B}),
        ("sales.jobs.a -> ads.jobs.b", {"c": "2"}, {"b": "1"}, {}),  # done before
        ("sales.jobs.a -> nowhere", {"a": "1"}, {}, {}),
    ],
)
def test_what_is_declared_and_defined_there_moves(
    line: str, held: dict[str, str], there: dict[str, str], moved: dict[ResourceKey, ResourceKey]
) -> None:
    selection = select(line, held, there)
    assert {one.source: one.destination for one in selection.moved} == moved
    assert (selection.released, selection.problems) == ((), ())


def test_what_is_in_both_states_by_one_id_is_only_released() -> None:
    assert select("sales.jobs.a -> ads.jobs.b", {"a": "1"}, {"b": "1"}) == Selection(released=(A,))


@pytest.mark.parametrize(
    ("held", "there", "here_defined", "words"),
    [
        ({"a": "1"}, {"b": "2"}, "", "moves.toml:1: `sales.jobs.a -> ads.jobs.b` can't be done: `ads` has another jobs.b"),
        ({"a": "1"}, {}, "a", "can't be done: `sales` defines jobs.a still, or again"),
        ({"a": "1"}, {"b": "1"}, "a", "can't be done: `sales` defines jobs.a still, or again"),
        ({"a": "1"}, {"b": "2"}, "a", ""),  # done before, and a new one made since
    ],
)
def test_what_is_not_clear_is_a_problem_and_no_move(
    held: dict[str, str], there: dict[str, str], here_defined: str, words: str
) -> None:
    selection = select("sales.jobs.a -> ads.jobs.b", held, there, here_defined)
    assert (selection.moved, selection.released) == ((), ())
    assert words in "".join(selection.problems)
    assert bool(words) == bool(selection.problems)


def test_two_resources_do_not_get_one_key() -> None:
    declared = load_moves(b'moves = ["sales -> ads"]')
    held = Inventory({ResourceKey("jobs", "ads_x"): "1", ResourceKey("jobs", "sales_x"): "2"})
    selection = select_moves(held, Inventory(), ("sales", "ads"), declared, ((), {ResourceKey("jobs", "ads_x")}))
    assert [one.id for one in selection.moved] == ["1"]
    assert "has another jobs.ads_x already (jobs.ads_x)" in selection.problems[0]


@pytest.mark.parametrize("version", [1, 4, 99, None])
def test_a_state_of_another_form_is_left_alone(version: int | None) -> None:
    with pytest.raises(Refused, match="isn't a state in which resources can be moved"):
        document({}, state_version=version)


def test_states_of_different_forms_are_left_alone() -> None:
    with pytest.raises(Refused, match="of different versions, 2 and 3"):
        move_entries(document(ENTRIES), document({}, state_version=3), Selection(), "new")
