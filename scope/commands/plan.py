"""`scope plan`: the deployments that the changes since a base reach, as a table and as the manifest."""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from scope.adapters.forks import Forks
from scope.adapters.git import GitRepository
from scope.adapters.kept_findings import KeptFindings
from scope.commands.options import MANIFEST, add_base, add_domains, add_head, add_targets
from scope.console import Console
from scope.documents.document import dump
from scope.documents.manifest import Deploy, Manifest, Warn
from scope.errors import NoCredentials, RemoteError, UsageError
from scope.escaping import code_span
from scope.files import prepare_own_file, write_atomic
from scope.graph.index import DeploymentIndex
from scope.graph.uses_cache import UsesCache
from scope.names import is_list_digest, require_domain_names
from scope.planning.comparison import compare, effect_classifier
from scope.planning.plan import narrow, plan
from scope.repository.layout import target_file
from scope.repository.ownership import Rules
from scope.wording import unknown_name, write_command

HELP = "what the changes since a base would deploy, and why"
EXAMPLES = """\
examples:
  scope plan                              this work tree against main
  scope plan --base origin/main --head HEAD
  scope plan --target prod --output -     the manifest on stdout
  scope plan --base deployed --target prod    against what each domain of prod really runs
  just scope base=main                    the same as the first
"""
# Not a ref: the commits that a target's records name, each domain its own.
DEPLOYED = "deployed"
# How many CLI processes `--live` starts at once.
_AT_ONCE = 4
# More domains than these are left to the manifest.
_MOST_NAMED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_base(parser)
    parser.add_argument(
        "--fallback", metavar="REF", help="with `--base deployed`: base to use if the workspace is unreachable (none)"
    )
    add_head(parser)
    add_targets(parser)
    add_domains(parser)
    parser.add_argument("--output", metavar="FILE", help=f"where the manifest goes, - for stdout ({MANIFEST})")
    parser.add_argument(
        "--fingerprints", action="store_true", help="compute the fingerprints of what deploys, and show them"
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="also ask the CLI for its plan of each deployment of the one target; this runs the repository's code",
    )
    parser.add_argument("--no-readers", action="store_true", help="don't look who reads the tables of what deploys")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with 5 when there is something to deploy")
    parser.add_argument(
        "--ci",
        "--github",
        action="store_true",
        help="also write the outputs and the summary of a job, as the CI system that runs it has them",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="with --ci: say that the deploy will destroy what is gone from the repository",
    )
    parser.add_argument(
        "--approve-destructive",
        action="append",
        default=[],
        metavar="DIGEST",
        help="with --ci: say that the deploy will have this destructive plan approved; may be repeated",
    )


class _Planned(NamedTuple):
    """A manifest, the repository it is of, the rules there, which say how its jobs are packed, and the domains there are."""

    manifest: Manifest
    root: Path
    rules: Rules
    domains: frozenset[str]


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the manifest and show the plan; return the exit code."""
    notes = tuple(_notes(options))
    if options.base == DEPLOYED:
        planned = _plan_from_records(options, console)
    elif options.fallback:
        raise UsageError("`--fallback` stands in for records that can't be read. It goes with `--base deployed`.")
    else:
        planned = _plan_from_git(options, options.base, console)
    manifest = _add_live_plans(planned.manifest, options, console) if options.live else planned.manifest
    require_domain_names(options.domain)
    unknown = sorted({*options.domain} - planned.domains)
    if unknown:
        raise UsageError(unknown_name("domain", unknown[0], sorted(planned.domains)))
    manifest = narrow(manifest, options.domain, planned.rules)
    content = dump(manifest)
    _write(content, options.output, planned.root)
    _show(manifest, content, options, console)
    if options.ci:
        _write_for_ci(manifest, content, notes)
    if options.output != "-":
        # Last, since it is for whoever hands the file on.
        console.say(f"Manifest: {options.output or MANIFEST} sha256:{hashlib.sha256(content).hexdigest()}")
    return 5 if options.detailed_exitcode and manifest.deploy else 0


def _plan_from_git(options: argparse.Namespace, base: str, console: Console) -> _Planned:
    """Compare the head with its merge base with `base`."""
    with GitRepository(Path(options.directory)) as git, KeptFindings(git.root) as kept:
        sides = compare(git, base, options.head, console.say, UsesCache(kept.usable, Forks(git, kept)))
        manifest = plan(
            sides,
            _targets(sides.head, options.target),
            effect_classifier(git),
            with_fingerprints=options.fingerprints,
            with_readers=not options.no_readers,
        )
        domains = frozenset(name for one in sides.each for side in (one.base, one.head) for name in side.domains)
        return _Planned(manifest, git.root, sides.head.rules, domains)


def _plan_from_records(options: argparse.Namespace, console: Console) -> _Planned:
    """Compare each domain with its own deployed commit; with the fallback if the workspace can't be read."""
    from scope.bootstrap import SessionRequest, open_session  # it reaches for the workspace
    from scope.commands.reporting import say_progress
    from scope.controller.deploy_set import find_candidates, warn_of_unseen
    from scope.controller.plan_records import plan_records

    if options.head is not None:
        raise UsageError("`--base deployed` compares what is checked out. Check that commit out, and leave `--head` away.")
    if len(options.target) != 1:
        raise UsageError("`--base deployed` needs one target: each has its own records. Add `--target NAME`.")
    target = options.target[0]
    request = SessionRequest(target, needs_branch=False, needs_cli=False)
    try:
        with open_session(Path(options.directory), request, say_progress(console)) as session:
            found = find_candidates(session)
            candidates = warn_of_unseen(session, found)
            manifest = plan_records(session, candidates, effect_classifier(session.git))
            # Who approves by the page sees it too.
            unseen = [item.observed.unseen or "" for item in found if item not in candidates]
            warnings = (Warn("unseen", session.index.target_place(target), 0, text) for text in unseen)
            manifest = manifest._replace(warnings=(*manifest.warnings, *warnings))
            domains = frozenset({*session.index.domains, *(item.domain for item in found)})
            return _Planned(manifest, session.root, session.index.rules, domains)
    except (RemoteError, NoCredentials) as error:
        if not options.fallback:
            raise
        note = f"The deployed commits of {target} couldn't be read, so this is compared with {options.fallback}: {error}"
    console.say(f"Note: {note}")
    planned = _plan_from_git(options, options.fallback, console)
    warning = Warn("records-unreadable", target_file(target), 0, note)
    return planned._replace(manifest=planned.manifest._replace(warnings=(warning, *planned.manifest.warnings)))


