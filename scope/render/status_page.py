"""The status of a target as Markdown, for the summary of a workflow run; every text inert.

What is gone stands first, then what is out of sync.
"""

from collections.abc import Iterator

from scope.controller.status import Report, Status, Sync
from scope.escaping import code_span, markdown_text
from scope.render.dialects import GITHUB, Dialect
from scope.render.fit import Block, fit
from scope.wording import abbreviate

_SHOWN = 5


def render_status_page(report: Report, dialect: Dialect = GITHUB, limit: int | None = None) -> str:
    """Return the page, in at most `limit` bytes, or as many as a summary may have."""
    ordered = sorted(report.domains, key=lambda item: (item.sync is not Sync.GONE, item.sync is Sync.IN_SYNC, item.domain))
    in_sync = sum(item.sync is Sync.IN_SYNC for item in ordered)
    head = f"### {code_span(report.target)}: {in_sync} of {len(ordered)} domains in sync\n\n"
    rows = tuple(
        f"| {code_span(item.domain)} | {str(item.sync).replace('-', ' ')} "
        f"| {code_span(item.commit[:9]) if item.commit else ''} | {', '.join(_list_details(item))} |\n"
        for item in ordered
    )
    table = Block(1, "domains", "| domain | status | commit | details |\n|---|---|---|---|\n", rows)
    blocks = [Block(0, "", head), *([table] if rows else [])]
    return fit(blocks, limit or dialect.summary_limit, "the log of this job", dialect)


def _list_details(item: Status) -> Iterator[str]:
    if item.why:
        yield markdown_text(" ".join(item.why.split()))
    for texts in (item.changes, item.differences):
        if texts:
            yield abbreviate([code_span(text) for text in texts], _SHOWN)
    if item.unexplained:
        yield f"unexplained {abbreviate([code_span(text) for text in item.unexplained], _SHOWN)}"
    if item.unverified:
        yield markdown_text(" ".join(item.unverified.split()))
    if item.locked_by:
        yield f"locked by {code_span(item.locked_by)}"
