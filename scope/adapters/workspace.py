"""A Databricks workspace, through databricks-sdk: its files, the jobs and pipelines of bundles, who may write where.

The SDK is imported when the first client is made: it takes more than a second. Each request gives up after a few seconds,
so that a workspace that doesn't answer is noticed, not waited for.
"""

import functools
import logging
import re
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from scope.adapters.archive import Archive, unpack
from scope.adapters.named_kinds import DELETERS, FINDERS, PLACED, part
from scope.errors import Fault, RemoteError
from scope.escaping import shortened
from scope.model import Grant, NamedResource, RemoteEntry, RemoteKind, RemoteResource, User

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import DatabricksError
    from databricks.sdk.service.workspace import ObjectInfo

# For one request, and for a request with all its repetitions.
_REQUEST_SECONDS = 10
_RETRY_SECONDS = 15
# For the first of all: nobody there is nobody there.
_PROBE_SECONDS = 4
# Listing folders and looking at pipelines takes a request each; so many go out at once.
_AT_ONCE = 8
_PAGE = 100
# What is read of a file, in bytes, and of the workspace's own words, in characters.
_LONGEST_FILE = 100_000_000
_LONGEST_REASON = 500
_KINDS = {
    "FILE": RemoteKind.FILE,
    "NOTEBOOK": RemoteKind.NOTEBOOK,
    "DIRECTORY": RemoteKind.FOLDER,
}
_BUSY_PIPELINE = frozenset({"RUNNING", "STARTING", "RECOVERING", "RESETTING", "DEPLOYING"})
_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def _patient(
    method: "Callable[Concatenate[DatabricksWorkspace, _Arguments], _Answer]",
) -> "Callable[Concatenate[DatabricksWorkspace, _Arguments], _Answer]":
    """Retry a method for some seconds if the server fails; the SDK itself retries only when throttled.

    Every method that it decorates is idempotent.
    """

    @functools.wraps(method)
    def call(self: "DatabricksWorkspace", *arguments: _Arguments.args, **options: _Arguments.kwargs) -> _Answer:
        import tenacity  # only deploys need it

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, RemoteError) and error.fault is Fault.SERVER),
            stop=tenacity.stop_after_delay(_RETRY_SECONDS),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=4),
            reraise=True,
        )
        return retrying(method, self, *arguments, **options)

    return call


