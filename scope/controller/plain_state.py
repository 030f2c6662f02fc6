"""The state of a plain bundle, which is one for everything, and its parts. Entries move as they are, whatever is in them."""

import uuid
from collections.abc import Collection

from scope.deployment.inventory import Inventory
from scope.deployment.moves import StateDocument
from scope.deployment.target import Paths
from scope.errors import UsageError
from scope.model import ResourceKey
from scope.workspace_ports import Workspace


class PlainState:
    """The `resources.json` of a plain bundle."""

    def __init__(self, workspace: Workspace, root: str) -> None:
        """Read the state below a root; `UsageError` or `Refused` if there is none that can be split."""
        self.paths = Paths(root)
        content = workspace.read(self.path)
        if content is None:
            raise UsageError(f"There is no bundle's state in {self.paths.state}. Name the old bundle's root with `--from`.")
        advice = "Deploy the old bundle once with the tested CLI, then try again."
        self._document = StateDocument(content, self.path, purpose="that can be split", advice=advice)
        self.inventory: Inventory = self._document.inventory

    @property
    def path(self) -> str:
        """Return the path of the file."""
        return f"{self.paths.state}/resources.json"

    def of(self, resources: Collection[ResourceKey]) -> Inventory:
        """Return the entries of some resources, their permissions and grants with them."""
        return Inventory((key, value) for key, value in self.inventory.items() if key.resource in resources)

    def split_off(self, keys: Collection[ResourceKey]) -> bytes:
        """Return a state of its own for some entries."""
        names = {str(key) for key in keys}
        entries = {name: entry for name, entry in self._document.entries.items() if name in names}
        return self._document.begin(entries, str(uuid.uuid4()))

    def without(self, resources: Collection[ResourceKey]) -> bytes:
        """Return this state after some resources have left it, their permissions and grants with them."""
        names = {str(key) for key in self.of(resources)}
        return self._document.with_entries(
            {name: entry for name, entry in self._document.entries.items() if name not in names}
        )
