"""Orphans that earlier attempts left in the workspace: bound before a deploy, or found as leftovers."""

from dataclasses import dataclass, replace

from scope.controller.deployment import Deployment
from scope.controller.owners import search_for
from scope.deployment.evidence import Origin, PendingCreates, describe_origin
from scope.deployment.observation import Observed
from scope.deployment.orphans import (
    Binding,
    Conflict,
    Leftovers,
    Orphans,
    Search,
    find_conflicts,
    find_lost,
    find_unbound,
    match_orphans,
    planned_create_names,
    sort_for_deletion,
)
from scope.deployment.record import Record, read_record
from scope.deployment.state import parse_resources, read_state
from scope.errors import Fault, Refused, RemoteError
from scope.workspace_model import BundlePlan, RemoteResource
from scope.workspace_ports import BundleCli


@dataclass(frozen=True, slots=True)
class History:
    """The earlier attempts as they were observed, and this session's own tries: if one was unclean, there may be orphans.

    `pending` tells what they may have created; `is_told` says that nothing else can be an orphan.
    """

    observed: Observed
    is_unclean: bool
    is_first_try: bool
    is_told: bool
    pending: PendingCreates


def bind_orphans(deployment: Deployment, cli: BundleCli, plan: BundlePlan, history: History) -> BundlePlan:
    """Bind what an earlier attempt left behind, and return the plan as it is then.

    A name is no proof: what is bound says that it is this deployment's, or was created by an attempt of it, see `evidence`.
    Raises `Refused` for orphans that can't be bound, and `RemoteError` for what somebody else created.
    """
    search = search_for(deployment)
    orphans = _find_orphans(deployment, plan, _known_ids(deployment, cli), history, search)
    if orphans.unmatched:
        lines = "\n".join(f"  {orphan}" for orphan in orphans.unmatched)
        raise Refused(
            f"{deployment.id} has, or may have, resources in the workspace that its state doesn't know, and that it doesn't "
            f"define or has already:\n{lines}\nRun: {deployment.id.recover_command}"
        )
    bindings = (*orphans.bindings, *_bind_by_name(deployment, search, plan, history.pending))
    for binding in bindings:
        deployment.event(f"binding {binding.shown}, which an earlier attempt left behind")
        cli.bind(binding.key, binding.id)
    return cli.plan() if bindings else plan


def _known_ids(deployment: Deployment, cli: BundleCli) -> frozenset[str]:
    """Return the ids that the state knows: the stage's own copy, and the workspace's."""
    state = read_state(deployment.workspace, deployment.paths.state)
    return parse_resources(cli.state_file()).known_ids | state.resources.known_ids


def _find_orphans(
    deployment: Deployment, plan: BundlePlan, known_ids: frozenset[str], history: History, search: Search
) -> Orphans:
    """Return the orphans, looked for by names wherever the names of all that there can be are known: it costs little."""
    names = planned_create_names(plan)
    if history.is_unclean:
        orphans = match_orphans(plan, _find_tagged(deployment, names, history), known_ids)
        unbound = find_unbound(search, plan, history.pending, known_ids)
        lost = find_lost(search, plan, history.observed.valid_record, known_ids)
        return replace(orphans, unmatched=(*orphans.unmatched, *unbound.ours, *unbound.unknown, *lost))
    if history.observed.is_absent:
        return _find_earlier_life(deployment, plan, names, known_ids)
    return Orphans()


def _find_tagged(deployment: Deployment, names: frozenset[str], history: History) -> tuple[RemoteResource, ...]:
    """Return the deployment's jobs and pipelines, or those among them that can be orphans."""
    if history.is_told:
        return deployment.find_tagged(names | frozenset(history.pending.names.tagged.values()))
    # What this session itself has done since it read them for all isn't in that.
    return deployment.find_all_tagged(history.observed) if history.is_first_try else deployment.find_tagged()


def _find_earlier_life(
    deployment: Deployment, plan: BundlePlan, names: frozenset[str], known_ids: frozenset[str]
) -> Orphans:
    """Return the orphans of an earlier life of this deployment; raise `Refused` if it goes on at another root."""
    tagged = deployment.workspace.owned_below("/Workspace", names)
    own = deployment.paths.metadata
    for path in sorted({path for path, _ in tagged} - {own}):
        root = path.removesuffix("/state/metadata.json")
        record = read_record(deployment.workspace, f"{root}/state") if root != path else None
        if isinstance(record, Record) and _is_of(record, deployment):
            raise Refused(
                f"{deployment.id} is deployed at {root} already, and would be deployed a second time at "
                f"{deployment.paths.root}: `root_path`, or the bundle's name, was changed "
                f"({deployment.session.settings.root_place_of(deployment.domain)}). Change it back, or move the deployment. "
                "Run: "
                f"scope adopt --target {deployment.id.target} --domain {deployment.domain} --from {root}"
            )
    # One of these names tells of an earlier life of this deployment, and then there may be others.
    if any(path == own for path, _ in tagged):
        return match_orphans(plan, deployment.find_tagged(), known_ids)
    return Orphans()


def _is_of(record: Record, deployment: Deployment) -> bool:
    return (record.repository, record.deployment) == (deployment.session.head.repository, deployment.id)


def _bind_by_name(deployment: Deployment, search: Search, plan: BundlePlan, pending: PendingCreates) -> tuple[Binding, ...]:
    """Return the bindings of what exists under a planned name, and that an unclean attempt has created."""
    bindings: list[Binding] = []
    asked: list[Conflict] = []
    for conflict in find_conflicts(search, plan, pending):
        key = conflict.action.key
        if conflict.owner is not None:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {conflict.shown} belongs to {conflict.owner}. Rename {key.short}; or, to move it here with all it "
                f"has, define it no more in {conflict.owner.domain}, and declare the move in moves.toml.",
            )
        if conflict.origin is Origin.FOREIGN:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {conflict.shown} exists already ({describe_origin(conflict.resources[0])}), and {deployment.id} "
                f"didn't create it. Rename {key.short}, or import what exists. Run: {deployment.id.recover_command}",
            )
        if conflict.is_certain:
            bindings.append(conflict.binding())
        else:
            asked.append(conflict)
    if asked:
        raise Refused(_ask(deployment, asked))
    return tuple(bindings)


def _ask(deployment: Deployment, conflicts: list[Conflict]) -> str:
    """Ask a person whose some resources are."""
    lines: list[str] = []
    imports: list[str] = []
    for conflict in conflicts:
        is_one = len(conflict.ids) == 1
        lines.append(f"  {conflict.shown}: {', '.join(conflict.ids)}, {describe_origin(conflict.resources[0])}")
        imports.append(f"--import {conflict.action.key.short}={conflict.ids[0] if is_one else 'ID'}")
    listed = "\n".join(lines)
    return (
        f"An attempt of {deployment.id} may have created these, or somebody else has:\n{listed}\n"
        "Import those that are its own, and rename the others in the repository. "
        f"Run: {deployment.id.recover_command} --yes {' '.join(imports)}"
    )


def find_leftovers(deployment: Deployment, observed: Observed) -> Leftovers:
    """Return the resources of a deployment that its state doesn't know, when nothing defines them any more."""
    search, known_ids = search_for(deployment), observed.state.resources.known_ids
    unbound = find_unbound(search, None, observed.pending_creates, known_ids)
    lost = find_lost(search, None, observed.valid_record, known_ids)
    tagged = (resource for resource in deployment.find_all_tagged(observed) if resource.id not in known_ids)
    return Leftovers(sort_for_deletion((*tagged, *lost, *unbound.ours)), unbound.unknown)
