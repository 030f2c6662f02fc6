"""The manifest as Markdown: a pull request's comment, a run's summary. Destructive changes come first, reasons are folded.

Nothing from the repository is pasted as it is: paths, names, references and messages go through `code_span` or
`markdown_text`.
"""

import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from scope.documents.manifest import Deploy, LivePlan, Manifest, ManifestChange, Reader
from scope.escaping import code_span, markdown_text, shortened
from scope.graph.nodes import domain_node, label
from scope.render.dialects import GITHUB, Dialect
from scope.render.drawing import draw
from scope.render.fit import Block, fit
from scope.render.headline import count_deployments, describe_domains
from scope.render.reasons import REASONS
from scope.wording import abbreviate, pluralize

MARKER = "<!-- scope: blast radius -->"
_CAUSES_SHOWN = 20
_DOMAINS_SHOWN = 25
_NAMED_IN_TITLE = 3
_IDLE_SHOWN = 10
_READERS_OPEN = 5
# The order in which blocks get room when there isn't enough for all.
_DESTROYS, _MOVES, _DESTRUCTIVE, _TABLE, _UNEXPLAINED, _WARNINGS, _READERS, _GRAPH, _CAUSES, _IDLE = range(1, 11)
_FIRST = 0


def render_comment(
    manifest: Manifest,
    *,
    notes: Sequence[str] = (),
    run: str | None = None,
    artifacts: str | None = None,
    dialect: Dialect = GITHUB,
    limit: int | None = None,
) -> str:
    """Return the page, in at most `limit` bytes, or as many as a comment may have.

    `notes` are whole sentences of scope's own, shown first; `run` is the URL of the run that has the manifest, `artifacts`
    that of the manifest there.
    """
    # Targets are named in the order of the manifest, wherever they are.
    ordered = sorted(manifest.deploy, key=lambda item: (manifest.targets.index(item.target), item.domain))
    manifest = manifest._replace(deploy=tuple(ordered))
    blocks = [
        Block(_FIRST, "", f"{MARKER}\n{_render_headline(manifest)}\n"),
        *(Block(_FIRST, "", f"\n> [!IMPORTANT]\n> {note}\n") for note in notes),
        *_render_destroys(manifest),
        *_render_moves(manifest),
        *_render_destructive(manifest),
        *_render_table(manifest),
        *_render_unexplained(manifest),
        *_render_warnings(manifest),
        *_render_readers(manifest),
        *(_render_graph(manifest) if dialect.draws_mermaid else ()),
        *_render_causes(manifest),
        *_render_idle(manifest),
        Block(_FIRST, "", f"\n{_render_footer(manifest, run, artifacts)}\n"),
    ]
    return fit(blocks, limit or dialect.comment_limit, "manifest.json, an artifact of this run", dialect)


def _render_headline(manifest: Manifest) -> str:
    changes = pluralize(len(manifest.changes), "changed file")
    if not manifest.deploy:
        which = f"{changes}, not part of any deployment" if manifest.changes else "No changed files"
        return f"**Deploys nothing.** {which}."
    return f"### {_render_title(manifest)}\n\n{changes} → {count_deployments(manifest)}."


def _render_title(manifest: Manifest) -> str:
    """Return what happens, with the names of the domains that are destroyed, if they are few."""
    gone = sorted({item.domain for item in manifest.deploy if item.action == "destroy"})
    return describe_domains(manifest, ", ".join(map(code_span, gone)) if len(gone) <= _NAMED_IN_TITLE else "")


def _render_destroys(manifest: Manifest) -> Iterator[Block]:
    gone = _group_by_domain([item for item in manifest.deploy if item.action == "destroy"])
    if gone:
        moved = {move.source for move in manifest.moves if move.declared}
        head = (
            "\n> [!CAUTION]\n> Gone from the repository. A deploy with `--prune` destroys their resources, and the data "
            "that only these hold:\n"
        )
        items = tuple(
            f"> - {code_span(domain)} in {_list_targets(items)}{_list_resources(items, moved)}\n" for domain, items in gone
        )
        yield Block(_DESTROYS, "domains to destroy", head, items)


