"""What each CI system calls things, what its Markdown shows, and how much of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from scope.model import CiKind


@dataclass(frozen=True, slots=True)
class Dialect:
    """How pages are written for one CI system. Limits are in bytes.

    `request` is what changes are proposed by, `pipelines` what runs for one, and `pipeline_paths` where those are defined.
    """

    host: str
    request: str
    pipelines: str
    pipeline_paths: tuple[str, ...]
    comment_limit: int
    summary_limit: int
    has_alerts: bool
    draws_mermaid: bool


_MIB = 1024 * 1024
# The limits count characters, which are no more than the bytes that are counted here.
GITHUB = Dialect(
    host="GitHub",
    request="pull request",
    pipelines="workflows",
    pipeline_paths=(".github/",),
    comment_limit=65_536,
    summary_limit=_MIB,
    has_alerts=True,
    draws_mermaid=True,
)
DIALECTS: Mapping[CiKind, Dialect] = {
    CiKind.GITHUB: GITHUB,
    CiKind.AZURE_DEVOPS: Dialect(
        host="Azure DevOps",
        request="pull request",
        pipelines="pipelines",
        pipeline_paths=(".ci/",),
        comment_limit=150_000,
        summary_limit=_MIB,
        # It shows `> [!NOTE]` as it is written, and draws diagrams in a wiki only.
        has_alerts=False,
        draws_mermaid=False,
    ),
    CiKind.GITLAB: Dialect(
        host="GitLab",
        request="merge request",
        pipelines="pipelines",
        pipeline_paths=(".ci/", ".gitlab-ci.yml"),
        comment_limit=1_000_000,
        summary_limit=_MIB,
        # Since 17.10; before, as it is written.
        has_alerts=True,
        draws_mermaid=True,
    ),
}
