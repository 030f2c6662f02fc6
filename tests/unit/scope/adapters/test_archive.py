"""A folder's files read by one export, and what keeps an export from being believed."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from scope.adapters.archive import unpack
from scope.errors import Fault, RemoteError
from tests.support.answering import Answer, Request, answering

pytestmark = pytest.mark.usefixtures("logged_in_anywhere")

FOLDER = "/Workspace/deploy/x/state"
OTHER = "/Workspace/deploy/y/state"
NAMES = ("a", "lock", "none")


def archive(files: Mapping[str, bytes], prefix: str = "state/", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as writer:
        for name, data in files.items():
            writer.writestr(f"{prefix}{name}", data)
    return content.getvalue()


@pytest.mark.parametrize("prefix", ["state/", ""])
def test_the_files_are_those_directly_in_the_folder(prefix: str) -> None:
    content = archive({"a": b"1", "b": b"2", "sub/a": b"3", "sub/state/b": b"4"}, prefix)
    unpacked = unpack(content, FOLDER, {"a", "none"}, longest=10)
    assert unpacked is not None
    assert (unpacked.names, unpacked.contents) == ({"a", "b"}, {"a": b"1"})


def _twice(content: bytes) -> bytes:
    return content.replace(b"state/b", b"state/a")


def _encrypted(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 8
    return content[:6] + b"\x01" + content[7:at] + b"\x01" + content[at + 1 :]


def _beyond_any_file(content: bytes) -> bytes:
    """Return an archive that says, in 64 bits, that its first file lies further on than any file is long."""
    place = b"\x01\x00\x08\x00" + (2**63).to_bytes(8, "little")
    first, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    name_end = content.index(b"state/a", first) + len("state/a")
    entry = content[first : first + 30] + len(place).to_bytes(2, "little") + content[first + 32 : first + 42]
    entry += b"\xff" * 4 + b"state/a" + place
    size = (int.from_bytes(content[end + 12 : end + 16], "little") + len(place)).to_bytes(4, "little")
    return b"".join([content[:first], entry, content[name_end : end + 12], size, content[end + 16 :]])


def _of_another_compression(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 10
    return content[:8] + b"\x63" + content[9:at] + b"\x63" + content[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b'{"error_code": "x"}',
        lambda content: content[:-20],
        lambda content: content[40:],
        lambda content: content.replace(b"Hello", b"Jello"),
        _twice,
        _encrypted,
        _beyond_any_file,
        _of_another_compression,
    ],
)
def test_what_is_no_sound_archive_is_not_used(spoil: Callable[[bytes], bytes]) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as writer:
        writer.writestr("state/a", "Hello")
        writer.writestr("state/b", "Hello")
    assert unpack(stored.getvalue(), FOLDER, {"a"}, longest=10) is not None
    assert unpack(spoil(stored.getvalue()), FOLDER, {"a"}, longest=10) is None


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_not_used_however_it_is_compressed(compression: int) -> None:
    content = archive({"a": b"Hello" * 20}, compression=compression)
    start = content.index(b"state/a") + len("state/a")
    for at in range(start, content.index(b"PK\x01\x02")):
        damaged = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        unpacked = unpack(damaged, FOLDER, {"a"}, longest=100)
        assert unpacked is None or unpacked.contents == {"a": b"Hello" * 20}


def test_what_unpacks_to_more_than_is_read_is_not_unpacked() -> None:
    content = archive({"a": bytes(1_000_000), "b": bytes(2_000_000)})
    assert len(content) < 10_000
    assert unpack(content, FOLDER, {"a"}, longest=1_000_000) is not None
    assert unpack(content, FOLDER, {"a"}, longest=999_999) is None


def test_what_says_it_is_small_does_not_fill_the_memory() -> None:
    content = archive({"a": bytes(100_000_000)})
    small = content.replace((100_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    tracemalloc.start()
    try:
        assert unpack(small, FOLDER, {"a"}, longest=1_000_000) is None
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


# With the workspace


@dataclass
class Shelf:
    """A workspace that holds two folders, and what it answers to an export of one; `asked` are the requests."""

    folders: dict[str, dict[str, bytes]]
    export: Callable[[dict[str, bytes]], Answer]
    asked: list[str] = field(default_factory=list)
    may_list: bool = True

    def answer(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        path = parse_qs(parts.query).get("path", [""])[0]
        kind = parts.path.rpartition("/")[2]
        self.asked.append(f"{kind} {path}")
        folder, _, name = path.rpartition("/")
        if kind == "list" and not self.may_list:
            return _error(403, "PERMISSION_DENIED")
        if kind == "list" and path in self.folders:
            entries = [{"path": f"{path}/{one}", "object_type": "FILE"} for one in self.folders[path]]
            return 200, [json.dumps({"objects": entries}).encode()]
        if kind == "export" and path in self.folders:
            return self.export(self.folders[path])
        if kind == "export" and name in self.folders.get(folder, {}):
            return 200, [self.folders[folder][name]]
        return _error(404, "RESOURCE_DOES_NOT_EXIST")


def _error(status: int, code: str) -> Answer:
    return status, [json.dumps({"error_code": code, "message": "x"}).encode()]


def _folders() -> dict[str, dict[str, bytes]]:
    return {FOLDER: {"a": b"1", "lock": b"2", "other": b"3"}, OTHER: {"a": b"4"}}


def _requests(shelf: Shelf, word: str) -> list[str]:
    return [request for request in shelf.asked if request.startswith(word)]


def test_one_request_answers_for_a_folder_once_the_first_was_held_against_a_listing() -> None:
    shelf = Shelf(_folders(), lambda files: (200, [archive(files)]))
    with answering(shelf.answer) as workspace:
        assert workspace.read_files(FOLDER, NAMES) == {"a": b"1", "lock": b"2"}
        assert workspace.read_files(OTHER, NAMES) == {"a": b"4"}
        assert workspace.read_files(f"{OTHER}/none", NAMES) == {}
    assert _requests(shelf, "export") == [f"export {path}" for path in (FOLDER, OTHER, f"{OTHER}/none")]
    assert _requests(shelf, "list") == [f"list {FOLDER}"]


@pytest.mark.parametrize(
    "export",
    [
        pytest.param(lambda _: (200, [archive({})]), id="nothing in it"),
        pytest.param(lambda files: (200, [archive({"a": files["a"]})]), id="a file is left out"),
        pytest.param(lambda files: (200, [archive(files, "deploy/state/")]), id="another layout"),
        pytest.param(lambda _: (200, [b"{}"]), id="no archive"),
        pytest.param(lambda _: _error(400, "MAX_NOTEBOOK_SIZE_EXCEEDED"), id="too large"),
        pytest.param(lambda _: _error(403, "PERMISSION_DENIED"), id="folders may not be exported"),
        pytest.param(lambda _: _error(404, "RESOURCE_DOES_NOT_EXIST"), id="folders are unknown"),
        pytest.param(lambda _: _error(501, "NOT_IMPLEMENTED"), id="unknown"),
    ],
)
def test_an_export_that_does_not_hold_everything_is_not_believed(
    export: Callable[[dict[str, bytes]], Answer],
) -> None:
    with answering(Shelf(_folders(), export).answer) as workspace:
        for _ in range(2):
            assert workspace.read_files(FOLDER, NAMES) == {"a": b"1", "lock": b"2"}
            assert workspace.read_files(OTHER, NAMES) == {"a": b"4"}
            assert workspace.read_files(f"{OTHER}/none", NAMES) == {}


def test_an_export_that_nothing_can_be_held_against_is_not_believed() -> None:
    shelf = Shelf(_folders(), lambda _: (200, [archive({})]), may_list=False)
    with answering(shelf.answer) as workspace:
        assert workspace.read_files(FOLDER, NAMES) == {"a": b"1", "lock": b"2"}
        shelf.may_list, shelf.export = True, lambda files: (200, [archive(files)])
        assert workspace.read_files(OTHER, NAMES) == {"a": b"4"}
    assert shelf.asked[-2:] == [f"export {OTHER}", f"list {OTHER}"]


def test_a_folder_that_is_too_large_later_is_read_file_by_file() -> None:
    shelf = Shelf(_folders(), lambda files: (200, [archive(files)]))
    with answering(shelf.answer) as workspace:
        workspace.read_files(FOLDER, NAMES)
        shelf.export = lambda _: _error(400, "MAX_NOTEBOOK_SIZE_EXCEEDED")
        assert workspace.read_files(FOLDER, NAMES) == {"a": b"1", "lock": b"2"}


def test_a_refusal_is_not_an_empty_folder() -> None:
    shelf = Shelf(_folders(), lambda files: (200, [archive(files)]))
    with answering(shelf.answer) as workspace:
        workspace.read_files(FOLDER, NAMES)
        shelf.export = lambda _: _error(403, "PERMISSION_DENIED")
        with pytest.raises(RemoteError) as caught:
            workspace.read_files(OTHER, NAMES)
    assert caught.value.fault is Fault.PERMISSION
