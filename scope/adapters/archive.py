"""A folder as the workspace exports it: a ZIP archive of what lies below it, with or without the folder's own name.

What makes an archive unusable is no error: each file can be read by itself.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

# What every server writes. Others fail in ways of their own.
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True)
class Archive:
    """The names of the files directly in a folder, and the contents of those that were asked for."""

    names: frozenset[str]
    contents: Mapping[str, bytes]


def unpack(content: bytes, folder: str, wanted: Collection[str], longest: int) -> Archive | None:
    """Return what an archive holds directly in its folder; None if it isn't one, or more than `longest` bytes are wanted."""
    prefix = folder.rpartition("/")[2] + "/"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(member.filename.removeprefix(prefix), member) for member in archive.infolist()]
            direct = {name: member for name, member in members if name and "/" not in name}
            if len(direct) < sum(1 for name, _ in members if name and "/" not in name):
                return None  # two of one name
            asked = {name: member for name, member in direct.items() if name in wanted}
            if sum(member.file_size for member in asked.values()) > longest:
                return None
            if any(member.compress_type not in _COMPRESSIONS for member in asked.values()):
                return None
            return Archive(frozenset(direct), {name: _read(archive, member) for name, member in asked.items()})
    except (zipfile.BadZipFile, zlib.error, ValueError, OverflowError, RuntimeError, EOFError, OSError):
        return None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return a member of no more than the size that it says; asked for all of it, the library would unpack what there is."""
    with archive.open(member) as content:
        return content.read(member.file_size)
