"""From a repository to a checked stage: its files, and the facts that it tells the CLI."""

from collections.abc import Mapping
from dataclasses import dataclass

from scope.console import Console
from scope.errors import UsageError
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import open_index
from scope.model import Entry
from scope.ports import Git
from scope.repository.baseline import resolve_head
from scope.repository.snapshot import Snapshot
from scope.stage.checks import require_self_contained
from scope.stage.domain_data import needs_code, require_domain_data
from scope.stage.folder import StageFacts
from scope.stage.values import DeployValues, find_values
from scope.wording import pluralize, unknown_name


@dataclass(frozen=True, slots=True)
class PreparedStage:
    """A checked stage that isn't written yet."""

    index: DeploymentIndex
    snapshot: Snapshot
    files: Mapping[str, Entry]
    facts: StageFacts
    needs_code: bool
    values: DeployValues


def prepare(
    git: Git, target: str, domain: str, head_ref: str | None, console: Console, environment: Mapping[str, str]
) -> PreparedStage:
    """Return the stage of a deployment at a commit, or from the work tree, with the values that an environment gives it.

    Raises `UsageError` for unknown names, and `Refused` with every finding for a domain that would run code and may not, and
    for a stage that doesn't stand on its own.
    """
    head = resolve_head(git, head_ref)
    index = open_index(Snapshot(git, head.tree))
    if target not in index.targets:
        index.check_names()
        raise UsageError(unknown_name("target", target, index.targets, index.places[0]))
    known = index.domains_in(target)
    if domain not in known:
        raise UsageError(unknown_name("domain", domain, known, index.places[1]))
    require_domain_data(index, target, domain)
    require_self_contained(index, target, domain)
    files = index.staged(target, domain)
    console.say(f"Staging {target}/{domain}: {pluralize(len(files), 'file')}.")
    branch = git.branch if head.info.commit == git.commit("HEAD") else None
    facts = StageFacts(target, domain, head.info.commit, branch, git.origin, frame=index.frame(target, domain))
    return PreparedStage(
        index,
        index.snapshot,
        files,
        facts,
        needs_code(index, target, domain),
        find_values(index, target, domain, environment),
    )