class DatabricksWorkspace:
    """The workspace of the credentials that the environment, or one profile of the configuration file, names."""

    def __init__(self, host: str, profile: str | None = None) -> None:
        """Use the credentials in the environment; sends nothing yet."""
        self.host = host.rstrip("/")
        self._profile = profile
        self._ahead = timedelta()
        # Whether an exported folder has all of its files in it: unknown until one was held against a listing.
        self._has_archives: bool | None = None
        self._listing = threading.Lock()

    @cached_property
    def _client(self) -> "WorkspaceClient":
        from databricks.sdk import WorkspaceClient  # a second, and only commands that deploy need it
        from databricks.sdk.core import Config

        # What it warns of, the requests that follow fail at, or not.
        logging.getLogger("databricks").addHandler(logging.NullHandler())
        try:
            config = Config(
                host=self.host,
                profile=self._profile,
                http_timeout_seconds=_REQUEST_SECONDS,
                retry_timeout_seconds=_RETRY_SECONDS,
                product="scope",
            )
        except ValueError as error:
            raise RemoteError(
                Fault.CREDENTIALS,
                f"There are no usable credentials for {self.host}: {_first_line(str(error))} "
                "Set DATABRICKS_HOST and DATABRICKS_TOKEN, or log in: `databricks auth login`.",
            ) from None
        return WorkspaceClient(config=config)

    @_patient
    def user(self) -> User:
        """Return who the credentials are. The first call notices in seconds that nobody answers."""
        import requests  # comes with the SDK

        with self._failures("asking who the credentials are"):
            # The SDK would try each of its first requests for long. Any answer will do: somebody is there.
            url = f"{self.host}/.well-known/databricks-config"
            probe = requests.get(url, timeout=_PROBE_SECONDS, allow_redirects=False, stream=True)
            self._ahead = _clock_difference(probe.headers.get("Date"))
            probe.close()
            me = self._client.current_user.me()
        name = me.user_name or ""
        local = me.display_name if _is_uuid(name) and me.display_name else name
        return User(name, short_name(local))

    def now(self) -> datetime:
        """Return the time by the workspace's clock, in whole seconds: no later than what is created from now on."""
        return (datetime.now(UTC) + self._ahead).replace(microsecond=0)

    @_patient
    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if there is no such file."""
        with self._failures(f"reading {path}"):
            try:
                with self._client.workspace.download(path) as content:
                    return _read_bounded(content, path)
            except self._missing:
                return None

    def read_files(self, folder: str, names: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of those of some files directly in a folder that there are, by name.

        One request, the export of the folder, answers for all, as long as the workspace is known to export files too.
        """
        archive = self._read_archive(folder, names)
        if archive is not None:
            return archive.contents
        contents = {name: self.read(f"{folder}/{name}") for name in sorted(names)}
        return {name: content for name, content in contents.items() if content is not None}

    @_patient
    def _read_archive(self, folder: str, names: Collection[str]) -> Archive | None:
        """Return an exported folder, or None if its files must be read one by one."""
        from databricks.sdk.errors import BadRequest, DatabricksError
        from databricks.sdk.service.workspace import ExportFormat

        if self._has_archives is False:
            return None
        with self._failures(f"reading {folder}"):
            try:
                with self._client.workspace.download(folder, format=ExportFormat.AUTO) as content:
                    archive = unpack(_read_bounded(content, folder), folder, names, _LONGEST_FILE)
            except self._missing:
                return Archive(frozenset(), {}) if self._has_archives else None
            except DatabricksError as error:
                # It may be too large, or a workspace may export no folders.
                if self._has_archives and not isinstance(error, BadRequest):
                    raise
                return None
        return archive if archive is not None and self._is_whole(archive, folder) else None

    def _is_whole(self, archive: Archive, folder: str) -> bool:
        """Return whether an archive lacks no file; the first that can tell decides for all."""
        with self._listing:
            if self._has_archives is None:
                try:
                    entries = self.entries(folder) or ()
                except RemoteError:
                    return False  # it may not be listed, and files in it may be read all the same
                listed = {entry.path.removeprefix(f"{folder}/") for entry in entries if entry.kind is RemoteKind.FILE}
                if listed:
                    self._has_archives = listed <= archive.names
            return self._has_archives is not False

    @_patient
    def read_jupyter(self, path: str) -> bytes | None:
        """Return a notebook in Jupyter's format, or None if there is no such notebook."""
        from databricks.sdk.service.workspace import ExportFormat

        with self._failures(f"reading {path}"):
            try:
                with self._client.workspace.download(path, format=ExportFormat.JUPYTER) as content:
                    return _read_bounded(content, path)
            except self._missing:
                return None

    @_patient
    def write(self, path: str, content: bytes) -> None:
        """Write a file, replacing an existing one. Its folder must exist."""
        with self._failures(f"writing {path}"):
            self._import(path, content, overwrite=True)

    @_patient
    def create(self, path: str, content: bytes) -> bool:
        """Create a file unless it exists; return whether it was created. Its folder must exist."""
        with self._failures(f"creating {path}"):
            try:
                self._import(path, content, overwrite=False)
            except self._conflict:
                return False
        return True

    def _import(self, path: str, content: bytes, *, overwrite: bool) -> None:
        # The one endpoint that creates exclusively; the SDK has no method for it. The CLI uses it too.
        url = "/api/2.0/workspace-files/import-file" + urllib.parse.quote(path)
        self._client.api_client.do("POST", url, query={"overwrite": "true" if overwrite else "false"}, data=content)

    @_patient
    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a file, or a folder with its content; return whether it existed."""
        with self._failures(f"deleting {path}"):
            try:
                self._client.workspace.delete(path, recursive=recursive)
            except self._missing:
                return False
        return True

    @_patient
    def make_folder(self, path: str) -> None:
        """Create a folder and its parents, unless they exist."""
        with self._failures(f"creating the folder {path}"):
            self._client.workspace.mkdirs(path)

    @_patient
    def entries(self, folder: str) -> tuple[RemoteEntry, ...] | None:
        """Return the direct entries of a folder, sorted, or None if there is no such folder."""
        with self._failures(f"listing {folder}"):
            try:
                return tuple(sorted(_entry(item) for item in self._client.workspace.list(folder)))
            except self._missing:
                return None

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        """Return every file and notebook below a folder, sorted; none if there is no such folder."""
        files: list[RemoteEntry] = []
        level = [folder]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while level:
                entries = [entry for listed in pool.map(self.entries, level) for entry in listed or ()]
                files += [entry for entry in entries if entry.kind is not RemoteKind.FOLDER]
                level = [entry.path for entry in entries if entry.kind is RemoteKind.FOLDER]
        return tuple(sorted(files))

    @_patient
    def grants(self, folder: str) -> tuple[Grant, ...]:
        """Return the permissions on a folder, sorted."""
        with self._failures(f"reading the permissions of {folder}"):
            status = self._client.workspace.get_status(folder)
            answer = self._client.permissions.get("directories", str(status.object_id))
        grants: set[Grant] = set()
        for item in answer.access_control_list or ():
            principal = item.user_name or item.group_name or item.service_principal_name or ""
            for permission in item.all_permissions or ():
                if permission.permission_level is not None:
                    grants.add(Grant(principal, permission.permission_level.value, item.group_name is not None))
        return tuple(sorted(grants))

    @_patient
    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return the jobs and pipelines whose deployment is the one with this `metadata.json`, sorted."""
        return tuple(sorted({resource for path, resource in self._owned(names) if path == metadata_path}))

    @_patient
    def owned_below(self, folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        """Return the jobs and pipelines of all deployments below a folder, sorted, each with its `metadata.json` first."""
        return tuple(sorted({(path, resource) for path, resource in self._owned(names) if path.startswith(f"{folder}/")}))

    def _owned(self, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
        with self._failures("listing jobs"):
            yield from self._jobs(names)
        with self._failures("listing pipelines"):
            yield from self._pipelines(names)

    def _jobs(self, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
        for wanted in [None] if names is None else sorted(names):
            for job in self._client.jobs.list(limit=_PAGE, name=wanted):
                settings = job.settings
                path = settings.deployment.metadata_file_path if settings and settings.deployment else None
                if settings and path:
                    yield path, RemoteResource("jobs", str(job.job_id), settings.name or "")

    def _pipelines(self, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
        """Look at each pipeline, since the list doesn't say to which deployment they belong."""
        filters = [None] if names is None else [f"name LIKE '{_liked(name)}'" for name in sorted(names)]
        listed = [
            item.pipeline_id
            for wanted in filters
            for item in self._client.pipelines.list_pipelines(max_results=_PAGE, filter=wanted)
            if item.pipeline_id and (names is None or item.name in names)
        ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for name, pipeline_id, path in pool.map(self._pipeline, listed):
                if path:
                    yield path, RemoteResource("pipelines", pipeline_id, name)

    def _pipeline(self, pipeline_id: str) -> tuple[str, str, str | None]:
        try:
            pipeline = self._client.pipelines.get(pipeline_id)
        except self._missing:  # deleted since it was listed
            return "", pipeline_id, None
        deployment = pipeline.spec.deployment if pipeline.spec else None
        return pipeline.name or "", pipeline_id, deployment.metadata_file_path if deployment else None

    @_patient
    def active(self, resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
        """Return those of some jobs and pipelines that are running now, sorted."""
        wanted = sorted(set(resources))
        with self._failures("looking for active runs"), ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(
                item for item, is_active in zip(wanted, pool.map(self._is_active, wanted), strict=True) if is_active
            )

    def _is_active(self, resource: RemoteResource) -> bool:
        if resource.kind == "jobs":
            return any(True for _ in self._client.jobs.list_runs(active_only=True, job_id=int(resource.id), limit=1))
        try:
            pipeline = self._client.pipelines.get(resource.id)
        except self._missing:
            return False
        return pipeline.state is not None and pipeline.state.value in _BUSY_PIPELINE

    @_patient
    def delete_resource(self, resource: RemoteResource, *, force: bool = False) -> bool:
        """Delete a resource; return whether it existed."""
        delete = DELETERS.get(resource.kind)
        if delete is None:
            raise RemoteError(
                Fault.INVALID, f"The {resource} is of a kind that isn't deleted from here. Delete it yourself."
            )
        with self._failures(f"deleting the {resource}"):
            try:
                if force and resource.kind == "schemas":
                    self._client.schemas.delete(part(resource.id), force=True)
                else:
                    delete(self._client, resource.id)
            except self._missing:
                return False
        return True

    @_patient
    def named(self, kind: str, full_name: str) -> tuple[NamedResource, ...] | None:
        """Return the resources of a kind with a name, sorted by id, or None if the kind can't be found by name."""
        find = FINDERS.get(kind)
        if find is None:
            return None
        if "/" in full_name and kind not in PLACED:
            return ()  # not a name, and in a URL another path
        with self._failures(f"looking for {full_name}"):
            try:
                return tuple(sorted(find(self._client, full_name), key=lambda resource: resource.id))
            except self._missing:
                return ()

    @cached_property
    def _missing(self) -> type[Exception]:
        from databricks.sdk.errors import NotFound

        return NotFound

    @cached_property
    def _conflict(self) -> type[Exception]:
        from databricks.sdk.errors import ResourceConflict

        return ResourceConflict

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        """Turn the SDK's many exceptions into one with a class and a whole sentence."""
        import requests  # comes with the SDK
        from databricks.sdk.errors import DatabricksError

        try:
            yield
        except DatabricksError as error:
            fault = _fault(error)
            raise RemoteError(fault, f"{self.host} failed at {doing}: {_first_line(str(error))} {_advice(fault)}") from None
        except (requests.RequestException, TimeoutError, ConnectionError) as error:
            message = f"{self.host} doesn't answer ({doing}): {_first_line(str(error))} {_advice(Fault.NETWORK)}"
            raise RemoteError(Fault.NETWORK, message) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # JSON of another shape than the SDK expects ends it in many ways.
            reason = _first_line(str(error))
            message = f"{self.host} returned an unexpected response ({doing}): {reason} Is it a Databricks workspace?"
            raise RemoteError(Fault.UNKNOWN, message) from None


def short_name(user_name: str) -> str:
    """Return what the CLI makes of a user's name for `${workspace.current_user.short_name}`.

    >>> short_name("Jane.Doe+test@example.com")
    'jane_doe_test'
    """
    local = user_name.partition("@")[0].lower()
    return re.sub("_+", "_", "".join(letter if letter.isalpha() or letter.isdigit() else "_" for letter in local)).strip("_")


def _read_bounded(content: Iterable[bytes], path: str) -> bytes:
    """Return a file's content; `RemoteError` for one that is longer than anything that is read here."""
    answer = bytearray()
    for chunk in content:
        answer += chunk
        if len(answer) > _LONGEST_FILE:
            raise RemoteError(
                Fault.INVALID, f"{path} is larger than {_LONGEST_FILE // 1_000_000} MB, so it isn't read. Look who wrote it."
            )
    return bytes(answer)


def _clock_difference(date: str | None) -> timedelta:
    """Return how far the clock of a server is ahead of ours, by the `Date` of an answer that has just come."""
    try:
        return parsedate_to_datetime(date) - datetime.now(UTC) if date else timedelta()
    except (TypeError, ValueError):
        return timedelta()


def _is_uuid(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


def _entry(item: "ObjectInfo") -> RemoteEntry:
    kind = item.object_type.value if item.object_type else ""
    return RemoteEntry(item.path or "", _KINDS.get(kind, RemoteKind.OTHER))


def _liked(name: str) -> str:
    """Return a name inside a LIKE pattern. Its own wildcards stay; surplus matches are filtered out afterwards."""
    return name.replace("'", "_").replace("\\", "_")


def _fault(error: "DatabricksError") -> Fault:
    from databricks.sdk import errors

    classes: tuple[tuple[type[Exception], Fault], ...] = (
        (errors.Unauthenticated, Fault.CREDENTIALS),
        (errors.PermissionDenied, Fault.PERMISSION),
        (errors.RequestLimitExceeded, Fault.THROTTLED),
        (errors.ResourceExhausted, Fault.QUOTA),
        (errors.TooManyRequests, Fault.THROTTLED),
        (errors.NotFound, Fault.MISSING),
        (errors.ResourceConflict, Fault.ALREADY_EXISTS),
        (errors.DeadlineExceeded, Fault.SERVER),
        (errors.InternalError, Fault.SERVER),
        (errors.TemporarilyUnavailable, Fault.SERVER),
        (errors.BadRequest, Fault.INVALID),
    )
    return next((fault for kind, fault in classes if isinstance(error, kind)), Fault.UNKNOWN)


def _advice(fault: Fault) -> str:
    return {
        Fault.CREDENTIALS: "Log in again, or set a new DATABRICKS_TOKEN.",
        Fault.PERMISSION: "Ask for the right to do this, or run it as the deployer.",
        Fault.NETWORK: "Check the host, the network and the proxy, then run it again.",
    }.get(fault, "Run it again.")


def _first_line(text: str) -> str:
    # The SDK adds the configuration that it was given, and from where, to what the workspace said.
    lines = [line.strip() for line in text.partition(" Config: host=")[0].splitlines() if line.strip()]
    first = shortened(lines[0], _LONGEST_REASON) if lines else "no reason given"
    return first if first.endswith((".", "!", "?")) else f"{first}."
