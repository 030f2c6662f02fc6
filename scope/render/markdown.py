"""The manifest as Markdown: a pull request's comment, a run's summary. What could harm stands first, reasons are folded.

Nothing of the repository is pasted: paths, names, references and messages go through `code` or `prose`.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from scope.documents.manifest import Deploy, LivePlan, Manifest, ManifestChange, Reader
from scope.escaping import code_span, markdown_text, shortened
from scope.graph.nodes import domain_node, label
from scope.render.drawing import drawing
from scope.render.fit import Block, fit
from scope.wording import abbreviate, pluralize

MARKER = "<!-- scope: blast radius -->"
COMMENT_LIMIT = 65_536
SUMMARY_LIMIT = 1024 * 1024
_CAUSES_SHOWN = 20
_IDLE_SHOWN = 10
_READERS_OPEN = 5
_BECAUSE = {
    "changed": "",
    "rule": "by rule",
    "first-deploy": "new domain",
    "failed-attempt": "its last deploy failed",
    "untrusted-record": "what it runs isn't known for sure",
    "base-unreachable": "nothing to compare with",
    "removed": "gone from the repository",
}
# In the order in which room is given when there isn't enough.
_DESTROYS, _DESTRUCTIVE, _TABLE, _UNEXPLAINED, _WARNINGS, _READERS, _GRAPH, _CAUSES, _IDLE = range(1, 10)
_FIRST = 0


def comment(manifest: Manifest, *, notes: Sequence[str] = (), limit: int = COMMENT_LIMIT) -> str:
    """Return the page, in at most `limit` bytes. `notes` are whole sentences of scope's own, shown before everything."""
    blocks = [
        Block(_FIRST, "", f"{MARKER}\n{_headline(manifest)}\n"),
        *(Block(_FIRST, "", f"\n> [!IMPORTANT]\n> {note}\n") for note in notes),
        *_destroys(manifest),
        *_destructive(manifest),
        *_table(manifest),
        *_unexplained(manifest),
        *_warnings(manifest),
        *_readers(manifest),
        *_graph(manifest),
        *_causes(manifest),
        *_idle(manifest),
        Block(_FIRST, "", f"\n{_as_of(manifest)}\n"),
    ]
    return fit(blocks, limit, "manifest.json, an artifact of this run")


def _headline(manifest: Manifest) -> str:
    changes = pluralize(len(manifest.changes), "changed file")
    if not manifest.deploy:
        return f"**Deploys nothing.** {changes}, and no deployment is made of {_one(len(manifest.changes), 'it', 'them')}."
    domains = len({item.domain for item in manifest.deploy})
    what = "everything" if manifest.mode == "full" else pluralize(domains, "domain")
    gone = sum(item.action == "destroy" for item in manifest.deploy)
    also = f", {gone} to destroy" if gone else ""
    return f"### Deploys {what}\n\n{changes} → {pluralize(len(manifest.deploy), 'deployment')}{also}."


def _destroys(manifest: Manifest) -> Iterator[Block]:
    gone = _by_domain([item for item in manifest.deploy if item.action == "destroy"])
    if gone:
        head = (
            "\n> [!CAUTION]\n> Gone from the repository. Their resources, and the data that is only theirs, are destroyed "
            "when someone deploys with `--prune`:\n"
        )
        items = tuple(f"> - {code_span(domain)} in {_names(items)}{_resources(items)}\n" for domain, items in gone)
        yield Block(_DESTROYS, "domains to destroy", head, items)


def _resources(items: Sequence[Deploy]) -> str:
    found = sorted({resource for item in items for resource in item.resources})
    return f": {abbreviate([code_span(resource) for resource in found], _CAUSES_SHOWN)}" if found else ""


def _destructive(manifest: Manifest) -> Iterator[Block]:
    lines: list[str] = []
    for plan in manifest.live:
        if plan.destructive and _action(manifest, plan) == "deploy":
            consent = f", after approval of {code_span(plan.digest)}" if plan.digest else ""
            items = abbreviate([code_span(item) for item in plan.destructive], _CAUSES_SHOWN)
            lines.append(f"> - {code_span(plan.id)}: {items}{consent}\n")
    if lines:
        head = "\n> [!CAUTION]\n> By the plan, resources go or are made anew:\n"
        yield Block(_DESTRUCTIVE, "lists of deletions", head, tuple(lines))