def _list_resources(items: Sequence[Deploy], moved: Collection[str] = ()) -> str:
    resources = sorted({one for item in items for one in item.resources if f"{item.domain}.{one}" not in moved})
    return f": {abbreviate([code_span(resource) for resource in resources], _CAUSES_SHOWN)}" if resources else ""


def _render_moves(manifest: Manifest) -> Iterator[Block]:
    """Return what moves, by the lines that declare it, and what looks so, by the lines that would."""
    for is_declared, head in (
        (True, "\n> [!NOTE]\n> Moves, with ids, runs and data:\n"),
        (
            False,
            "\n> [!WARNING]\n> Looks like a move. A deploy refuses it until `moves.toml` has the line, or `-> nowhere`:\n",
        ),
    ):
        by_line: dict[str, list[str]] = {}
        for move in manifest.moves:
            if move.declared is is_declared:
                pair = f"{code_span(move.source)} to {code_span(move.destination)}"
                by_line.setdefault(move.line, []).append(pair)
        lines = tuple(
            f"> - {code_span(json.dumps(line, ensure_ascii=False))}: {abbreviate(pairs, _CAUSES_SHOWN)}\n"
            for line, pairs in sorted(by_line.items())
        )
        if lines:
            yield Block(_MOVES, "moves", head, lines)


def _render_destructive(manifest: Manifest) -> Iterator[Block]:
    lines: list[str] = []
    for plan in manifest.live:
        if plan.destructive and _find_action(manifest, plan) == "deploy":
            approval = f" (approve with {code_span(plan.digest)})" if plan.digest else ""
            items = abbreviate([code_span(item) for item in plan.destructive], _CAUSES_SHOWN)
            lines.append(f"> - {code_span(plan.id)}: {items}{approval}\n")
    if lines:
        head = "\n> [!CAUTION]\n> The plan deletes or recreates resources:\n"
        yield Block(_DESTRUCTIVE, "lists of deletions", head, tuple(lines))


def _render_unexplained(manifest: Manifest) -> Iterator[Block]:
    lines = tuple(
        f"> - {code_span(plan.id)}: {_describe_effect(plan)}\n"
        for plan in manifest.live
        if _find_action(manifest, plan) is None
    )
    if lines:
        head = (
            "\n> [!WARNING]\n> Not due, but the plan changes something. Either the workspace was changed by hand, or scope "
            "misses a dependency:\n"
        )
        yield Block(_UNEXPLAINED, "changes that scope can't explain", head, lines)


def _find_action(manifest: Manifest, plan: LivePlan) -> str | None:
    return next((item.action for item in manifest.deploy if item.id == plan.id), None)


def _describe_effect(plan: LivePlan) -> str:
    """Return in a few words what a plan does."""
    if plan.problem is not None:
        return f"no plan: {markdown_text(plan.problem)}"
    counts = ((plan.create, "created"), (plan.update, "updated"), (plan.recreate, "recreated"), (plan.delete, "deleted"))
    return ", ".join(f"{number} {word}" for number, word in counts if number) or "code only"


def _render_table(manifest: Manifest) -> Iterator[Block]:
    if not manifest.deploy:
        return
    targets = [target for target in manifest.targets if any(item.target == target for item in manifest.deploy)]
    head = f"\n| domain | {' | '.join(code_span(target) for target in targets)} | why |\n|---|{'---|' * len(targets)}---|\n"
    rows: dict[str, list[str]] = {}
    live = {plan.id: plan for plan in manifest.live}
    for domain, items in sorted(_group_by_domain(manifest.deploy), key=lambda pair: _rank_row(pair[1], live)):
        actions = {item.target: _render_cell(item, live.get(item.id)) for item in items}
        cells = " | ".join(actions.get(target, "\N{EN DASH}") for target in targets)
        rows.setdefault(f"{cells} | {_summarize_causes(manifest, items)}", []).append(code_span(domain))
    # Where a shared module reaches every domain, one row says it.
    lines = tuple(f"| {names} | {row} |\n" for row, domains in rows.items() for names in _join_names(domains))
    yield Block(_TABLE, "rows of the table", head, lines)


