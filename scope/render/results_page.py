"""The results of deployments as Markdown, for the summary of a workflow run; every text inert."""

from collections.abc import Iterable, Sequence

from scope.documents.matrix_results import DeploymentOutcome
from scope.documents.results import Result
from scope.escaping import code_span, markdown_text
from scope.wording import pluralize


def render_deploy_page(target: str, results: Iterable[Result], in_sync: int) -> str:
    """Return the page of one deploy, what was destroyed first."""
    rows = [
        f"| `{item.id}` | {item.outcome} | {item.created} | {item.changed} | {item.deleted} | {item.uploaded} "
        f"| {item.seconds:.1f} s | {_render_cell(item.message or '')} |"
        for item in sorted(results, key=lambda item: item.action == "deploy")
    ]
    head = ["| deployment | outcome | created | changed | deleted | files | time | |", "|---|---|--:|--:|--:|--:|--:|---|"]
    note = f"{pluralize(in_sync, 'deployment')} already in sync." if in_sync else ""
    body = [*head, *rows] if rows else ["Nothing to deploy."]
    return "\n".join([f"### Deploy to {target}", "", *body, "", note]).rstrip() + "\n"


def render_matrix_page(outcomes: Sequence[DeploymentOutcome]) -> str:
    """Return the page of a whole matrix: how many deployments are complete, and which aren't."""
    rows = [
        f"- {code_span(item.name)}{' to destroy' if item.is_destroy else ''}: **{item.outcome}**{_render_details(item)}\n"
        for item in outcomes
        if not item.is_done
    ]
    return f"### {count_done(outcomes)}\n\n{''.join(rows)}"


def count_done(outcomes: Sequence[DeploymentOutcome]) -> str:
    """Return the sentence that says how many deployments are complete."""
    done = sum(item.is_done for item in outcomes)
    return f"{done} of {pluralize(len(outcomes), 'deployment')} complete."


def _render_details(outcome: DeploymentOutcome) -> str:
    message = f" {markdown_text(outcome.message.splitlines()[0])}" if outcome.message else ""
    return f"{message} Approve with {code_span(outcome.digest)}." if outcome.digest else message


def _render_cell(text: str) -> str:
    """Return a message as the text of a cell, shortened, as code unless it is plain words."""
    return markdown_text(" ".join(text.split()), 500) if text else ""
