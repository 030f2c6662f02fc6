"""The state of a plain bundle, which is one for everything, and its parts. Entries move as they are, whatever is in them."""

import json
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from scope.deployment.inventory import Inventory
from scope.deployment.state import FileState, parse_resources
from scope.deployment.target import Paths
from scope.errors import Refused, UsageError
from scope.model import ResourceKey
from scope.ports import Workspace

# The form of `resources.json` that entries can be moved in: the tested CLI's.
_VERSIONS = frozenset({2, 3})


class PlainState:
    """The `resources.json` of a plain bundle."""

    def __init__(self, workspace: Workspace, root: str) -> None:
        """Read the state below a root; `UsageError` or `Refused` if there is none that can be split."""
        self.paths = Paths(root)
        content = workspace.read(self.path)
        if content is None:
            raise UsageError(f"There is no bundle's state in {self.paths.state}. Name the old bundle's root with `--from`.")
        state = parse_resources(content)
        self.inventory: Inventory = state.inventory
        self._tree: dict[str, Any] = json.loads(content) if state.file_state is FileState.READABLE else {}
        if self._tree.get("state_version") not in _VERSIONS:
            raise Refused(
                f"{self.path} isn't a state that can be split: it is {state.file_state}, version "
                f"{self._tree.get('state_version')}. Deploy the old bundle once with the tested CLI, then try again."
            )

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
        entries = {name: entry for name, entry in self._entries.items() if name in names}
        return json.dumps({**self._tree, "lineage": str(uuid.uuid4()), "serial": 1, "state": entries}, indent=1).encode()

    def without(self, resources: Collection[ResourceKey]) -> bytes:
        """Return this state after some resources have left it, their permissions and grants with them."""
        names = {str(key) for key in self.of(resources)}
        entries = {name: entry for name, entry in self._entries.items() if name not in names}
        return json.dumps({**self._tree, "serial": self._tree["serial"] + 1, "state": entries}, indent=1).encode()

    @property
    def _entries(self) -> Mapping[str, Any]:
        return self._tree["state"] or {}
