"""Which deployments of a target are due: worked out from this checkout and the records, and only narrow by a manifest."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scope.controller.deployment import Deployment
from scope.controller.observations import observe_all, observe_target
from scope.controller.session import Session
from scope.deployment.observation import Due, Observed, find_due, is_foreign
from scope.documents.manifest import Manifest
from scope.errors import UsageError
from scope.model import Action
from scope.wording import unknown_name


@dataclass(frozen=True, slots=True)
class Candidate:
    """An observed deployment, and why it is due, or None if the workspace has what the head has."""

    observed: Observed
    due: Due | None

    @property
    def domain(self) -> str:
        """Return the domain's name."""
        return self.observed.id.domain

    @property
    def action(self) -> Action:
        """Return the action that a due deployment needs."""
        return "destroy" if self.due is not None and self.due.because == "removed" else "deploy"


def find_candidates(
    session: Session, domains: Iterable[str] = (), may_be_gone: Collection[str] = ()
) -> tuple[Candidate, ...]:
    """Return the domains of the head and of the target, or some of them, sorted, each with why it is due, if it is.

    Those in `may_be_gone` are left out if they are nowhere; any other that is asked for and isn't there is a `UsageError`.
    """
    head = set(session.domains)
    asked = set(domains)
    if asked and asked <= head:
        return _candidates(session, observe_all(session, sorted(asked)))
    observations = observe_target(session)
    known = observations.by_domain
    if observations.unlisted is not None:
        session.event("", observations.unlisted)
    unknown = sorted(asked - known.keys() - {*may_be_gone})
    if unknown:
        raise UsageError(unknown_name("domain", unknown[0], sorted(known), f"here or deployed in {session.settings.name}"))
    # What another repository has beside ours isn't gone from this one.
    ours = tuple(
        observed
        for domain, observed in known.items()
        if domain in asked or (not asked and (domain in head or not is_foreign(observed, session.head.repository)))
    )
    return _candidates(session, ours)


def _candidates(session: Session, observations: Collection[Observed]) -> tuple[Candidate, ...]:
    session.index.find_shared_files(observed.id.domain for observed in observations)
    return tuple(_candidate(session, observed) for observed in observations)


def _candidate(session: Session, observed: Observed) -> Candidate:
    deployment = Deployment(session, observed.id.domain)
    due = find_due(observed, deployment.fingerprint, session.head.repository, deployment.values)
    return Candidate(observed, due)


def warn_of_unseen(session: Session, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Say which folders beside the head's domains nobody knows the content of; return the candidates that are known.

    A domain of the head that may not be looked into is due, and fails by itself.
    """
    listed = tuple(candidates)
    unseen = [item for item in listed if item.due is None and item.observed.unseen is not None]
    for item in unseen:
        session.event("", item.observed.unseen or "")
    return tuple(item for item in listed if item not in unseen)


def narrow(candidates: tuple[Candidate, ...], manifest: Manifest, session: Session, where: str) -> tuple[Candidate, ...]:
    """Return those that a manifest names too; `UsageError` if the manifest is of something else."""
    if session.settings.name not in manifest.targets:
        raise UsageError(f"{where} isn't for {session.settings.name}, but for {', '.join(manifest.targets) or 'no target'}.")
    if manifest.head.commit != session.head.commit:
        there = (manifest.head.commit or "no commit")[:9]
        here = (session.head.commit or "no commit")[:9]
        raise UsageError(f"{where} is of {there}, and {here} is checked out. Check that commit out, or make a new manifest.")
    if manifest.head.dirty and not session.head.is_dirty:
        raise UsageError(
            f"{where} has uncommitted work in it, and this deploys a commit. Make a new one with `--head HEAD`."
        )
    named = {item.domain: item for item in manifest.deploy if item.target == session.settings.name}
    for domain, item in named.items():
        planned = item.fingerprint.head  # a plan may leave it out
        if planned is not None and planned != Deployment(session, domain).fingerprint:
            raise UsageError(
                f"{where}: {item.id} has another fingerprint than this checkout. Make a new manifest with this scope."
            )
    return tuple(candidate for candidate in candidates if candidate.domain in named)
