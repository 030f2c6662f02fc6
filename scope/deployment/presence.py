"""Which folders hold a deployment: told by what only a deployment leaves in them, never by a folder's name alone.

The folder that a target's deployments lie in may be anybody's, such as the root of an old plain bundle with `files`,
`artifacts` and `state` of its own. A folder in it is a domain's deployment if its name can be a domain's, and if it has

- in `state`, the record, the lock, or a file of the CLI's state; or else
- in `files/src`, the runtime package's project or the domain's own package, which is what a deploy uploads: record and state
  were lost then, and what they told of may still be there.

`bundle validate` makes a folder too, and leaves it empty. A folder that may not be looked into may hold one: whoever
observes it says so.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from scope.deployment.lock import NAME as LOCK
from scope.deployment.record import NAME as RECORD
from scope.deployment.target import Paths
from scope.errors import Fault, RemoteError
from scope.names import is_domain_name
from scope.repository.layout import CODE_ROOT, RUNTIME_PROJECT, code_folder
from scope.workspace_model import RemoteKind
from scope.workspace_ports import Workspace

# So many folders are looked into, or deployments observed, at once; each takes a request or two, and most of that is waiting
# for a workspace that is far away. The client holds twenty connections.
AT_ONCE = 16
_STATE_FILES = frozenset({RECORD, LOCK, "resources.json", "deployment.json", "metadata.json"})


def deployed_domains(workspace: Workspace, base: str, skip: Collection[str] = ()) -> tuple[str, ...]:
    """Return the domains with a deployment below a target's folder, and those that may have one, sorted.

    Those in `skip` are left out, and not looked at. Raises `RemoteError` if the folder itself may not be listed.
    """
    names = [
        name
        for entry in workspace.entries(base) or ()
        if entry.kind is RemoteKind.FOLDER and is_domain_name(name := _name(entry.path)) and name not in skip
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = zip(names, pool.map(lambda name: _may_be_deployed(workspace, f"{base}/{name}"), names), strict=True)
        return tuple(sorted(name for name, may_be in answers if may_be))


def has_leftovers(workspace: Workspace, root: str) -> bool:
    """Return whether a root without record and state has what only a deployment uploads."""
    traces = {RUNTIME_PROJECT, code_folder(_name(root))}
    files = Paths(root).files
    return any(entry.path.removeprefix(f"{files}/") in traces for entry in workspace.entries(f"{files}/{CODE_ROOT}") or ())


def _may_be_deployed(workspace: Workspace, root: str) -> bool:
    try:
        names = {_name(entry.path) for entry in workspace.entries(Paths(root).state) or ()}
        return bool(names & _STATE_FILES) or has_leftovers(workspace, root)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        return True


def _name(path: str) -> str:
    return path.rpartition("/")[2]
