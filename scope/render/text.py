"""The manifest for a terminal: what deploys where, and why, each cause said once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TextIO

from rich.text import Text

from scope.documents.manifest import Deploy, Manifest, ManifestChange, Warn
from scope.escaping import escape_invisible
from scope.graph.nodes import file_of
from scope.model import Action, Because
from scope.render.headline import describe_set
from scope.render.reasons import REASONS, UNOWNED
from scope.render.table import Column, Row
from scope.render.terminal import Terminal
from scope.wording import abbreviate, pluralize

_STYLES = {"deploy": "green", "destroy": "bold red"}
_COLUMNS = (Column("action"), Column("targets"))
_PRUNE = "A deploy with --prune destroys it, nothing else does."


@dataclass(frozen=True, slots=True)
class _Key:
    """What the domains of a row have in common; `alone` is the one domain that shares no change with another."""

    action: Action
    targets: tuple[str, ...]
    because: Because
    shared: tuple[str, ...]
    alone: str


def print_plan(manifest: Manifest, stream: TextIO, *, color: bool, next_steps: Iterable[str] = ()) -> None:
    """Write the plan to a stream: as wide as its terminal, or unwrapped if it isn't one."""
    terminal = Terminal(stream, color=color)
    terminal.title(_render_headline(manifest))
    if manifest.deploy:
        terminal.say()
        terminal.table(_COLUMNS, tuple(_list_rows(manifest)), items="domains")
    for title, notes in (*_list_moves(manifest), *_list_notes(manifest)):
        terminal.say()
        terminal.title(title)
        for note in notes:
            terminal.explain(note)
    for warning in manifest.warnings:
        terminal.say(Text(_format_warning(warning), "yellow"))
    terminal.next_steps(next_steps)


def _render_headline(manifest: Manifest) -> Text:
    head = _describe_head(manifest)
    if not manifest.deploy:
        return Text.assemble(f"{head}: ", ("nothing to deploy", "bold green"), ".")
    return Text.assemble(f"{head}: ", (describe_set(manifest), "bold"), ".")


def _describe_head(manifest: Manifest) -> str:
    work = ", uncommitted work included" if manifest.head.dirty else ""
    if manifest.against == "deployed":
        return f"{', '.join(manifest.targets)} against {(manifest.head.commit or 'no commit')[:9]}{work}"
    base = manifest.bases.get("b0")
    since = "" if base is None or base.commit is None else f" since {escape_invisible(base.ref or '')} ({base.commit[:9]})"
    files = f"{pluralize(len(manifest.changes), 'file')} changed{since}"
    if base is not None and base.reason:
        files += f" ({base.reason})"
    return f"{files}{work}"


def _list_rows(manifest: Manifest) -> Iterator[Row]:
    """Yield one row for all domains that deploy for the same reasons, removals first."""
    changes = {change.id: change for change in manifest.changes}
    for key, items in sorted(_group(manifest), key=lambda pair: (pair[0].action == "deploy", pair[1][0].domain)):
        yield Row(
            (Text(key.action, _STYLES[key.action]), ", ".join(key.targets)),
            tuple(dict.fromkeys(item.domain for item in items)),
            tuple(_explain(key, items, changes)),
        )


def _group(manifest: Manifest) -> list[tuple[_Key, list[Deploy]]]:
    """Return the deployments by what they have in common, the domains of each group in order."""
    reached: dict[str, set[str]] = {}
    by_domain: dict[tuple[str, Action, Because, tuple[str, ...]], list[Deploy]] = {}
    for item in manifest.deploy:
        causes = tuple(cause.change for cause in item.causes)
        by_domain.setdefault((item.domain, item.action, item.because, causes), []).append(item)
        for change in causes:
            reached.setdefault(change, set()).add(item.domain)
    grouped: dict[_Key, list[Deploy]] = {}
    for (domain, action, because, causes), items in sorted(by_domain.items(), key=itemgetter(0)):
        shared = tuple(change for change in causes if len(reached[change]) > 1)
        targets = tuple(sorted((item.target for item in items), key=manifest.targets.index))
        alone = domain if causes and not shared else ""
        grouped.setdefault(_Key(action, targets, because, shared, alone), []).extend(items)
    return list(grouped.items())


