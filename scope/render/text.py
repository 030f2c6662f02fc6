"""The manifest for a terminal: what deploys where, and why, in a few lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scope.manifest import Deploy, Manifest, ManifestChange
from scope.render.inert import visible

_STYLES = {"deploy": "green", "destroy": "bold red"}
_CAUSES_SHOWN = 3
_CHANGES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class _Row:
    targets: tuple[str, ...]
    domain: str
    action: str
    why: str


def print_plan(manifest: Manifest, stream: TextIO, *, color: bool) -> None:
    """Write the plan to a stream, as wide as its terminal, or unwrapped where it is none."""
    width = None if stream.isatty() else 10_000
    console = Console(
        file=stream, width=width, no_color=not color, highlight=False, soft_wrap=not stream.isatty(), markup=False
    )
    console.print(_headline(manifest))
    if manifest.deploy:
        console.print()
        console.print(_table(manifest))
    for line in _notes(manifest):
        console.print(line)


def _headline(manifest: Manifest) -> Text:
    base = manifest.bases.get("b0")
    since = "" if base is None or base.commit is None else f" since {visible(base.ref or '')} ({base.commit[:9]})"
    count = len(manifest.changes)
    files = f"{count} file{'s' * (count != 1)} changed{since}"
    if base is not None and base.reason:
        files += f" ({base.reason})"
    if manifest.head.dirty:
        files += ", uncommitted work included"
    if not manifest.deploy:
        return Text.assemble(f"{files}: ", ("nothing to deploy", "bold green"), ".")
    domains = {item.domain for item in manifest.deploy}
    what = "every domain deploys" if manifest.mode == "full" else f"{len(domains)} domain{'s' * (len(domains) != 1)}"
    number = len(manifest.deploy)
    return Text.assemble(f"{files}: ", (f"{what}, {number} deployment{'s' * (number != 1)}", "bold"), ".")


def _table(manifest: Manifest) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("target", no_wrap=True)
    table.add_column("domain", no_wrap=True)
    table.add_column("action", no_wrap=True)
    table.add_column("why", overflow="fold")
    for row in _rows(manifest):
        table.add_row(", ".join(row.targets), row.domain, Text(row.action, _STYLES[row.action]), Text(row.why))
    return table


def _rows(manifest: Manifest) -> Iterator[_Row]:
    """Return one row per domain, action and reason, removals first; targets that are alike share a row."""
    paths = {change.id: change for change in manifest.changes}
    grouped: dict[tuple[bool, str, str, str], list[str]] = {}
    for item in manifest.deploy:
        key = (item.action == "deploy", item.domain, item.action, _why(item, paths))
        grouped.setdefault(key, []).append(item.target)
    for (_, domain, action, why), targets in sorted(grouped.items()):
        ordered = tuple(sorted(targets, key=manifest.targets.index))
        yield _Row(ordered, domain, action, why)


def _why(item: Deploy, changes: dict[str, ManifestChange]) -> str:
    words = {
        "removed": "gone from the repository",
        "first-deploy": "new domain",
        "rule": "by rule",
        "base-unreachable": "no base to compare with",
    }
    start = words.get(item.because)
    named = [_cause(changes[cause.change], tuple(step.node for step in cause.path)) for cause in item.causes]
    shown = named[:_CAUSES_SHOWN]
    if len(named) > len(shown):
        shown.append(f"and {len(named) - len(shown)} more")
    return ": ".join(filter(None, (start, ", ".join(shown))))


def _cause(change: ManifestChange, nodes: tuple[str, ...]) -> str:
    through = [node.removeprefix("file:") for node in nodes if node.startswith("file:")]
    text = f"{change.path} → {through[-1]}" if through else change.path
    return visible(f"{text} (cosmetic)" if change.effect == "cosmetic" else text)


def _notes(manifest: Manifest) -> Iterator[Text]:
    idle = [change for change in manifest.changes if not change.reaches]
    if idle:
        yield Text()
        yield Text(f"{len(idle)} of the changed files deploy{'s' * (len(idle) == 1)} nothing:", "dim")
        for change in idle[:_CHANGES_SHOWN]:
            yield Text(f"  {visible(change.path)}  {change.reason or ''}".rstrip(), "dim")
        if len(idle) > _CHANGES_SHOWN:
            yield Text(f"  and {len(idle) - _CHANGES_SHOWN} more", "dim")
    wide = [change for change in manifest.changes if change.reaches and change.reason]
    for change in wide[:_CHANGES_SHOWN]:
        word = "no rule knows it, so it deploys everything" if change.reason == "unowned" else change.reason
        yield Text(f"{visible(change.path)}: {word}", "yellow")
    for warning in manifest.warnings:
        place = f"{visible(warning.path)}:{warning.line}" if warning.line else visible(warning.path)
        yield Text(f"{place}: {warning.message}", "yellow")
