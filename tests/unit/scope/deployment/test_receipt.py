"""The receipt of an upload: what it proves, and that it proves nothing where anything is odd."""

import json
from collections.abc import Mapping

import pytest

from scope.deployment.receipt import LONGEST, Receipt, UploadedFile, find_kept, parse_receipt, prove
from scope.deployment.state import FileState, UploadState
from scope.workspace_model import RemoteEntry, RemoteKind, StagedFile

RECEIPT = Receipt("digest", {"src/a.py": UploadedFile("d1", 7, 10), "src/note.py": UploadedFile("d2", 8, None)})
LISTED = UploadState(FileState.READABLE, 1, {"src/a.py": "src/a.py", "src/note.py": "src/note"}, "digest")
STAGED = {"src/a.py": StagedFile("d1", 10, 1), "src/note.py": StagedFile("d2", 20, 1)}


def entries(**changes: RemoteEntry | None) -> Mapping[str, RemoteEntry]:
    held = {
        "src/a.py": RemoteEntry("/files/src/a.py", RemoteKind.FILE, 7, 10),
        "src/note": RemoteEntry("/files/src/note", RemoteKind.NOTEBOOK, 8),
    }
    return {name: entry for name, entry in (held | changes).items() if entry is not None}


def test_a_receipt_comes_back_as_it_was_written() -> None:
    assert parse_receipt(RECEIPT.content, "digest") == RECEIPT


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        RECEIPT.content[:-20],
        b" " * (LONGEST + 1),
        *(
            json.dumps({"receipt_version": version, "upload": "digest", "files": files}).encode()
            for version, files in (
                (2, {}), (1, []), (1, {"a": []}), (1, {"a": "abc"}), (1, {"a": ["d", "7", None]}),
                (1, {"a": ["d", True, None]}), (1, {"a": ["d", 7, 1.5]}), (1, {"a": [None, 7, 1]}),
                (1, {"a": ["d", None, 1]}),
            )
        ),
    ],
)  # fmt: skip
def test_a_receipt_of_another_form_proves_nothing(content: bytes | None) -> None:
    assert parse_receipt(content, "digest") == Receipt("digest")


@pytest.mark.parametrize("upload", ["", "another"])
def test_a_receipt_for_another_upload_proves_nothing(upload: str) -> None:
    assert parse_receipt(RECEIPT.content, upload) == Receipt(upload)


def test_what_lies_there_as_it_would_be_uploaded_is_kept_notebooks_too() -> None:
    assert find_kept(RECEIPT, STAGED, LISTED, entries()) == RECEIPT.files


@pytest.mark.parametrize(
    ("staged", "listed", "held"),
    [
        ({**STAGED, "src/note.py": StagedFile("edited", 20, 1)}, LISTED, entries()),
        ({"src/a.py": STAGED["src/a.py"]}, LISTED, entries()),
        (STAGED, UploadState(FileState.READABLE, 1, {"src/a.py": "src/a.py"}), entries()),
        # It was a notebook, and the CLI says that it isn't.
        (STAGED, UploadState(FileState.READABLE, 1, {"src/a.py": "src/a.py", "src/note.py": "src/note.py"}), entries()),
        (STAGED, LISTED, entries(**{"src/note": None})),
        (STAGED, LISTED, entries(**{"src/note": RemoteEntry("/files/src/note", RemoteKind.NOTEBOOK, 9)})),
        (STAGED, LISTED, entries(**{"src/note": RemoteEntry("/files/src/note", RemoteKind.NOTEBOOK)})),
        (STAGED, LISTED, entries(**{"src/note": RemoteEntry("/files/src/note", RemoteKind.FILE, 8, 20)})),
    ],
    ids=["edited", "removed", "unlisted", "other name", "deleted there", "edited there", "time untold", "size told"],
)
def test_what_differs_or_is_not_certain_is_uploaded(
    staged: Mapping[str, StagedFile], listed: UploadState, held: Mapping[str, RemoteEntry]
) -> None:
    assert find_kept(RECEIPT, staged, listed, held).keys() == {"src/a.py"}


def test_names_in_a_receipt_that_the_stage_does_not_have_lead_nowhere() -> None:
    hostile = Receipt(
        "digest", {name: UploadedFile("d1", 7, 10) for name in ("../../etc/passwd", "/etc/passwd", "src/../x", "")}
    )
    listed = UploadState(FileState.READABLE, 1, dict.fromkeys(hostile.files, "src/a.py"))
    assert find_kept(hostile, STAGED, listed, entries()) == {}


def test_a_new_receipt_has_what_was_kept_and_what_was_certainly_uploaded() -> None:
    kept = {"src/note.py": RECEIPT.files["src/note.py"]}
    assert prove(kept, STAGED, LISTED, entries(), until=7) == RECEIPT


@pytest.mark.parametrize(
    "entry",
    [
        None,
        RemoteEntry("/files/src/a.py", RemoteKind.FILE, None, 10),
        RemoteEntry("/files/src/a.py", RemoteKind.FILE, 8, 10),
        RemoteEntry("/files/src/a.py", RemoteKind.FILE, 7, 11),
    ],
    ids=["gone", "time untold", "edited since", "another size"],
)
def test_what_somebody_may_have_edited_since_its_upload_is_not_in_the_receipt(entry: RemoteEntry | None) -> None:
    assert "src/a.py" not in prove({}, STAGED, LISTED, entries(**{"src/a.py": entry}), until=7).files
