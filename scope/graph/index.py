"""What every layout of a repository answers: its deployments, what each is made of, and whom a change reaches.

A deployment is a *domain* in a target: in this template a domain's folders, elsewhere a folder with a bundle of its own.
Whoever plans or deploys asks here, and knows no layout.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from scope.graph.shared_code import Edge
from scope.inference.resource_keys import DefinedResource
from scope.inference.uses import Uses
from scope.model import Change, Entry, Step
from scope.ports import Kept, Workers
from scope.repository.layout import BUNDLE, CODE_ROOT, WHEELS
from scope.repository.moves import Moves
from scope.repository.ownership import Rules
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.graph.tables import TableIndex


class StageFrame(NamedTuple):
    """How the CLI runs in a stage.

    It starts in `folder`, whose bundle is the file `bundle`, and uploads what lies below `sync_root`; all of them are
    relative to the stage. `overlay` is the file that the stage adds to the bundle; unless `is_included`, the stage adds it
    to the bundle's `include`. `venv` is where the bundle expects its environment, or None if it needs none. `has_guard` says
    that the bundle is told its domain, and refuses a deploy without the permit of a stage. `wheels` are the folders in which
    builds leave what a deploy uploads, `empty` those that must exist, even if no file lies in them; `ignored` is what is
    never uploaded, as git's ignore files write it.
    """

    folder: str = ""
    bundle: str = BUNDLE
    sync_root: str = ""
    overlay: str = ".stage/stage.yml"
    is_included: bool = True
    venv: str | None = ".venv"
    has_guard: bool = True
    wheels: tuple[str, ...] = (WHEELS,)
    empty: tuple[str, ...] = (CODE_ROOT,)
    ignored: tuple[str, ...] = (f"/{WHEELS}", "__pycache__/", ".databricks/")


class DeploymentIndex(Protocol):
    """The deployments of one tree, computed on demand and kept."""

    @property
    def snapshot(self) -> Snapshot:
        """Return the tree."""
        ...

    @property
    def rules(self) -> Rules:
        """Return the rules for the tree. Raises `UsageError` if they can't be read."""
        ...

    @property
    def moves(self) -> Moves:
        """Return the declared moves. Raises `UsageError` if they can't be read, or name domains that aren't there."""
        ...

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the domains, sorted."""
        ...

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the targets that any domain is deployed to, sorted."""
        ...

    def domains_in(self, target: str) -> tuple[str, ...]:
        """Return the domains that are deployed to a target, sorted; none for a target that isn't there."""
        ...

    @property
    def places(self) -> tuple[str, str]:
        """Return in words where targets and domains are defined."""
        ...

    @property
    def names_catalogs(self) -> bool:
        """Return whether each domain has a catalog of its name."""
        ...

    @property
    def kept(self) -> Kept | None:
        """Return what earlier runs found out, if that is asked for."""
        ...

    @property
    def workers(self) -> Workers | None:
        """Return who does what takes time, if that isn't this process alone."""
        ...

    def at_base(self, snapshot: Snapshot) -> Self:
        """Return the index of a base in the same layout. If its rules can't be read, every path of it deploys everything."""
        ...

    def check_names(self) -> None:
        """Raise `UsageError` for names that mean nothing, or can't be told apart."""
        ...

    def own_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the staged files that are a domain's own, by path."""
        ...

    def bundle_folder(self, domain: str) -> str:
        """Return the folder in which a domain's bundle lies, as the manifest writes paths; `.` for the repository's root."""
        ...

    def folders(self, domain: str) -> tuple[str, ...]:
        """Return a domain's own folders."""
        ...

    def resource_root(self, domain: str) -> str:
        """Return the folder, or the file, that a domain's resources are defined in or below."""
        ...

    def sources(self, domain: str) -> tuple[str, ...]:
        """Return a domain's sources, sorted; none where a layout has none."""
        ...

    def resources(self, domain: str) -> tuple[str, ...]:
        """Return the short keys of a domain's resources, sorted."""
        ...

    def defined_resources(self, domain: str) -> tuple[DefinedResource, ...]:
        """Return a domain's resources with their names, as far as its text tells, sorted by key."""
        ...

    def unread_resources(self, domain: str) -> tuple[tuple[str, int], ...]:
        """Return where a domain makes resources whose keys its text doesn't tell: paths and lines, sorted."""
        ...

    def staged(self, target: str, domain: str) -> Mapping[str, Entry]:
        """Return the files of a deployment's stage, sorted by path."""
        ...

    def uploaded(self, target: str, domain: str) -> Mapping[str, str]:
        """Return the staged files that the CLI uploads, by their names in the folder of uploaded files."""
        ...

    def frame(self, target: str, domain: str) -> StageFrame:
        """Return how the CLI runs in the stage of a deployment."""
        ...

    def frame_files(self, target: str, domain: str) -> Mapping[str, bytes | None]:
        """Return the files of a stage that defines no resource, with which a deployment is destroyed.

        None stands for the content that the tree has.
        """
        ...

    def target_place(self, target: str) -> str:
        """Return the path of the file that configures a target, as far as there is one."""
        ...

    def fingerprint(self, target: str, domain: str) -> str | None:
        """Return the digest over a deployment's closure, or None if the deployment doesn't exist."""
        ...

    def used_variables(self, target: str, domain: str, names: Collection[str]) -> frozenset[str]:
        """Return those of some variables of the bundle that a deployment refers to."""
        ...

    def uses_of(self, path: str) -> Uses:
        """Return the uses of one file of the tree; none if there is no such file."""
        ...

    def shared_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the shared files that a domain reaches."""
        ...

    @property
    def shared_edges(self) -> tuple[Edge, ...]:
        """Return every edge from one shared file to another, sorted."""
        ...

    def find_shared_files(self, domains: Iterable[str], *others: Self) -> None:
        """Find the shared files of some domains, each of which takes time: here, and in other trees."""
        ...

    @property
    def tables(self) -> "TableIndex":
        """Return the tables that the files of the tree write and read."""
        ...


class Tracer(Protocol):
    """Traces changed paths between two trees to the deployments that have them in their closure, at base or at head."""

    @property
    def is_exact(self) -> bool:
        """Return whether what is reached always differs. If not, only the fingerprints can tell."""
        ...

    def find_reached(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments, target and domain, that have a changed path in their closure, at base or at head."""
        ...

    def find_path(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:
        """Return the path from a change to a deployment that it reaches."""
        ...

    def is_staged(self, change: Change, target: str, domain: str) -> bool:
        """Return whether the stage of a deployment holds a changed file that reaches the deployment."""
        ...

    def explain(self, change: Change) -> str | None:
        """Return the reason why a change reaches nothing or everything, or None if its causes say enough."""
        ...
