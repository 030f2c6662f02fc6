"""A Databricks workspace, by its REST API: its files, the jobs and pipelines of bundles, who may write where."""

import functools
import re
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Concatenate, ParamSpec, TypeVar

from scope.adapters.answers import Answer, children, number, text
from scope.adapters.archive import Archive, unpack
from scope.adapters.named_kinds import DELETERS, FINDERS, PLACED, part
from scope.adapters.rest import LONGEST_FILE, RETRY_SECONDS, RestClient
from scope.adapters.sdk import Services
from scope.adapters.tagged_kinds import AT_ONCE, is_active, list_owned
from scope.errors import Fault, RemoteError
from scope.workspace_model import Grant, NamedResource, RemoteEntry, RemoteKind, RemoteResource, User

# For the first request of all: nobody there is nobody there.
_PROBE_SECONDS = 4
_API = "/api/2.0/workspace"
_KINDS = {
    "FILE": RemoteKind.FILE,
    "NOTEBOOK": RemoteKind.NOTEBOOK,
    "DIRECTORY": RemoteKind.FOLDER,
}
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
            stop=tenacity.stop_after_delay(RETRY_SECONDS),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=4),
            reraise=True,
        )
        return retrying(method, self, *arguments, **options)

    return call


def _unless_missing(call: Callable[[], _Answer]) -> _Answer | None:
    """Return what a call answers, or None for what isn't there."""
    try:
        return call()
    except RemoteError as error:
        if error.fault is not Fault.MISSING:
            raise
        return None


