"""The manifest for a terminal: what deploys where, and why, in a few lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scope.documents.manifest import Deploy, Manifest, ManifestChange
from scope.escaping import escape_invisible
from scope.graph.nodes import file_of
from scope.render.reasons import REASONS, UNOWNED
from scope.wording import abbreviate, pluralize

_STYLES = {"deploy": "green", "destroy": "bold red"}


@dataclass(frozen=True, slots=True)
class _Row:
    targets: tuple[str, ...]
    domain: str
    action: str
    why: str


def print_plan(manifest: Manifest, stream: TextIO, *, color: bool) -> None:
    """Write the plan to a stream: as wide as its terminal, or unwrapped if it isn't one."""
    width = None if stream.isatty() else 10_000
    console = Console(
        file=stream, width=width, no_color=not color, highlight=False, soft_wrap=not stream.isatty(), markup=False
    )
    console.print(_render_headline(manifest))
    if manifest.deploy:
        console.print()
        console.print(_render_table(manifest))
    for line in (*_render_moves(manifest), *_render_notes(manifest)):
        console.print(line)


def _render_headline(manifest: Manifest) -> Text:
    if manifest.against == "deployed":
        return _render_deployed_headline(manifest)
    base = manifest.bases.get("b0")
    since = "" if base is None or base.commit is None else f" since {escape_invisible(base.ref or '')} ({base.commit[:9]})"
    files = f"{pluralize(len(manifest.changes), 'file')} changed{since}"
    if base is not None and base.reason:
        files += f" ({base.reason})"
    if manifest.head.dirty:
        files += ", uncommitted work included"
    if not manifest.deploy:
        return Text.assemble(f"{files}: ", ("nothing to deploy", "bold green"), ".")
    return Text.assemble(f"{files}: ", (_count_deployments(manifest), "bold"), ".")


def _render_deployed_headline(manifest: Manifest) -> Text:
    work = ", uncommitted work included" if manifest.head.dirty else ""
    head = f"{', '.join(manifest.targets)} against {(manifest.head.commit or 'no commit')[:9]}{work}"
    if not manifest.deploy:
        return Text.assemble(f"{head}: ", ("nothing to deploy", "bold green"), ".")
    return Text.assemble(f"{head}: ", (_count_deployments(manifest), "bold"), ".")


def _count_deployments(manifest: Manifest) -> str:
    domains = {item.domain for item in manifest.deploy}
    what = "every domain deploys" if manifest.mode == "full" else pluralize(len(domains), "domain")
    return f"{what}, {pluralize(len(manifest.deploy), 'deployment')}"


def _render_table(manifest: Manifest) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("target", no_wrap=True)
    table.add_column("domain", no_wrap=True)
    table.add_column("action", no_wrap=True)
    table.add_column("why", overflow="fold")
    for row in _group_rows(manifest):
        table.add_row(", ".join(row.targets), row.domain, Text(row.action, _STYLES[row.action]), Text(row.why))
    return table


def _group_rows(manifest: Manifest) -> Iterator[_Row]:
    """Return one row per domain, action and reason, removals first; targets with the same reason share a row."""
    paths = {change.id: change for change in manifest.changes}
    grouped: dict[tuple[bool, str, str, str], list[str]] = {}
    for item in manifest.deploy:
        key = (item.action == "deploy", item.domain, item.action, _explain(item, paths))
        grouped.setdefault(key, []).append(item.target)
    for (_, domain, action, why), targets in sorted(grouped.items()):
        ordered = tuple(sorted(targets, key=manifest.targets.index))
        yield _Row(ordered, domain, action, why)


def _explain(item: Deploy, changes: dict[str, ManifestChange]) -> str:
    # The domain's own changes say more than those that deploy everything anyway.
    causes = sorted(item.causes, key=lambda cause: changes[cause.change].reason is not None)
    named = [_render_cause(changes[cause.change], tuple(step.node for step in cause.path)) for cause in causes]
    return ": ".join(filter(None, (REASONS[item.because], abbreviate(named))))


def _render_cause(change: ManifestChange, nodes: tuple[str, ...]) -> str:
    through = [path for node in nodes if (path := file_of(node)) is not None]
    text = f"{change.path} → {through[-1]}" if through else change.path
    return escape_invisible(f"{text} (cosmetic)" if change.effect == "cosmetic" else text)


def _render_moves(manifest: Manifest) -> Iterator[Text]:
    for is_declared, title, style in (
        (True, "Moves, with their ids (moves.toml):", "green"),
        (
            False,
            "Looks like a move. Say so in `moves` of moves.toml, or that it goes nowhere; else a deploy refuses:",
            "yellow",
        ),
    ):
        moves = [move for move in manifest.moves if move.declared is is_declared]
        if moves:
            yield Text()
            yield Text(title, style)
        for line, group in groupby(sorted(moves, key=lambda move: (move.line, move.source)), key=lambda move: move.line):
            pairs = [f"{move.source} to {move.destination}" for move in group]
            detail = "" if pairs == [line.replace(" -> ", " to ")] else f": {abbreviate(pairs)}"
            yield Text(escape_invisible(f'  "{line}"{detail}'), style)


def _render_notes(manifest: Manifest) -> Iterator[Text]:
    """Return the changes that deploy everything and those that deploy nothing, by reason; then readers and warnings."""
    wide = [change for change in manifest.changes if change.reaches and change.reason]
    idle = [change for change in manifest.changes if not change.reaches]
    for title, style, changes in (("Deploys everything", "yellow", wide), ("Deploys nothing", "dim", idle)):
        if changes:
            yield Text()
            yield Text(f"{title}:", style)
        for reason, names in sorted(_group_by_reason(changes).items()):
            yield Text(f"  {abbreviate(names)}{f' ({reason})' if reason else ''}", style)
    readers = sorted({(item.of.partition("/")[2], item.id.partition("/")[2], item.table) for item in manifest.readers})
    if readers:
        yield Text()
        yield Text("Also read by (to review, not deployed):", "cyan")
    for pair, rows in groupby(readers, key=itemgetter(0, 1)):
        yield Text(f"  {pair[1]} reads {abbreviate([escape_invisible(row[2]) for row in rows])}", "cyan")
    for warning in manifest.warnings:
        place = f"{escape_invisible(warning.path)}:{warning.line}" if warning.line else escape_invisible(warning.path)
        yield Text(f"{place}: {warning.message}", "yellow")


def _group_by_reason(changes: list[ManifestChange]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for change in changes:
        reason = UNOWNED if change.reason == "unowned" else change.reason or ""
        grouped.setdefault(reason, []).append(escape_invisible(change.path))
    return grouped
