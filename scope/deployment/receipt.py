"""The receipt of an upload, `<root>/uploads.json`: the digest of each file, and how the workspace listed it then.

With it the next deploy uploads only what differs. A file is left where it is only if its bytes are those of the receipt,
and the workspace still lists it as it did: whoever has edited it since, or put another one there, has changed its time. A
receipt is believed only if it is for the upload that the record has as applied, and what it can't prove is uploaded.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scope.deployment.state import UploadState
from scope.workspace_model import RemoteEntry, StagedFile

VERSION = 1
# What the workspace gives back in one answer.
LONGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was uploaded: the SHA-256 of its content in hex; and its time and size, as the workspace lists them.

    The time is in milliseconds since 1970. A notebook's size isn't listed.
    """

    digest: str
    modified_at: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The files of an upload that can be proven, by their paths in the stage.

    `upload` is the digest of the `deployment.json` that lists it, which no other upload has.
    """

    upload: str
    files: Mapping[str, UploadedFile] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Return the receipt as the file holds it."""
        files = {path: [file.digest, file.modified_at, file.size] for path, file in sorted(self.files.items())}
        return (json.dumps({"receipt_version": VERSION, "upload": self.upload, "files": files}, indent=0) + "\n").encode()


def parse_receipt(content: bytes | None, upload: str) -> Receipt:
    """Return the receipt for an upload that a file holds. One for another upload, or of another form, proves nothing."""
    nothing = Receipt(upload)
    if content is None or len(content) > LONGEST:
        return nothing
    try:
        tree = json.loads(content)
        if (tree["receipt_version"], tree["upload"]) != (VERSION, upload):
            return nothing
        return Receipt(upload, {path: _parse_file(*fields) for path, fields in tree["files"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return nothing


def _parse_file(digest: object, modified_at: object, size: object) -> UploadedFile:
    if not isinstance(digest, str) or type(modified_at) is not int or not (size is None or type(size) is int):
        raise ValueError("The entry isn't a file's")
    return UploadedFile(digest, modified_at, size)


def find_kept(
    receipt: Receipt, staged: Mapping[str, StagedFile], listed: UploadState, entries: Mapping[str, RemoteEntry]
) -> dict[str, UploadedFile]:
    """Return the staged files that lie in the workspace as they would be uploaded, with what proves it.

    `listed` is what the CLI says that it uploaded, `entries` is what lies there now, by its name there.
    """
    same = (path for path, file in receipt.files.items() if path in staged and staged[path].digest == file.digest)
    return {
        path: receipt.files[path]
        for path in same
        if path in listed.names and is_as_listed(receipt.files[path], entries.get(listed.names[path]))
    }


def is_as_listed(file: UploadedFile, entry: RemoteEntry | None) -> bool:
    """Return whether the workspace still lists a file as it did after the upload."""
    return entry is not None and (entry.modified_at, entry.size) == (file.modified_at, file.size)


def prove(
    kept: Mapping[str, UploadedFile],
    uploaded: Mapping[str, StagedFile],
    listed: UploadState,
    entries: Mapping[str, RemoteEntry],
    until: int,
) -> Receipt:
    """Return the receipt for files that were kept, and for those of the others that were certainly uploaded now.

    `until` is when the CLI had uploaded them all, in milliseconds by the workspace's clock: what is of a later time, or of
    another size, was edited by somebody else.
    """
    files = dict(kept)
    for path in uploaded.keys() & listed.names.keys() - kept.keys():
        entry, file = entries.get(listed.names[path]), uploaded[path]
        if entry is None or entry.modified_at is None or entry.modified_at > until or entry.size not in {None, file.size}:
            continue
        files[path] = UploadedFile(file.digest, entry.modified_at, entry.size)
    return Receipt(listed.digest or "", files)


def by_name(folder: str, entries: Iterable[RemoteEntry]) -> dict[str, RemoteEntry]:
    """Return the entries below a folder by their paths relative to it."""
    return {entry.path.removeprefix(f"{folder}/"): entry for entry in entries}
