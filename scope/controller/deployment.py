"""One deployment in a session: a domain of the head, and where it lies in the workspace."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from scope.controller.observations import find_place, observe_target, recall_others, state_path
from scope.controller.session import Session
from scope.deployment.approval import Approval, Occasion
from scope.deployment.evidence import PendingCreates
from scope.deployment.inventory import Inventory
from scope.deployment.lock import Lock, acquire
from scope.deployment.observation import Observed, check_repository, is_foreign, observe
from scope.deployment.record import Applied, Attempt, Record, new_attempt, write_record
from scope.deployment.state import parse_resources
from scope.deployment.target import DeploymentId, Paths
from scope.errors import Fault, RemoteError
from scope.graph.index import DeploymentIndex
from scope.repository.layout import is_own_file
from scope.stage.checks import require_self_contained
from scope.stage.domain_data import require_domain_data
from scope.stage.folder import StageFacts, open_stage, read_staged_contents
from scope.stage.values import DeployValues, find_values
from scope.workspace_model import RemoteResource
from scope.workspace_ports import BundleCli, Workspace


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
    def frame_files(self) -> Mapping[str, bytes | None]:
        """Return the files of a stage that defines no resource, with their contents, or None for those that the tree has."""
        with self.session.git_lock:
            return self.session.index.frame_files(self.id.target, self.domain)

    @property
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the head's closure, or None if the domain is gone there."""
        with self.session.git_lock:
            return self.session.index.fingerprint(self.id.target, self.domain)

    @property
    def values(self) -> DeployValues:
        """Return the values that the environment gives to variables that the deployment refers to."""
        with self.session.git_lock:
            return find_values(self.session.index, self.id.target, self.domain, self.session.environment)

    def read_uploaded(self, index: DeploymentIndex) -> Mapping[str, bytes]:
        """Return the contents of the files that a deploy of a tree uploads."""
        with self.session.git_lock:
            uploaded = index.uploaded(self.id.target, self.domain)
            entries = index.snapshot.entries(uploaded.values())
            contents = read_staged_contents(index.snapshot, entries, index.frame(self.id.target, self.domain))
            return {name: contents[path] for name, path in uploaded.items() if path in contents}

    @property
    def uploaded(self) -> frozenset[str]:
        """Return the files of the head that a deploy uploads, by their names in the folder of uploaded files."""
        with self.session.git_lock:
            return frozenset(self.session.index.uploaded(self.id.target, self.domain))

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
        """Raise `Refused` with every finding if the domain isn't data, or else if the stage doesn't stand on its own."""
        with self.session.git_lock:
            require_domain_data(self.session.index, self.id.target, self.domain)
            require_self_contained(self.session.index, self.id.target, self.domain)

    @contextmanager
    def stage(self, staged: Mapping[str, bytes | None] | None = None) -> Iterator[BundleCli]:
        """Make the stage, and give the CLI in it: permitted to deploy, and pinned to this deployment's host and root.

        The stage holds the files that the head stages, or only some of them, or others with the contents that are given.
        Raises `Refused` if those of the domain aren't data.
        """
        session, head = self.session, self.session.head
        if staged is None and self.domain not in session.domains:
            staged = self.frame_files
        files = tuple(self.staged if staged is None else (path for path, content in staged.items() if content is None))
        written = {path: content for path, content in (staged or {}).items() if content is not None}
        if any(is_own_file(path, self.domain) for path in files):
            with session.git_lock:
                require_domain_data(session.index, self.id.target, self.domain)
        with session.git_lock:
            frame = session.index.frame(self.id.target, self.domain)
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
            frame=frame,
        )
        self.progress(f"staging {len(files)} files")
        with ExitStack() as stack:
            with session.git_lock:
                snapshot = session.index.snapshot
                entries = {path: entry for path in files if (entry := snapshot.entry(path)) is not None}
                folder = stack.enter_context(open_stage(snapshot, entries, facts, written))
            yield session.make_cli(folder, self.domain)

    @property
    def take_over_hint(self) -> str:
        """Return what to do about the lock of a dead run."""
        return f"take the lock over. Run: {self.id.recover_command} --yes"

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Hold the lock; it is released however things end, unless this process is killed.

        A move holds those of two domains, which the run may deploy at the same time.
        """
        session = self.session
        self.progress("taking the lock")
        with session.turn(self.paths.state):
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
        check_repository(observed, self.session.head.repository, self.session.settings.root_place_of(self.domain))

    def observe(self) -> Observed:
        """Read its record, state and lock from the workspace."""
        return observe(self.workspace, self.id, self.paths)

    def find_tagged(self, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return its own jobs and pipelines, which say they belong to it; with `names`, only those that are called so."""
        return self.keep_own(self.workspace.resources_of(self.paths.metadata, names))

    def is_nowhere(self, observed: Observed) -> bool:
        """Return whether the workspace holds nothing of it: no state, record or lock, and no resource that names it."""
        return observed.is_absent and observed.lock_info is None and not self.find_all_tagged(observed)

    def find_all_tagged(self, observed: Observed) -> tuple[RemoteResource, ...]:
        """Return all its own jobs and pipelines, as `read_tagged` reads them."""
        return self.keep_own(self.read_tagged(observed))

    def read_tagged(self, observed: Observed) -> tuple[RemoteResource, ...]:
        """Return all jobs and pipelines that say they belong to it, also those that have moved away.

        That reads the whole workspace: once for all deployments that nobody has deployed since the session first saw them.
        """
        if not self._is_as_first_seen(observed):
            return self.workspace.resources_of(self.paths.metadata)
        return self.session.tagged.get(self._read_tagged).get(self.paths.metadata, ())

    def keep_own(self, tagged: tuple[RemoteResource, ...]) -> tuple[RemoteResource, ...]:
        """Return those of some resources that no other deployment of the target has.

        Those that have moved there say so after its next deploy.
        """
        known = parse_resources(self.workspace.read(f"{self.paths.state}/resources.json")).known_ids if tagged else ()
        if all(resource.id in known for resource in tagged):
            return tagged
        elsewhere = self._find_elsewhere()
        return tuple(resource for resource in tagged if resource.id in known or resource.id not in elsewhere)

    def _find_elsewhere(self) -> frozenset[str]:
        """Return the ids that other deployments of the target have.

        They are recalled as long as nobody has changed this deployment since: what moves away changes its record first.
        """
        observed = self.observe()
        if not self._is_as_first_seen(observed):
            observe_target(self.session)
        ids = frozenset[str]().union(*(one.state.resources.known_ids for one in recall_others(self.session, self.domain)))
        record = observed.valid_record
        return ids if record is None else ids.union(*(self._find_moved_to(partner, record) for partner in record.partners))

    def _find_moved_to(self, partner: str, record: Record) -> frozenset[str]:
        """Return the ids that a domain has now to which resources have moved; if that can't be seen, those that moved."""
        try:
            if find_place(self.session, partner):
                return parse_resources(self.workspace.read(state_path(self.session, partner))).known_ids
        except RemoteError as error:
            if error.fault is not Fault.PERMISSION:
                raise
        return frozenset(moved.id for moved in record.moved if moved.destination.partition(".")[0] == partner)

    def _is_as_first_seen(self, observed: Observed) -> bool:
        first = self.session.observations.get(self.domain)
        return first is not None and (first.record, first.state) == (observed.record, observed.state)

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
            values=self.values.digests() if action == "deploy" else {},
        )

    def new_record(self, attempt: Attempt, applied: Applied | None = None, inventory: Inventory | None = None) -> Record:
        """Return a record of this repository and deployment."""
        return Record(self.session.head.repository, self.id.target, self.domain, attempt, applied, inventory or Inventory())

    def begin_record(self, attempt: Attempt, observed: Observed) -> Record:
        """Return the record of an attempt that begins: what was applied before stays in it, if it was this deployment's.

        A clone without an origin can't tell which repository it is of, so that it continues any record.
        """
        new, old = self.new_record(attempt), observed.valid_record
        if old is None or old.deployment != new.deployment or is_foreign(observed, new.repository):
            return new
        return replace(old, repository=new.repository, attempted=attempt)

    def write_record(self, record: Record) -> None:
        """Write the record beside the deployment's state."""
        write_record(self.workspace, self.paths.state, record)
