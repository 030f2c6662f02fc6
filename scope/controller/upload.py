"""What a deploy uploads: the files that differ from what lies in the workspace, where the last receipt proves the others.

Whatever is odd about a file makes it upload that file, and whatever is odd about the deployment, all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scope.controller.deployment import Deployment
from scope.deployment.receipt import (
    LONGEST,
    UploadedFile,
    by_name,
    find_kept,
    is_as_listed,
    parse_receipt,
    prove,
)
from scope.deployment.record import Applied
from scope.deployment.state import UploadState
from scope.deployment.verification import delete_strays
from scope.errors import Fault, RemoteError
from scope.wording import abbreviate, pluralize
from scope.workspace_model import RemoteEntry, StagedFile
from scope.workspace_ports import BundleCli


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of a stage, and those of them that the workspace has already, with what proves it."""

    staged: Mapping[str, StagedFile]
    kept: Mapping[str, UploadedFile]


def begin_upload(deployment: Deployment, cli: BundleCli, applied: Applied | None, listed: UploadState) -> Upload:
    """Have the CLI upload only what differs from what was applied; everything, if that is None or can't be proven.

    `listed` is the CLI's list in the workspace as it was read last: another one than the applied one is somebody else's.
    """
    staged = cli.staged_files(deployment.uploaded)
    kept: Mapping[str, UploadedFile] = {}
    if (
        applied is not None
        and applied.attempt.cli_version == deployment.session.cli_version
        and applied.upload_digest == listed.digest
    ):
        kept = _find_kept(deployment, applied, staged, listed)
    left = cli.keep({path: staged[path] for path in kept}) if kept else frozenset()
    deployment.progress(f"uploading {len(staged) - len(left):,} of {pluralize(len(staged), 'file')}")
    return Upload(staged, {path: file for path, file in kept.items() if path in left})


def _find_kept(
    deployment: Deployment, applied: Applied, staged: Mapping[str, StagedFile], listed: UploadState
) -> Mapping[str, UploadedFile]:
    workspace, paths = deployment.workspace, deployment.paths
    receipt = parse_receipt(_read_receipt(deployment), applied.upload_digest)
    if not receipt.files:
        return {}
    return find_kept(receipt, staged, listed, by_name(paths.files, workspace.files(paths.files)))


def _read_receipt(deployment: Deployment) -> bytes | None:
    """Return the receipt's content, or None for what is no file, or longer than anything that is read."""
    try:
        return deployment.workspace.read(deployment.paths.receipt)
    except RemoteError as error:
        if error.fault is not Fault.INVALID:
            raise
        return None


def finish_upload(deployment: Deployment, cli: BundleCli, upload: Upload, listed: UploadState) -> int:
    """Delete what no upload lists, write the receipt, and return how many files were uploaded.

    Raises `RemoteError` if a file is missing, or one that was kept was changed meanwhile.
    """
    paths = deployment.paths
    entries = deployment.workspace.files(paths.files)
    names = by_name(paths.files, entries)
    # What the bundle's code has written again meanwhile, the CLI has uploaded again.
    unchanged = {path: file for path, file in cli.staged_files(upload.staged).items() if upload.staged[path] == file}
    kept = {path: file for path, file in upload.kept.items() if path in unchanged}
    changed = sorted(path for path, file in kept.items() if not is_as_listed(file, names.get(listed.names[path])))
    if changed:
        raise RemoteError(
            Fault.STALE_PLAN,
            f"{abbreviate(changed)} changed in {paths.files} during the deploy, not by it. Run it again.",
        )
    for path in delete_strays(deployment.workspace, paths, listed, entries):
        deployment.event(f"deleted stray file {path} (not in any upload)")
    receipt = prove(kept, unchanged, listed, names, _find_end(deployment))
    if receipt.files and len(receipt.content) <= LONGEST:
        _write_receipt(deployment, receipt.content)
    return len(upload.staged) - len(kept)


def _write_receipt(deployment: Deployment, content: bytes) -> None:
    """Write the receipt, or say that there is none: the deploy is good all the same."""
    try:
        deployment.workspace.write(deployment.paths.receipt, content)
    except RemoteError as error:
        deployment.event(f"the next deploy uploads everything: {error}")


def _find_end(deployment: Deployment) -> int:
    """Return when the CLI had uploaded all files, in milliseconds by the workspace's clock: it writes its list then."""
    state = deployment.paths.state
    entries: tuple[RemoteEntry, ...] = deployment.workspace.entries(state) or ()
    return next((entry.modified_at or 0 for entry in entries if entry.path == f"{state}/deployment.json"), 0)
