"""The results of deployments as Markdown, for the summary of a workflow's run; every text inert."""

from collections.abc import Iterable, Sequence

from scope.documents.matrix_results import DeploymentOutcome
from scope.documents.results import Result
from scope.escaping import code_span, markdown_text


def deploy_page(target: str, results: Iterable[Result], in_sync: int) -> str:
    """Return the page of one deploy."""
    rows = [
        f"| `{item.id}` | {item.outcome} | {item.created} | {item.changed} | {item.deleted} | {item.seconds:.1f} s "
        f"| {_cell(item.message or '')} |"
        for item in results
    ]
    head = ["| deployment | outcome | created | changed | deleted | time | |", "|---|---|--:|--:|--:|--:|---|"]
    note = f"{in_sync} in sync already." if in_sync else ""
    body = [*head, *rows] if rows else ["Nothing to deploy."]
    return "\n".join([f"### Deploy to {target}", "", *body, "", note]).rstrip() + "\n"


def matrix_page(outcomes: Sequence[DeploymentOutcome]) -> str:
    """Return the page of a whole matrix: how much of it is done, and what isn't."""
    rows = [f"- {code_span(item.name)}: **{item.outcome}**{_details(item)}\n" for item in outcomes if not item.is_done]
    return f"### {count_done(outcomes)}\n\n{''.join(rows)}"


def count_done(outcomes: Sequence[DeploymentOutcome]) -> str:
    """Return in a sentence how many deployments are done."""
    done = sum(item.is_done for item in outcomes)
    return f"{done} of {len(outcomes)} deployments are done."


def _details(outcome: DeploymentOutcome) -> str:
    message = f" {markdown_text(outcome.message.splitlines()[0])}" if outcome.message else ""
    return f"{message} To approve: {code_span(outcome.digest)}" if outcome.digest else message


def _cell(text: str) -> str:
    """Return a message as a cell: its first words, as code, in which nothing is a name, a link or an element."""
    return markdown_text(" ".join(text.split()), 500) if text else ""
