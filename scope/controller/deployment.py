"""One deployment in a session: a domain of the head, and where it lies in the workspace."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

from scope.controller.session import Session
from scope.controller.target_states import read_other_states
from scope.deployment.approval import Approval, Occasion
from scope.deployment.evidence import PendingCreates
from scope.deployment.inventory import Inventory
from scope.deployment.lock import Lock, acquire
from scope.deployment.observation import Observed, check_repository, observe
from scope.deployment.record import Applied, Attempt, Record, new_attempt, write_record
from scope.deployment.state import parse_resources
from scope.deployment.target import DeploymentId, Paths
from scope.deployment.verification import expected_files
from scope.errors import RemoteError
from scope.model import RemoteResource
from scope.ports import BundleCli, Workspace
from scope.repository.layout import is_own_file
from scope.stage.checks import require_self_contained
from scope.stage.domain_data import require_domain_data
from scope.stage.folder import StageFacts, open_stage


@dataclass(frozen=True, slots=True)
class Deployment:
    """A domain in the target of a session."""

    session: Session
    domain: str

    @property
    def id(self) -> DeploymentId:
        """Return the deployment's name."""
        return self.session.id(self.domain)

    @property
    def paths(self) -> Paths:
        """Return the deployment's folders in the workspace."""
        return Paths(self.session.settings.resolve(self.session.user, self.domain))

    @property
    def workspace(self) -> Workspace:
        """Return the workspace that the deployment lies in."""
        return self.session.workspace

    @property
    def staged(self) -> tuple[str, ...]:
        """Return the paths of the files that the head stages for it."""
        with self.session.git_lock:
            return tuple(self.session.index.staged(self.id.target, self.domain))

    @property
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the head's closure, or None if the domain is gone there."""
        with self.session.git_lock:
            return self.session.index.fingerprint(self.id.target, self.domain)

    def read_uploaded(self) -> Mapping[str, bytes]:
        """Return the contents of the files that a deploy of the head uploads."""
        index = self.session.index
        with self.session.git_lock:
            staged = index.staged(self.id.target, self.domain)
            return index.snapshot.read_all({path: staged[path] for path in expected_files(staged)})

    def progress(self, message: str) -> None:
        """Say what is being done now."""
        self.session.progress(self.domain, message)

    def event(self, message: str) -> None:
        """Say what should stay to be read."""
        self.session.event(self.domain, message)

    @property
    def occasion(self) -> Occasion:
        """Return what an approval given now is for."""
        return Occasion(self.id, self.session.head.commit)

    def require_self_contained(self) -> None:
        """Raise `Refused` with every finding if the stage doesn't stand on its own."""
        with self.session.git_lock:
            require_self_contained(self.session.index, self.id.target, self.domain)

    @contextmanager
    def stage(self, staged: tuple[str, ...] | None = None) -> Iterator[BundleCli]:
        """Make the stage, and give the CLI in it: permitted to deploy, and pinned to this deployment's host and root.

        The stage holds the files that the head stages, or only some of them. Raises `Refused` if those of the domain aren't
        data.
        """
        session, head = self.session, self.session.head
        files = self.staged if staged is None else staged
        if any(is_own_file(path, self.domain) for path in files):
            with session.git_lock:
                require_domain_data(session.index, self.id.target, self.domain)
        facts = StageFacts(
            self.id.target,
            self.domain,
            head.commit,
            head.branch,
            head.origin,
            host=self.workspace.host,
            root=self.paths.root,
            has_permit=True,
            holds_lock=True,
        )
        self.progress(f"staging {len(files)} files")
        with ExitStack() as stack:
            with session.git_lock:
                snapshot = session.index.snapshot
                entries = {path: entry for path in files if (entry := snapshot.entry(path)) is not None}
                folder = stack.enter_context(open_stage(snapshot, entries, facts))
            yield session.make_cli(folder, self.domain)

    @property
    def take_over_hint(self) -> str:
        """Return what to do about the lock of a dead run."""
        return f"take the lock over. Run: {self.id.recover_command} --yes"

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Hold the lock; it is released however things end, unless this process is killed."""
        session = self.session
        self.progress("taking the lock")
        lock = acquire(
            self.workspace,
            self.paths.state,
            session.lock_user(self.domain),
            if_dead=self.take_over_hint,
            timeout=session.options.lock_timeout,
            on_wait=lambda info: self.event(f"waiting for the lock, held by {info}"),
            should_stop=session.stop.is_set,
        )
        with session.holding(lock.path, self.take_over_hint):
            try:
                yield lock
            finally:
                self._release(lock)

    def _release(self, lock: Lock) -> None:
        try:
            lock.release()
        except RemoteError as error:
            self.event(f"the lock {lock.path} couldn't be released ({error}). Run: {self.id.recover_command}")

    def check_repository(self, observed: Observed) -> None:
        """Raise `Refused` if it is another repository's deployment that lies at its root."""
        check_repository(observed, self.session.head.repository, self.session.settings.root_place)

    def observe(self) -> Observed:
        """Read its record, state and lock from the workspace."""
        return observe(self.workspace, self.id, self.paths)

    def find_tagged(self, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return the jobs and pipelines that say they belong to it; with `names`, only those that are called so.

        Without those that another deployment's state has: they moved there, and say so after its next deploy.
        """
        tagged = self.workspace.resources_of(self.paths.metadata, names)
        known = parse_resources(self.workspace.read(f"{self.paths.state}/resources.json")).known_ids if tagged else ()
        if all(resource.id in known for resource in tagged):
            return tagged
        states = read_other_states(self.session, self.domain)
        elsewhere = frozenset[str]().union(*(parse_resources(content).known_ids for content in states.values()))
        return tuple(resource for resource in tagged if resource.id in known or resource.id not in elsewhere)

    def find_all_tagged(self, observed: Observed) -> tuple[RemoteResource, ...]:
        """Return all jobs and pipelines that say they belong to it, however they are called.

        That reads the whole workspace: once for all deployments that nobody has deployed since the session first saw them.
        """
        session, first = self.session, self.session.observations.get(self.domain)
        if first is None or (first.record, first.state) != (observed.record, observed.state):
            return self.find_tagged()
        return session.tagged.get(self._read_tagged).get(self.paths.metadata, ())

    def _read_tagged(self) -> Mapping[str, tuple[RemoteResource, ...]]:
        tagged: dict[str, list[RemoteResource]] = {}
        for path, resource in self.workspace.owned_below(self.session.base):
            tagged.setdefault(path, []).append(resource)
        return {path: tuple(resources) for path, resources in tagged.items()}

    def new_attempt(
        self,
        action: Literal["deploy", "destroy"],
        *,
        fingerprint: str | None = None,
        creates: PendingCreates | None = None,
        approval: Approval | None = None,
    ) -> Attempt:
        """Return an attempt at the head that begins now."""
        session = self.session
        return new_attempt(
            action,
            commit=session.head.commit,
            fingerprint=fingerprint,
            dirty=session.head.is_dirty,
            actor=session.user.name,
            run_url=session.run_url,
            cli_version=session.cli_version,
            creates=creates,
            approval=approval,
        )

    def new_record(self, attempt: Attempt, applied: Applied | None = None, inventory: Inventory | None = None) -> Record:
        """Return a record of this repository and deployment."""
        return Record(self.session.head.repository, self.id.target, self.domain, attempt, applied, inventory or Inventory())

    def write_record(self, record: Record) -> None:
        """Write the record beside the deployment's state."""
        write_record(self.workspace, self.paths.state, record)