class DatabricksWorkspace:
    """The workspace of the credentials that the environment, or one profile of the configuration file, names."""

    def __init__(self, host: str, profile: str | None = None) -> None:
        """Use the credentials in the environment; sends nothing yet."""
        self.host = host.rstrip("/")
        self._rest = RestClient(self.host, profile)
        self._ahead = timedelta()
        # Whether an exported folder has all of its files in it: unknown until one was held against a listing.
        self._has_archives: bool | None = None
        self._listing = threading.Lock()

    @_patient
    def user(self) -> User:
        """Return who the credentials are. The first call notices in seconds that nobody answers."""
        import requests  # comes with the SDK

        doing = "asking who the credentials are"
        with self._rest.failures(doing):
            # The SDK would try each of its first requests for long. Any answer will do: somebody is there.
            url = f"{self.host}/.well-known/databricks-config"
            probe = requests.get(url, timeout=_PROBE_SECONDS, allow_redirects=False, stream=True)
            self._ahead = _clock_difference(probe.headers.get("Date"))
            probe.close()
            me = self._rest.get(doing, "/api/2.0/preview/scim/v2/Me")
            name, display_name = text(me, "userName") or "", text(me, "displayName")
        return User(name, short_name(display_name if _is_uuid(name) and display_name else name))

    def now(self) -> datetime:
        """Return the time by the workspace's clock, in whole seconds: no later than what is created from now on."""
        return (datetime.now(UTC) + self._ahead).replace(microsecond=0)

    @_patient
    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if there is no such file."""
        return _unless_missing(lambda: self._export(path))

    @_patient
    def read_jupyter(self, path: str) -> bytes | None:
        """Return a notebook in Jupyter's format, or None if there is no such notebook."""
        return _unless_missing(lambda: self._export(path, "JUPYTER"))

    def _export(self, path: str, export_format: str | None = None) -> bytes:
        query = {"path": path, "direct_download": True, "format": export_format}
        return self._rest.download(f"reading {path}", f"{_API}/export", query, path)

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
        if self._has_archives is False:
            return None
        try:
            content = _unless_missing(lambda: self._export(folder, "AUTO"))
        except RemoteError as error:
            # It may be too large, or a workspace may export no folders.
            if self._has_archives and error.fault is not Fault.INVALID:
                raise
            return None
        if content is None:
            return Archive(frozenset(), {}) if self._has_archives else None
        archive = unpack(content, folder, names, LONGEST_FILE)
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
    def write(self, path: str, content: bytes) -> None:
        """Write a file, replacing an existing one. Its folder must exist."""
        self._import(f"writing {path}", path, content, overwrite=True)

    @_patient
    def create(self, path: str, content: bytes) -> bool:
        """Create a file unless it exists; return whether it was created. Its folder must exist."""
        try:
            self._import(f"creating {path}", path, content, overwrite=False)
        except RemoteError as error:
            if error.fault is not Fault.ALREADY_EXISTS:
                raise
            return False
        return True

    def _import(self, doing: str, path: str, content: bytes, *, overwrite: bool) -> None:
        # The one endpoint that creates exclusively. The CLI uses it too.
        url = f"{_API}-files/import-file{urllib.parse.quote(path)}"
        self._rest.upload(doing, url, content, {"overwrite": overwrite})

    @_patient
    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a file, or a folder with its content; return whether it existed."""
        body = {"path": path, "recursive": recursive}
        return _unless_missing(lambda: self._rest.post(f"deleting {path}", f"{_API}/delete", body)) is not None

    @_patient
    def make_folder(self, path: str) -> None:
        """Create a folder and its parents, unless they exist."""
        self._rest.post(f"creating the folder {path}", f"{_API}/mkdirs", {"path": path})

    @_patient
    def entries(self, folder: str) -> tuple[RemoteEntry, ...] | None:
        """Return the direct entries of a folder, sorted, or None if there is no such folder."""
        doing = f"listing {folder}"
        listing = _unless_missing(lambda: self._rest.get(doing, f"{_API}/list", {"path": folder}))
        with self._rest.failures(doing):
            return None if listing is None else tuple(sorted(_entry(item) for item in children(listing, "objects")))

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        """Return every file and notebook below a folder, sorted; none if there is no such folder."""
        files: list[RemoteEntry] = []
        level = [folder]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while level:
                entries = [entry for listed in pool.map(self.entries, level) for entry in listed or ()]
                files += [entry for entry in entries if entry.kind is not RemoteKind.FOLDER]
                level = [entry.path for entry in entries if entry.kind is RemoteKind.FOLDER]
        return tuple(sorted(files))

    @_patient
    def grants(self, folder: str) -> tuple[Grant, ...]:
        """Return the permissions on a folder, sorted."""
        doing = f"reading the permissions of {folder}"
        with self._rest.failures(doing):
            folder_id = number(self._rest.get(doing, f"{_API}/get-status", {"path": folder}), "object_id")
            if folder_id is None:
                raise ValueError("a folder has no `object_id`.")
            answer = self._rest.get(doing, f"/api/2.0/permissions/directories/{folder_id}")
            return tuple(sorted({grant for item in children(answer, "access_control_list") for grant in _grants(item)}))

    @_patient
    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return the jobs and pipelines whose deployment is the one with this `metadata.json`, sorted."""
        return tuple(sorted({resource for path, resource in list_owned(self._rest, names) if path == metadata_path}))

    @_patient
    def owned_below(self, folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        """Return the jobs and pipelines of all deployments below a folder, sorted, each with its `metadata.json` first."""
        owned = list_owned(self._rest, names)
        return tuple(sorted({(path, resource) for path, resource in owned if path.startswith(f"{folder}/")}))

    @_patient
    def active(self, resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
        """Return those of some jobs and pipelines that are running now, sorted."""
        wanted = sorted(set(resources))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(lambda resource: is_active(self._rest, resource), wanted)
            return tuple(resource for resource, is_running in zip(wanted, answers, strict=True) if is_running)

    @_patient
    def delete_resource(self, resource: RemoteResource, *, force: bool = False) -> bool:
        """Delete a resource; return whether it existed."""
        delete = DELETERS.get(resource.kind)
        if delete is None:
            raise RemoteError(
                Fault.INVALID, f"The {resource} is of a kind that isn't deleted from here. Delete it yourself."
            )

        def send() -> bool:
            with self._rest.failures(f"deleting the {resource}"):
                if force and resource.kind == "schemas":
                    self._services.schemas.delete(part(resource.id), force=True)
                else:
                    delete(self._services, resource.id)
            return True

        return _unless_missing(send) is not None

    @_patient
    def named(self, kind: str, full_name: str) -> tuple[NamedResource, ...] | None:
        """Return the resources of a kind with a name, sorted by id, or None if the kind can't be found by name."""
        find = FINDERS.get(kind)
        if find is None:
            return None
        if "/" in full_name and kind not in PLACED:
            return ()  # not a name, and in a URL another path

        def ask() -> tuple[NamedResource, ...]:
            with self._rest.failures(f"looking for {full_name}"):
                return tuple(sorted(find(self._services, full_name), key=lambda resource: resource.id))

        return _unless_missing(ask) or ()

    @cached_property
    def _services(self) -> Services:
        return Services(self._rest.client)


def short_name(user_name: str) -> str:
    """Return what the CLI makes of a user's name for `${workspace.current_user.short_name}`.

    >>> short_name("Jane.Doe+test@example.com")
    'jane_doe_test'
    """
    local = user_name.partition("@")[0].lower()
    return re.sub("_+", "_", "".join(letter if letter.isalpha() or letter.isdigit() else "_" for letter in local)).strip("_")


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


def _entry(item: Answer) -> RemoteEntry:
    kind = _KINDS.get(text(item, "object_type") or "", RemoteKind.OTHER)
    return RemoteEntry(text(item, "path") or "", kind, number(item, "modified_at"), number(item, "size"))


def _grants(item: Answer) -> Iterator[Grant]:
    names = [text(item, key) for key in ("user_name", "group_name", "service_principal_name")]
    for permission in children(item, "all_permissions"):
        level = text(permission, "permission_level")
        if level is not None:
            yield Grant(next(filter(None, names), ""), level, names[1] is not None)
