"""The manifest as a workflow's outputs: whether to deploy, with which jobs, and the digest of what was planned."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping

from scope.documents.manifest import Manifest
from scope.errors import UsageError

# GitHub drops a job's outputs beyond 1 MiB, counted in UTF-16.
_LIMIT = 500_000


def outputs(manifest: Manifest, content: bytes) -> Mapping[str, str]:
    """Return the outputs of the manifest that `content` is, each of one line. Of the repository, only names are in them."""
    matrix = json.dumps(dataclasses.asdict(manifest.matrix), separators=(",", ":"))
    if len(matrix) > _LIMIT:
        raise UsageError(
            f"The matrix of {len(manifest.deploy):,} deployments is longer than GitHub passes on from job to job. "
            "Deploy one target at a time, or name domains."
        )
    return {
        "has_changes": "true" if manifest.deploy else "false",
        "mode": manifest.mode,
        "deployments": str(len(manifest.deploy)),
        "destroys": str(sum(item.action == "destroy" for item in manifest.deploy)),
        "matrix": matrix,
        "digest": hashlib.sha256(content).hexdigest(),
    }
