"""What the jobs of a matrix came to, held against what the manifest had said is due.

A job that was killed, cancelled or never started leaves no file; a deploy that was due and isn't accounted for is a failure,
never silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scope.documents.manifest import Manifest, MatrixEntry
from scope.documents.results import DONE, Results
from scope.errors import UsageError

_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DeploymentOutcome:
    """What became of one job of the matrix, or of one deployment in it."""

    name: str
    outcome: str
    message: str | None = None
    digest: str | None = None

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to do."""
        return self.outcome in DONE


def read_results(path: Path) -> Results | None:
    """Return a job's results, or nothing where it left none. Raises `UsageError` where the file isn't one."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{path} is too long for a file of results.")
    from pydantic import TypeAdapter, ValidationError  # 60 ms, and `--help` needs none of it

    try:
        return TypeAdapter(Results).validate_json(content, strict=True)
    except ValidationError as error:
        raise UsageError(f"{path} isn't a file of results of `scope deploy`: {error.errors()[0]['msg']}.") from None


def deployment_outcomes(manifest: Manifest, results: Mapping[str, Results | None]) -> tuple[DeploymentOutcome, ...]:
    """Return a line for every deployment that was done or not, and for every job that doesn't account for all of its own.

    `results` are the jobs' by their id in the matrix.
    """
    return tuple(line for entry in manifest.matrix.include for line in _account(entry, manifest, results.get(entry.id)))


def _account(entry: MatrixEntry, manifest: Manifest, found: Results | None) -> list[DeploymentOutcome]:
    due = {f"{entry.target}/{domain}" for domain in entry.domains.split()}
    if found is None:
        return [DeploymentOutcome(name, "missing", "Its job left no results.") for name in sorted(due)]
    if found.target != entry.target or found.commit != manifest.head.commit:
        return [
            DeploymentOutcome(name, "missing", "Its job's results are of another target or commit.") for name in sorted(due)
        ]
    lines = [DeploymentOutcome(item.id, item.outcome, item.message, item.digest) for item in found.results if item.id in due]
    left = sorted(due - {line.name for line in lines})
    # What another run has done in between isn't due any more: a job only counts it.
    if len(left) > found.in_sync:
        return [*lines, *(DeploymentOutcome(name, "missing", "Its job doesn't account for it.") for name in left)]
    return [*lines, *(DeploymentOutcome(name, "nothing") for name in left)]