def _add_live_plans(manifest: Manifest, options: argparse.Namespace, console: Console) -> Manifest:
    """Return the manifest with the CLI's plan of each deployment, which only a checked-out head of one target has."""
    from scope.bootstrap import SessionRequest, open_session  # it reaches for the workspace
    from scope.commands.reporting import say_progress
    from scope.controller.bundle_plans import plan_bundles

    if options.head is not None:
        raise UsageError("`--live` plans what is checked out. Check that commit out, and leave `--head` away.")
    if len(options.target) != 1:
        raise UsageError("`--live` asks one workspace. Add `--target NAME`.")
    request = SessionRequest(options.target[0], max_parallel=_AT_ONCE, needs_branch=False)
    with open_session(Path(options.directory), request, say_progress(console)) as session:
        return manifest._replace(live=plan_bundles(session, manifest, _AT_ONCE))


def _notes(options: argparse.Namespace) -> Iterator[str]:
    """Yield what the deploy that follows may do beyond what is due: whoever approves it must have seen that."""
    if not options.ci and (options.prune or options.approve_destructive):
        raise UsageError(
            "`--prune` and `--approve-destructive` are for a plan's page. Give them to `scope deploy`, or add `--ci`."
        )
    if options.prune:
        yield "It was started with `prune`: **the deploy destroys** what is gone from the repository."
    for digest in options.approve_destructive:
        if not is_list_digest(digest):
            raise UsageError(f"{code_span(digest)} isn't the digest of a destructive plan, as a refused deploy prints it.")
    if options.approve_destructive:
        digests = ", ".join(code_span(digest) for digest in options.approve_destructive)
        yield f"It was started with an approval: **the deploy deletes or recreates** what was listed under {digests}."
    if options.ci and options.live:
        yield (
            "What the Databricks CLI says to the plan. It read, and may have run, code of the domains: where this page and "
            "that of the plan without it differ, trust the other."
        )
    if options.ci and options.domain:
        yield f"Only these domains: {', '.join(code_span(name) for name in options.domain)}. Whatever else is due stays due."


def _write_for_ci(manifest: Manifest, content: bytes, notes: Sequence[str]) -> None:
    """Write what the next jobs need, and the page that people look at."""
    from scope.adapters.ci import find_ci
    from scope.render.dialects import DIALECTS
    from scope.render.markdown import render_comment
    from scope.render.matrix import render_outputs

    ci = find_ci(os.environ)
    dialect = DIALECTS[ci.kind]
    ci.write_outputs(render_outputs(manifest, content, ci.kind))
    ci.write_summary(render_comment(manifest, notes=notes, dialect=dialect, limit=dialect.summary_limit))


def _targets(head: DeploymentIndex, names: list[str]) -> tuple[str, ...]:
    targets = head.rules.in_order(head.targets)
    wanted = head.rules.expand(names)
    unknown = sorted(set(wanted) - set(targets))
    if unknown:
        raise UsageError(unknown_name("target", unknown[0], targets, head.places[0]))
    return tuple(target for target in targets if not names or target in wanted)


def _write(content: bytes, output: str | None, root: Path) -> None:
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    write_atomic(Path(output) if output else prepare_own_file(root, MANIFEST), content)


def _show(manifest: Manifest, content: bytes, options: argparse.Namespace, console: Console) -> None:
    if options.format == "json":
        if options.output != "-":
            sys.stdout.buffer.write(content)
    elif not console.is_quiet:
        from scope.render.text import print_plan  # rich takes 60 ms

        stream = console.table_stream(machine_on_stdout=options.output == "-")
        steps = () if options.ci else _next_steps(manifest, options.output)
        print_plan(manifest, stream, color=console.has_color(stream), next_steps=steps)


def _next_steps(manifest: Manifest, output: str | None) -> Iterator[str]:
    """Yield what explains a plan, and what deploys it to the first target that it concerns."""
    gone, deployed = ([item for item in manifest.deploy if item.action == action] for action in ("destroy", "deploy"))
    if gone:
        yield write_command("deploy", _first_target(manifest, gone), _names(gone)[:_MOST_NAMED], ["--prune"])
    if not deployed:
        return
    domains, target = _names(deployed), _first_target(manifest, deployed)
    if manifest.against != DEPLOYED:
        yield f"scope why {domains[0]}"
    if len(domains) <= _MOST_NAMED:
        yield write_command("deploy", target, domains)
    elif output != "-":
        import shlex  # only people's paths need it

        yield write_command("deploy", target, options=["--manifest", shlex.quote(output or str(MANIFEST))])


def _names(items: Sequence[Deploy]) -> list[str]:
    return list(dict.fromkeys(item.domain for item in items))


def _first_target(manifest: Manifest, items: Sequence[Deploy]) -> str:
    """Return the target of some deployments that comes first in the order of promotion."""
    return min((item.target for item in items), key=manifest.targets.index)