def _explain(key: _Key, items: list[Deploy], changes: dict[str, ManifestChange]) -> Iterator[str]:
    """Yield the reasons of a row: each change that several domains share once, and then the domains' own."""
    word = REASONS[key.because]
    if key.action == "destroy":
        word = f"{word}. {_PRUNE}"
    causes: dict[str, set[str | None]] = {}
    for item in items:
        for cause in item.causes:
            through = [path for step in cause.path if (path := file_of(step.node)) is not None]
            causes.setdefault(cause.change, set()).add(through[-1] if through else None)
    own = [_name(changes[one], ways) for one, ways in causes.items() if one not in key.shared]
    shared = [_name(changes[one], ways) for one, ways in causes.items() if one in key.shared]
    # The domain's own changes say more than those that deploy everything anyway.
    listed = [abbreviate(names) for names in (own, shared) if names]
    if word and listed and key.action != "destroy":
        listed[0] = f"{word}: {listed[0]}"
    elif word:
        yield word
    yield from listed


def _name(change: ManifestChange, ways: set[str | None]) -> str:
    """Return a change, with the file through which it reaches its domains if that is one and the same."""
    way = next(iter(ways)) if len(ways) == 1 else None
    text = f"{change.path} → {way}" if way else change.path
    if change.reaches and change.reason:
        text += f" ({UNOWNED if change.reason == 'unowned' else change.reason})"
    return escape_invisible(f"{text} (cosmetic)" if change.effect == "cosmetic" else text)


def _list_moves(manifest: Manifest) -> Iterator[tuple[Text, list[Text]]]:
    for is_declared, title, style in (
        (True, "Moves, with their ids (moves.toml):", "green"),
        (
            False,
            "Looks like a move. Say so in `moves` of moves.toml, or that it goes nowhere; else a deploy refuses:",
            "yellow",
        ),
    ):
        moves = sorted(
            (move for move in manifest.moves if move.declared is is_declared), key=lambda move: (move.line, move.source)
        )
        lines = []
        for line, group in groupby(moves, key=lambda move: move.line):
            pairs = [f"{move.source} to {move.destination}" for move in group]
            detail = "" if pairs == [line.replace(" -> ", " to ")] else f": {abbreviate(pairs)}"
            lines.append(Text(escape_invisible(f'"{line}"{detail}'), style))
        if lines:
            yield Text(title, style), lines


def _list_notes(manifest: Manifest) -> Iterator[tuple[Text, list[Text]]]:
    """Yield the changes that deploy nothing, by reason; then the readers."""
    idle: dict[str, list[str]] = {}
    for change in manifest.changes:
        if not change.reaches:
            idle.setdefault(change.reason or "", []).append(escape_invisible(change.path))
    if idle:
        reasons = sorted(idle.items())
        lines = [Text(f"{abbreviate(names)}{f' ({reason})' if reason else ''}", "dim") for reason, names in reasons]
        yield Text("Deploys nothing:", "dim"), lines
    readers: dict[str, set[str]] = {}
    for item in manifest.readers:
        readers.setdefault(item.id.partition("/")[2], set()).add(escape_invisible(item.table))
    if readers:
        lines = [Text(f"{name} reads {abbreviate(sorted(tables))}", "cyan") for name, tables in sorted(readers.items())]
        yield Text("Also read by (to review, not deployed):", "cyan"), lines


def _format_warning(warning: Warn) -> str:
    line = f":{warning.line}" if warning.line else ""
    return f"{escape_invisible(warning.path)}{line}: {warning.message}" if warning.path else warning.message
