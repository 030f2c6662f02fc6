"""Compares the expected files with the tree, and is the only module that writes or removes any."""

import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from generator.checkout import Checkout
from generator.emit import GeneratedFile, read_generated
from generator.errors import Problem, SpecError
from generator.layout import RESOURCE_ROOT, is_generated


class Finding(StrEnum):
    """Why a file in the tree differs from its spec."""

    MISSING = "is missing; run: just generate"
    SPEC_CHANGED = "is older than its spec, or what the spec uses; run: just generate"
    GENERATOR_CHANGED = "was made by another version of the generator from the same spec; run: just generate"
    EDITED = (
        "was changed by hand since it was generated. Make the change in the spec; then overwrite the module with "
        "`generator build --force`"
    )
    FOREIGN = (
        "was not generated, but a spec claims its place. Move its contents into the spec, then overwrite it with "
        "`generator build --force`"
    )
    LEFT_OVER = "has no spec any more; remove it with `generator build --all --prune`"
    EDITED_LEFT_OVER = (
        "has no spec any more, and was changed by hand since it was generated; remove it with "
        "`generator build --all --prune --force`"
    )
    UNKNOWN = (
        "was not generated. Write a spec for it; kinds of resource without specs are written as YAML, beside this folder"
    )


REFUSED = (Finding.EDITED, Finding.FOREIGN, Finding.EDITED_LEFT_OVER)


@dataclass(frozen=True, slots=True)
class Expected:
    """A file that has to be in the tree."""

    path: str
    text: str
    input_digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A path at which the tree differs from the specs; `after` is None if no file should be there."""

    path: str
    finding: Finding
    before: str | None
    after: str | None

    def diff(self) -> str:
        """Return the change from the tree to the specs as a unified diff."""
        before = (self.before or "").splitlines(keepends=True)
        after = (self.after or "").splitlines(keepends=True)
        lines = difflib.unified_diff(before, after, f"{self.path} (in the tree)", f"{self.path} (from its spec)")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def find_differences(checkout: Checkout, expected: Mapping[str, Expected], *, whole: bool) -> list[Difference]:
    """Return the differences between tree and specs, by path; with `whole`, also files that no spec makes."""
    listed = [_compare(checkout, file) for file in expected.values()]
    if whole:
        listed += [_describe_superfluous(checkout, path) for path in _generated_paths(checkout) if path not in expected]
    return sorted((difference for difference in listed if difference), key=lambda difference: difference.path)


def _compare(checkout: Checkout, file: Expected) -> Difference | None:
    if not os.path.lexists(checkout.root / file.path):
        return Difference(file.path, Finding.MISSING, None, file.text)
    before = _read_text(checkout, file.path)
    if before == file.text or not file.text:
        # A package's `__init__.py` may hold anything.
        return None
    return Difference(file.path, _explain(read_generated(file.path, before), file), before, file.text)


def _explain(generated: GeneratedFile | None, file: Expected) -> Finding:
    if generated is None:
        return Finding.FOREIGN
    if generated.is_edited:
        return Finding.EDITED
    return Finding.GENERATOR_CHANGED if generated.input_digest == file.input_digest else Finding.SPEC_CHANGED


def _describe_superfluous(checkout: Checkout, path: str) -> Difference:
    before = _read_text(checkout, path)
    generated = read_generated(path, before)
    if generated is None:
        return Difference(path, Finding.UNKNOWN, before, before)
    return Difference(path, Finding.EDITED_LEFT_OVER if generated.is_edited else Finding.LEFT_OVER, before, None)


def _generated_paths(checkout: Checkout) -> Iterator[str]:
    """Yield the files where generated ones lie: modules of both kinds, and the domains' own YAML."""
    yield from (path for path in checkout.files(RESOURCE_ROOT) if is_generated(path))


def _read_text(checkout: Checkout, path: str) -> str:
    try:
        return checkout.read(path).decode("utf-8")
    except UnicodeDecodeError:
        return "(not UTF-8)\n"


def apply(checkout: Checkout, differences: Iterable[Difference]) -> None:
    """Write and remove files, each one whole or not at all. Raises SpecError if the file system refuses."""
    for difference in differences:
        place = checkout.root / difference.path
        try:
            _refuse_outside(checkout, place)
            if difference.after is None:
                place.unlink()
                _remove_empty_packages(checkout.root / RESOURCE_ROOT, place.parent)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(place, difference.after)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SpecError(Problem(difference.path, 0, 0, "", f"can't be written: {reason}.")) from None


def create_files(checkout: Checkout, contents: Mapping[str, bytes]) -> None:
    """Create files that aren't there, all of them or none. Raises SpecError if the file system refuses."""
    created: list[Path] = []
    folders: list[Path] = []
    path = ""
    try:
        for path, content in contents.items():
            place = checkout.root / path
            above = [folder for folder in place.parents if folder.is_relative_to(checkout.root)]
            folders += [folder for folder in above if not os.path.lexists(folder)]
            _make_folder(checkout, place.parent)
            _refuse_outside(checkout, place)
            created.append(place)
            write_atomic(place, content)
    except BaseException as error:
        for place in created:
            place.unlink(missing_ok=True)
        for folder in sorted(set(folders), reverse=True):
            if folder.is_dir():
                folder.rmdir()
        if isinstance(error, OSError | RuntimeError):
            reason = getattr(error, "strerror", None) or str(error)
            raise SpecError(Problem(path, 0, 0, "", f"can't be written: {reason}. Nothing was written.")) from None
        raise


def _make_folder(checkout: Checkout, folder: Path) -> None:
    """Make a folder and those above it, none of them behind a link that leads out of the root."""
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    _refuse_outside(checkout, there / "x")
    folder.mkdir(parents=True, exist_ok=True)


def write_atomic(place: Path, text: str | bytes) -> None:
    """Replace a file in one step, so that nobody ever reads half of it."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refuse_outside(checkout: Checkout, place: Path) -> None:
    root = checkout.root.resolve()
    if place.is_symlink() or not place.parent.resolve().is_relative_to(root):
        path = place.relative_to(checkout.root).as_posix()
        raise SpecError(
            Problem(path, 0, 0, "", "is, or lies behind, a symbolic link. Replace the link by a plain file or folder.")
        )


def _remove_empty_packages(top: Path, folder: Path) -> None:
    """Remove the folders, upwards, in which only an empty `__init__.py` is left."""
    while folder != top and folder.is_relative_to(top):
        entries = [entry for entry in folder.iterdir() if entry.name != "__pycache__"]
        if any(entry.name != "__init__.py" or entry.stat().st_size for entry in entries):
            return
        for entry in entries:
            entry.unlink()
        for cached in (folder / "__pycache__").glob("*.pyc"):
            cached.unlink()
        if (folder / "__pycache__").is_dir():
            (folder / "__pycache__").rmdir()
        folder.rmdir()
        folder = folder.parent
