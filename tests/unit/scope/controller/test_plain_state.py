"""The state of a plain bundle and its parts: no entry is lost, none is in two, and every entry stays as it was."""

import json

import pytest

from scope.controller.plain_state import PlainState
from scope.errors import Refused, UsageError
from scope.model import ResourceKey
from tests.support.fakes import InMemoryWorkspace

ROOT = "/Workspace/deploy/prod"
JOB, OTHER = ResourceKey("jobs", "a"), ResourceKey("jobs", "ab")
STATE = {
    "state_version": 2,
    "cli_version": "1.13.0",
    "lineage": "l",
    "serial": 7,
    "state": {
        "resources.jobs.a": {"__id__": "1", "state": {"name": "a"}, "a key of tomorrow": True},
        "resources.jobs.a.permissions": {"__id__": "/jobs/1"},
        "resources.jobs.ab": {"__id__": "2"},
    },
}


def write(**changes: object) -> InMemoryWorkspace:
    workspace = InMemoryWorkspace()
    workspace.make_folder(f"{ROOT}/state")
    workspace.write(f"{ROOT}/state/resources.json", json.dumps(STATE | changes).encode())
    return workspace


def test_what_is_split_off_and_what_is_left_is_the_whole_state() -> None:
    old = PlainState(write(), ROOT)
    entries = old.of({JOB})
    assert list(entries) == [JOB, ResourceKey("jobs", "a", "permissions")]
    part, rest = json.loads(old.split_off(entries)), json.loads(old.without({JOB}))
    assert part["state"] | rest["state"] == STATE["state"]
    assert set(rest["state"]) == {"resources.jobs.ab"}
    assert (rest["lineage"], rest["serial"]) == ("l", 8)
    assert part["lineage"] != "l"
    assert (part["serial"], part["state_version"], part["cli_version"]) == (1, 2, "1.13.0")


def test_a_state_without_resources_has_nothing_to_adopt() -> None:
    old = PlainState(write(state=None), ROOT)
    assert dict(old.of({JOB, OTHER})) == {}
    assert json.loads(old.without({JOB}))["state"] == {}


@pytest.mark.parametrize("version", [1, 4, 99, None])
def test_a_state_of_another_form_is_left_alone(version: int | None) -> None:
    with pytest.raises(Refused, match="isn't a state that can be split"):
        PlainState(write(state_version=version), ROOT)


def test_a_root_without_a_state_is_no_bundle() -> None:
    with pytest.raises(UsageError, match="Name the old bundle's root with `--from`"):
        PlainState(InMemoryWorkspace(), ROOT)
