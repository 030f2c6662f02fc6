"""The manifest as outputs of a workflow step: whether to deploy, with which jobs, and the manifest's digest."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping

from scope.documents.manifest import Manifest
from scope.errors import UsageError

# GitHub drops job outputs of more than 1 MiB, counted in UTF-16.
_LIMIT = 500_000


def render_outputs(manifest: Manifest, content: bytes) -> Mapping[str, str]:
    """Return the outputs, one line each, of the manifest whose bytes are `content`. They contain names, but no paths."""
    matrix = json.dumps(dataclasses.asdict(manifest.matrix), separators=(",", ":"))
    if len(matrix) > _LIMIT:
        raise UsageError(
            f"The matrix of {len(manifest.deploy):,} deployments exceeds GitHub's limit for job outputs. "
            "Deploy one target at a time, or select domains with `--domain`."
        )
    return {
        "has_changes": "true" if manifest.deploy else "false",
        "mode": manifest.mode,
        "deployments": str(len(manifest.deploy)),
        "destroys": str(sum(item.action == "destroy" for item in manifest.deploy)),
        "matrix": matrix,
        "digest": hashlib.sha256(content).hexdigest(),
    }
