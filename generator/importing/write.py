"""Writes what an import is, all of it or nothing."""

import os

from generator.checkout import Checkout, read_plain_file, shown_path
from generator.errors import RefusedError
from generator.files import create_files
from generator.importing.run import Import

# The largest file that is copied, in bytes: a jar may be large.
MAX_COPIED = 200 * 1024 * 1024


def write_import(checkout: Checkout, result: Import) -> list[str]:
    """Write all files of an import or none, and return those that were missing. Raises RefusedError, SpecError."""
    wanted = {path: text.encode() for path, text in result.texts.items()}
    for path, place in result.copies.items():
        wanted[path] = read_plain_file(place, shown_path(place, checkout), MAX_COPIED)
    missing = {path: content for path, content in wanted.items() if not os.path.lexists(checkout.root / path)}
    others = [path for path, content in wanted.items() if path not in missing and checkout.read(path) != content]
    if others:
        hint = "Remove it, or import under another name: --only KEY --asset NAME. Nothing was written."
        raise RefusedError(*(f"{path} exists already, with other content." for path in others), hint)
    create_files(checkout, missing)
    return sorted(missing)