def _join_names(names: Sequence[str]) -> Iterator[str]:
    """Yield the names with commas between them, so many at once that each part has room on the page."""
    for start in range(0, len(names), _DOMAINS_SHOWN):
        yield ", ".join(names[start : start + _DOMAINS_SHOWN])


def _rank_row(items: Sequence[Deploy], live: Mapping[str, LivePlan]) -> int:
    if any(item.action == "destroy" for item in items):
        return 0
    return 1 if any(item.id in live and live[item.id].destructive for item in items) else 2


def _render_cell(item: Deploy, plan: LivePlan | None) -> str:
    if item.action == "destroy":
        return "**destroy**"
    return "deploy" if plan is None else f"deploy: {_describe_effect(plan)}"


def _summarize_causes(manifest: Manifest, items: Sequence[Deploy]) -> str:
    words = sorted({REASONS[item.because] for item in items} - {""})
    changed = {cause.change for item in items for cause in item.causes}
    paths = [change.path for change in manifest.changes if change.id in changed]
    if len(paths) == 1:
        words.append(code_span(paths[0], 60))
    elif paths:
        words.append(pluralize(len(paths), "file"))
    return ", ".join(words) or "\N{EN DASH}"


def _render_warnings(manifest: Manifest) -> Iterator[Block]:
    lines = [
        f"> - {_format_place(warning.path, warning.line)}: {markdown_text(warning.message)}\n"
        if warning.path
        else f"> - {markdown_text(warning.message)}\n"
        for warning in manifest.warnings
    ]
    lines += [
        f"> - {code_span(change.path)}: no rule covers this path, so it deploys everything.\n"
        for change in manifest.changes
        if change.reaches and change.reason == "unowned"
    ]
    if lines:
        yield Block(_WARNINGS, "warnings", "\n> [!WARNING]\n", tuple(lines))


def _render_readers(manifest: Manifest) -> Iterator[Block]:
    def place(reader: Reader) -> tuple[str, str, str, int]:
        return reader.id.partition("/")[2], reader.table, reader.path, reader.line

    grouped = groupby(sorted(manifest.readers, key=place), key=place)
    lines = tuple(
        f"- {code_span(domain)} reads {code_span(table)} in {_format_place(path, line)}\n"
        for (domain, table, path, line), _ in grouped
    )
    if lines:
        domains = pluralize(len({reader.id.partition("/")[2] for reader in manifest.readers}), "domain")
        what = f"Read by {domains} that this doesn't deploy"
        head, tail = ("\n**", "") if len(lines) <= _READERS_OPEN else ("\n<details><summary>", "\n</details>\n")
        end = "**\n\n" if not tail else "</summary>\n\n"
        yield Block(_READERS, "readers", f"{head}{what}{end}", lines, tail)


def _render_graph(manifest: Manifest) -> Iterator[Block]:
    drawn = draw(manifest)
    if drawn is not None:
        yield Block(_GRAPH, "the graph", "\n", (f"```mermaid\n{drawn}```\n",))


def _render_causes(manifest: Manifest) -> Iterator[Block]:
    changes = {change.id: change for change in manifest.changes}
    domains: dict[tuple[str, str], list[str]] = {}
    for domain, each in _group_by_domain(manifest.deploy):
        for lines, alike in _group_alike(each, changes):
            domains.setdefault((f"{_list_targets(alike)}{_render_reason(alike[0])}", lines), []).append(code_span(domain))
    items = tuple(
        f"\n{names} in {where}\n\n{lines}"
        for (where, lines), alike in domains.items()
        if lines
        for names in _join_names(alike)
    )
    if items:
        yield Block(_CAUSES, "reasons", "\n<details><summary>Why</summary>\n", items, "\n</details>\n")


def _group_alike(items: Sequence[Deploy], changes: dict[str, ManifestChange]) -> Iterator[tuple[str, list[Deploy]]]:
    """Return the lines of each set of causes with the deployments of a domain that share it, targets in their order."""
    grouped: dict[tuple[str, str], list[Deploy]] = {}
    for item in items:
        grouped.setdefault((_render_cause_lines(item, changes), item.because), []).append(item)
    for (lines, _), alike in grouped.items():
        yield lines, alike


