"""The results of a matrix's jobs, checked against the deployments that the manifest names.

A job that was killed, cancelled or never started leaves no file; a deployment without a result is a failure, never
silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scope.documents.manifest import Manifest, MatrixEntry
from scope.documents.results import DONE, Results
from scope.errors import UsageError

_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DeploymentOutcome:
    """The outcome of one deployment of the matrix."""

    name: str
    outcome: str
    message: str | None = None
    digest: str | None = None
    is_destroy: bool = False

    @property
    def is_done(self) -> bool:
        """Return whether the deployment needs nothing more."""
        return self.outcome in DONE


def read_results(path: Path) -> Results | None:
    """Return a job's results, or None if it left none. Raises `UsageError` for another file."""
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
    """Return the outcome of every deployment of the manifest, removals first; one that no job reports is missing.

    `results` are the jobs' by their id in the matrix.
    """
    gone = {item.id for item in manifest.deploy if item.action == "destroy"}
    outcomes = (
        replace(outcome, is_destroy=outcome.name in gone)
        for entry in manifest.matrix.include
        for outcome in _outcomes_of(entry, manifest, results.get(entry.id))
    )
    return tuple(sorted(outcomes, key=lambda outcome: not outcome.is_destroy))


def _outcomes_of(entry: MatrixEntry, manifest: Manifest, results: Results | None) -> list[DeploymentOutcome]:
    due = {f"{entry.target}/{domain}" for domain in entry.domains.split()}
    if results is None:
        return [DeploymentOutcome(name, "missing", "Its job left no results.") for name in sorted(due)]
    if results.target != entry.target or results.commit != manifest.head.commit:
        return [
            DeploymentOutcome(name, "missing", "Its job's results are of another target or commit.") for name in sorted(due)
        ]
    outcomes = [
        DeploymentOutcome(item.id, item.outcome, item.message, item.digest) for item in results.results if item.id in due
    ]
    left = sorted(due - {outcome.name for outcome in outcomes})
    # What another run has deployed in between is no longer due: a job only counts it.
    if len(left) > results.in_sync:
        return [*outcomes, *(DeploymentOutcome(name, "missing", "Its job doesn't account for it.") for name in left)]
    return [*outcomes, *(DeploymentOutcome(name, "nothing") for name in left)]
