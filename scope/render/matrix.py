"""The manifest as what a plan hands to the jobs after it: whether to deploy, with which jobs, and the manifest's digest."""

import hashlib
import json
from collections.abc import Mapping

from scope.documents.manifest import Manifest, Matrix
from scope.errors import UsageError
from scope.model import CiKind

# GitHub drops job outputs of more than 1 MiB, counted in UTF-16.
_LIMIT = 500_000
# Azure Pipelines gives outputs to the steps that follow as environment variables: Linux takes no longer ones than 128 KiB.
_AZURE_LIMIT = 100_000
_LONGEST_LEG = 100


def render_outputs(manifest: Manifest, content: bytes, kind: CiKind = CiKind.GITHUB) -> Mapping[str, str]:
    """Return the outputs of the manifest whose bytes are `content`. They contain names, but no paths.

    Each is one line, but for the `matrix` of GitLab: that is the YAML of a child pipeline.
    """
    digest = hashlib.sha256(content).hexdigest()
    return {
        "has_changes": "true" if manifest.deploy else "false",
        "mode": manifest.mode,
        "deployments": str(len(manifest.deploy)),
        "destroys": str(sum(item.action == "destroy" for item in manifest.deploy)),
        "matrix": _render_matrix(manifest, digest, kind),
        "digest": digest,
    }


def _render_matrix(manifest: Manifest, digest: str, kind: CiKind) -> str:
    match kind:
        case CiKind.GITHUB:
            matrix, limit, host = {"include": [entry._asdict() for entry in manifest.matrix.include]}, _LIMIT, "GitHub"
        case CiKind.AZURE_DEVOPS:
            matrix, limit, host = _name_legs(manifest.matrix), _AZURE_LIMIT, "Azure DevOps"
        case CiKind.GITLAB:
            from scope.render.gitlab_jobs import render_jobs  # YAML takes 20 ms, and GitLab alone needs it

            return render_jobs(manifest.matrix, digest)
    text = json.dumps(matrix, separators=(",", ":"))
    if len(text) > limit:
        raise UsageError(
            f"The matrix of {len(manifest.deploy):,} deployments exceeds {host}'s limit for job outputs. "
            "Deploy one target at a time, or select domains with `--domain`."
        )
    return text


def _name_legs(matrix: Matrix) -> dict[str, dict[str, str]]:
    """Return the entries as Azure Pipelines takes a matrix: by name, of at most 100 letters, digits and `_`."""
    names = [entry.id.replace("-", "_") for entry in matrix.include]
    # `a-b` and `a_b` may both be there.
    if len(set(names)) < len(names) or any(len(name) > _LONGEST_LEG for name in names):
        names = [f"job_{number}" for number in range(1, len(names) + 1)]
    return {name: entry._asdict() for name, entry in zip(names, matrix.include, strict=True)}
