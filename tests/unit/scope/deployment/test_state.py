"""The CLI's state files: read, or told to be unreadable."""

import json

import pytest

from scope.deployment.inventory import Inventory
from scope.deployment.state import FileState, ResourceState, parse_files, parse_resources
from scope.model import ResourceKey

RESOURCES = {
    "state_version": 2,
    "cli_version": "1.14.0",
    "lineage": "l",
    "serial": 1,
    "state": {"resources.jobs.b": {"__id__": "2", "state": {}}, "resources.jobs.a": {"__id__": "1", "state": {}}},
}
FILES = {
    "version": 1,
    "seq": 2,
    "cli_version": "1.14.0",
    "files": [{"local_path": "src/a.b/note.py", "is_notebook": True}, {"local_path": "src/code.py", "is_notebook": False}],
}


def test_ids_come_with_their_keys() -> None:
    state = parse_resources(json.dumps(RESOURCES).encode())
    assert state == ResourceState(
        FileState.READABLE, "l", 1, Inventory({ResourceKey("jobs", "a"): "1", ResourceKey("jobs", "b"): "2"})
    )
    assert list(state.inventory) == [ResourceKey("jobs", "a"), ResourceKey("jobs", "b")]
    assert state.known_ids == {"1", "2"}


def test_a_notebook_lies_in_the_workspace_without_its_extension() -> None:
    uploads = parse_files(json.dumps(FILES).encode())
    local, remote = frozenset({"src/a.b/note.py", "src/code.py"}), frozenset({"src/a.b/note", "src/code.py"})
    assert (uploads.file_state, uploads.seq, uploads.local, uploads.remote) == (FileState.READABLE, 2, local, remote)


def test_what_is_not_there_is_absent() -> None:
    assert parse_resources(None).file_state is FileState.ABSENT
    assert parse_files(None).file_state is FileState.ABSENT


@pytest.mark.parametrize(
    "changes",
    [
        {"lineage": None},
        {"lineage": ""},
        {"serial": "1"},
        {"serial": True},
        {"state": []},
        {"state": {"resources.jobs.a": {}}},
        {"state": {"resources.jobs.a": {"__id__": 1}}},
        {"state": {"jobs.a": {"__id__": "1"}}},
        {"state_version": None},
    ],
)
def test_resources_of_another_shape_are_broken(changes: dict[str, object]) -> None:
    assert parse_resources(json.dumps(RESOURCES | changes).encode()).file_state is FileState.BROKEN


@pytest.mark.parametrize(
    "changes",
    [{"seq": None}, {"seq": True}, {"version": 0}, {"files": {}}, {"files": [{}]}, {"files": [{"local_path": "../x"}]}],
)
def test_files_of_another_shape_are_broken(changes: dict[str, object]) -> None:
    assert parse_files(json.dumps(FILES | changes).encode()).file_state is FileState.BROKEN


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[" * 100_000, json.dumps(RESOURCES).encode()[:-20]])
def test_a_truncated_file_is_broken(content: bytes) -> None:
    assert parse_resources(content).file_state is FileState.BROKEN
    assert parse_files(content).file_state is FileState.BROKEN


def test_a_newer_version_is_told_apart_from_a_broken_file() -> None:
    assert parse_resources(json.dumps(RESOURCES | {"state_version": 99}).encode()).file_state is FileState.NEWER
    assert parse_files(json.dumps(FILES | {"version": 2}).encode()).file_state is FileState.NEWER