def _unexplained(manifest: Manifest) -> Iterator[Block]:
    lines = tuple(
        f"> - {code_span(plan.id)}: {_effect(plan)}\n" for plan in manifest.live if _action(manifest, plan) is None
    )
    if lines:
        head = (
            "\n> [!WARNING]\n> Not due, and the plan changes something all the same. Somebody changed it in the workspace, "
            "or scope misses what it depends on:\n"
        )
        yield Block(_UNEXPLAINED, "changes that scope can't explain", head, lines)


def _action(manifest: Manifest, plan: LivePlan) -> str | None:
    return next((item.action for item in manifest.deploy if item.id == plan.id), None)


def _effect(plan: LivePlan) -> str:
    """Return what a plan does in a few words."""
    if plan.problem is not None:
        return f"no plan: {markdown_text(plan.problem)}"
    counts = ((plan.create, "created"), (plan.update, "updated"), (plan.recreate, "made anew"), (plan.delete, "deleted"))
    return ", ".join(f"{number} {word}" for number, word in counts if number) or "code only"


def _table(manifest: Manifest) -> Iterator[Block]:
    if not manifest.deploy:
        return
    targets = [target for target in manifest.targets if any(item.target == target for item in manifest.deploy)]
    head = f"\n| domain | {' | '.join(code_span(target) for target in targets)} | why |\n|---|{'---|' * len(targets)}---|\n"
    rows = []
    live = {plan.id: plan for plan in manifest.live}
    for domain, items in sorted(_by_domain(manifest.deploy), key=lambda pair: _row_rank(pair[1], live)):
        actions = {item.target: _cell(item, live.get(item.id)) for item in items}
        cells = " | ".join(actions.get(target, "\N{EN DASH}") for target in targets)
        rows.append(f"| {code_span(domain)} | {cells} | {_short_why(manifest, items)} |\n")
    yield Block(_TABLE, "rows of the table", head, tuple(rows))


def _row_rank(items: Sequence[Deploy], live: Mapping[str, LivePlan]) -> int:
    if any(item.action == "destroy" for item in items):
        return 0
    return 1 if any(item.id in live and live[item.id].destructive for item in items) else 2


def _cell(item: Deploy, plan: LivePlan | None) -> str:
    if item.action == "destroy":
        return "**destroy**"
    return "deploy" if plan is None else f"deploy: {_effect(plan)}"


def _short_why(manifest: Manifest, items: Sequence[Deploy]) -> str:
    words = sorted({_BECAUSE[item.because] for item in items} - {""})
    changed = {cause.change for item in items for cause in item.causes}
    paths = [change.path for change in manifest.changes if change.id in changed]
    if len(paths) == 1:
        words.append(code_span(paths[0], 60))
    elif paths:
        words.append(pluralize(len(paths), "file"))
    return ", ".join(words) or "\N{EN DASH}"


def _warnings(manifest: Manifest) -> Iterator[Block]:
    lines = [
        f"> - {_place(warning.path, warning.line)}: {markdown_text(warning.message)}\n"
        if warning.path
        else f"> - {markdown_text(warning.message)}\n"
        for warning in manifest.warnings
    ]
    lines += [
        f"> - {code_span(change.path)}: no rule knows this path, so it deploys everything.\n"
        for change in manifest.changes
        if change.reaches and change.reason == "unowned"
    ]
    if lines:
        yield Block(_WARNINGS, "warnings", "\n> [!WARNING]\n", tuple(lines))


def _readers(manifest: Manifest) -> Iterator[Block]:
    def place(reader: Reader) -> tuple[str, str, str, int]:
        return reader.id.partition("/")[2], reader.table, reader.path, reader.line

    grouped = groupby(sorted(manifest.readers, key=place), key=place)
    lines = tuple(
        f"- {code_span(domain)} reads {code_span(table)} in {_place(path, line)}\n"
        for (domain, table, path, line), _ in grouped
    )
    if lines:
        domains = pluralize(len({reader.id.partition("/")[2] for reader in manifest.readers}), "domain")
        what = f"Read by {domains}, which this alone doesn't deploy"
        head, tail = ("\n**", "") if len(lines) <= _READERS_OPEN else ("\n<details><summary>", "\n</details>\n")
        end = "**\n\n" if not tail else "</summary>\n\n"
        yield Block(_READERS, "readers", f"{head}{what}{end}", lines, tail)


def _graph(manifest: Manifest) -> Iterator[Block]:
    drawn = drawing(manifest)
    if drawn is not None:
        yield Block(_GRAPH, "the graph", "\n", (f"```mermaid\n{drawn}```\n",))


