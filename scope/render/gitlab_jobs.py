"""A matrix as a child pipeline of GitLab: a job per entry, each of them an instance of `.deploy` in the repository."""

from typing import Any

import yaml

from scope.documents.manifest import Matrix, MatrixEntry

# What a job does, and what follows all of them, is written there by hand.
TEMPLATE = ".ci/gitlab/deploy-target.yml"


def render_jobs(matrix: Matrix, digest: str) -> str:
    """Return the YAML of the child pipeline that deploys a matrix, from the manifest with this SHA-256.

    GitLab refuses a pipeline without jobs, so that of an empty matrix has one which does nothing.
    """
    if not matrix.include:
        return _dump({"nothing-is-due": {"script": ["true"], "variables": {"GIT_STRATEGY": "none"}}})
    jobs = {entry.id: _render_job(entry) for entry in matrix.include}
    return _dump({"include": [{"local": TEMPLATE}], "variables": {"DIGEST": digest}, **jobs})


def _render_job(entry: MatrixEntry) -> dict[str, Any]:
    return {
        "extends": ".deploy",
        "environment": {"name": entry.environment},
        # A policy that names the audience takes the tokens of no other environment.
        "id_tokens": {"DATABRICKS_OIDC_TOKEN": {"aud": f"databricks:{entry.environment}"}},
        # The manifest comes from the job that planned.
        "needs": [{"pipeline": "$PARENT_PIPELINE_ID", "job": f"plan-{entry.target}"}],
        # DOMAINS is what "Run pipeline" asked for, and beats what a job says.
        "variables": {"TARGET": entry.target, "ENTRY": entry.id, "ENTRY_DOMAINS": entry.domains},
    }


def _dump(pipeline: dict[str, Any]) -> str:
    return yaml.safe_dump(pipeline, sort_keys=False, width=10_000)