def _render_cause_lines(item: Deploy, changes: dict[str, ManifestChange]) -> str:
    lines = []
    for cause in item.causes[:_CAUSES_SHOWN]:
        change = changes[cause.change]
        words = [change.status, *(["comments or formatting only"] if change.effect == "cosmetic" else [])]
        moved = f", moved to {code_span(change.moved_to)}" if change.moved_to else ""
        path = "".join(
            f" → {code_span(label(step.node))} ({markdown_text(step.edge, 40)})"
            for step in cause.path
            if step.node != domain_node(item.domain)
        )
        lines.append(f"- {code_span(change.path)} ({', '.join(words)}{moved}){path}\n")
    if len(item.causes) > _CAUSES_SHOWN:
        lines.append(f"- and {len(item.causes) - _CAUSES_SHOWN:,} more\n")
    return "".join(lines)


def _render_reason(item: Deploy) -> str:
    word = REASONS[item.because]
    return f": {word}" if word else ""


def _render_idle(manifest: Manifest) -> Iterator[Block]:
    idle = [change for change in manifest.changes if not change.reaches]
    by_reason: dict[str, list[str]] = {}
    for change in idle:
        by_reason.setdefault(change.reason or "", []).append(code_span(change.path))
    lines = tuple(
        f"- {f'{markdown_text(reason)}: ' if reason else ''}{abbreviate(paths, _IDLE_SHOWN)}\n"
        for reason, paths in sorted(by_reason.items())
    )
    if lines:
        what = f"{pluralize(len(idle), 'changed file')} that {'deploys' if len(idle) == 1 else 'deploy'} nothing"
        yield Block(_IDLE, "files that deploy nothing", f"\n<details><summary>{what}</summary>\n\n", lines, "\n</details>\n")


def _render_footer(manifest: Manifest, run: str | None, artifacts: str | None) -> str:
    base = manifest.bases.get("b0")
    head = manifest.head
    if manifest.against == "deployed" or base is None:
        since = "what each deployment runs"
    elif base.commit is None:
        since = f"no base ({markdown_text(base.reason or 'none given')})"
    else:
        since = f"{_format_commit(base.commit)} of {code_span(base.ref or 'base', 60)}"
    dirty = " with uncommitted work" if head.dirty else ""
    at = _format_commit(head.commit) if head.commit else "no commit"
    by = f"by {code_span(manifest.tool)} · run locally: {code_span(_find_local_command(manifest))}"
    links = "".join(f" · [{word}]({url})" for word, url in (("run", run), ("manifest", artifacts)) if _is_page(url))
    return f"<sub>{at}{dirty} against {since} · {by}{links}</sub>"


def _is_page(url: str | None) -> bool:
    """Return whether this is a plain address: it comes from the runner, and nothing else of it may reach the page."""
    return (
        url is not None
        and re.fullmatch(r"https?://[\w.:-]+(?:/[\w.~%-]+)+(?:\?[\w=&]+)?(?:#\w+)?", url, re.ASCII) is not None
    )


def _find_local_command(manifest: Manifest) -> str:
    """Return the command that gives the same result in a clone. A ref that a shell would interpret becomes its commit."""
    base = manifest.bases.get("b0")
    if manifest.against == "deployed" or base is None or not base.ref:
        return "scope status --target NAME"
    ref = base.ref if re.fullmatch(r"[\w.][\w./-]*", base.ref, re.ASCII) else base.commit or "main"
    return f"scope plan --base {shlex.quote(ref)}"


def _group_by_domain(items: Sequence[Deploy]) -> list[tuple[str, list[Deploy]]]:
    grouped: dict[str, list[Deploy]] = {}
    for item in items:
        grouped.setdefault(item.domain, []).append(item)
    return sorted(grouped.items())


def _list_targets(items: Sequence[Deploy]) -> str:
    return ", ".join(code_span(item.target) for item in items)


def _format_place(path: str, line: int) -> str:
    return code_span(f"{shortened(path, 200)}:{line}" if line else path)


def _format_commit(commit: str) -> str:
    return code_span(commit[:9])