def _causes(manifest: Manifest) -> Iterator[Block]:
    changes = {change.id: change for change in manifest.changes}
    items = tuple(
        f"\n{code_span(domain)} in {_names(alike)}{_because(alike[0])}\n\n{lines}"
        for domain, items in _by_domain(manifest.deploy)
        for lines, alike in _alike(items, changes)
        if lines
    )
    if items:
        yield Block(_CAUSES, "reasons", "\n<details><summary>Why</summary>\n", items, "\n</details>\n")


def _alike(items: Sequence[Deploy], changes: dict[str, ManifestChange]) -> Iterator[tuple[str, list[Deploy]]]:
    """Return the deployments of a domain with the same causes together, targets in their order."""
    grouped: dict[tuple[str, str], list[Deploy]] = {}
    for item in items:
        grouped.setdefault((_cause_lines(item, changes), item.because), []).append(item)
    for (lines, _), alike in grouped.items():
        yield lines, alike


def _cause_lines(item: Deploy, changes: dict[str, ManifestChange]) -> str:
    lines = []
    for cause in item.causes[:_CAUSES_SHOWN]:
        change = changes[cause.change]
        words = [change.status, *(["only comments or format"] if change.effect == "cosmetic" else [])]
        moved = f", moved to {code_span(change.moved_to)}" if change.moved_to else ""
        way = "".join(
            f" → {code_span(label(step.node))} ({markdown_text(step.edge, 40)})"
            for step in cause.path
            if step.node != domain_node(item.domain)
        )
        lines.append(f"- {code_span(change.path)} ({', '.join(words)}{moved}){way}\n")
    if len(item.causes) > _CAUSES_SHOWN:
        lines.append(f"- and {len(item.causes) - _CAUSES_SHOWN} more\n")
    return "".join(lines)


def _because(item: Deploy) -> str:
    word = _BECAUSE[item.because]
    return f": {word}" if word else ""


def _idle(manifest: Manifest) -> Iterator[Block]:
    idle = [change for change in manifest.changes if not change.reaches]
    by_reason: dict[str, list[str]] = {}
    for change in idle:
        by_reason.setdefault(change.reason or "", []).append(code_span(change.path))
    lines = tuple(
        f"- {f'{markdown_text(reason)}: ' if reason else ''}{abbreviate(paths, _IDLE_SHOWN)}\n"
        for reason, paths in sorted(by_reason.items())
    )
    if lines:
        what = f"{pluralize(len(idle), 'changed file')} that {_one(len(idle), 'deploys', 'deploy')} nothing"
        yield Block(_IDLE, "files that deploy nothing", f"\n<details><summary>{what}</summary>\n\n", lines, "\n</details>\n")


def _as_of(manifest: Manifest) -> str:
    base = manifest.bases.get("b0")
    head = manifest.head
    if manifest.against == "deployed" or base is None:
        since = "what each deployment runs"
    elif base.commit is None:
        since = f"nothing ({markdown_text(base.reason or 'no base')})"
    else:
        since = f"{_short(base.commit)} of {code_span(base.ref or 'base', 60)}"
    dirty = " with uncommitted work" if head.dirty else ""
    at = _short(head.commit) if head.commit else "no commit"
    by = f"by {code_span(manifest.tool)} · see it locally: {code_span(_command(manifest))}"
    return f"<sub>{at}{dirty} against {since} · {by}</sub>"


def _command(manifest: Manifest) -> str:
    """Return the command that gives these numbers on a clone; of odd references only what a shell takes as it stands."""
    base = manifest.bases.get("b0")
    if manifest.against == "deployed" or base is None or not base.ref:
        return "uv run scope status --target NAME"
    ref = base.ref if re.fullmatch(r"[\w.][\w./-]*", base.ref, re.ASCII) else base.commit or "main"
    return f"just scope {shlex.quote(f'base={ref}')}"


def _by_domain(items: Sequence[Deploy]) -> list[tuple[str, list[Deploy]]]:
    grouped: dict[str, list[Deploy]] = {}
    for item in items:
        grouped.setdefault(item.domain, []).append(item)
    return sorted(grouped.items())


def _names(items: Sequence[Deploy]) -> str:
    return ", ".join(code_span(item.target) for item in items)


def _place(path: str, line: int) -> str:
    return code_span(f"{shortened(path, 200)}:{line}" if line else path)


def _short(commit: str) -> str:
    return code_span(commit[:9])


def _one(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
