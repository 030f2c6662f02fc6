"""The order of commits: an older one never replaces a newer one, nor destroys what only the newer one has.

The record tells which commit is there. Where it can't be read, the CLI's own `metadata.json` does; where nothing does, only
the tip of the branch is certainly not older.
"""

from scope.controller.deployment import Deployment
from scope.deployment.ancestry import find_superseding, is_tip
from scope.deployment.metadata import read_cli_commit
from scope.deployment.observation import Observed
from scope.errors import Refused


def find_newer(deployment: Deployment, observed: Observed) -> str | None:
    """Return the newer commit that was deployed or tried already, if that counts here.

    Raises `Refused` if something is deployed, and nothing tells of which commit it is.
    """
    session = deployment.session
    head = session.head.commit
    if head is None or observed.is_absent or session.options.allow_rollback or not session.settings.is_production:
        return None
    commits = list(observed.commits)
    if (cli_commit := read_cli_commit(session.workspace, observed.paths)) is not None:
        commits.append(cli_commit)
    with session.git_lock:
        if not commits and not is_tip(session.git, session.settings, head):
            raise Refused(
                f"Nothing tells which commit {deployment.id} runs, and {head[:9]} isn't the newest of its branch: it may be "
                "older. Deploy the newest one, or, to deploy this one all the same, add --allow-rollback."
            )
        for commit in dict.fromkeys(commits):
            newer = find_superseding(session.git, session.settings, head, commit)
            if newer is not None:
                return newer
    return None
