"""The fake workspace (tests/cli/fakeworkspace) and its control client: faults, the request log, what it holds.

A `FakeWorkspace` is one bearer token. What another token makes, asks or sets doesn't show here, so tests share a server.
"""

import base64
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

CURRENT_USER = "tester@databricks.com"
"""The person behind every token that doesn't begin with `dbapi1` (those are service principals)."""


class FakeWorkspaceError(Exception):
    """The fake workspace refused a request of the test itself, with this status and error code."""

    def __init__(self, request: str, status: int, answer: str) -> None:
        super().__init__(f"{request}: {status} {answer}")
        self.status = status
        try:
            self.code = str(json.loads(answer).get("error_code", ""))
        except ValueError:
            self.code = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the workspace got."""

    number: int
    time: datetime
    token: str
    pid: int
    """Of the CLI that sent it; 0 where the sender doesn't say."""
    method: str
    path: str
    query: str
    workspace_path: str
    """The file or folder that the request is about; empty where there is none."""
    status: int
    """0 for an answer that was never given."""
    rule: int

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.workspace_path} {self.status}"

    @property
    def writes(self) -> bool:
        return self.method not in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a workspace holds at one moment."""

    files: Mapping[str, bytes]
    notebooks: frozenset[str]
    """Those of `files` that are notebooks; a workspace takes the extension off their names."""
    folders: frozenset[str]
    resources: Mapping[str, Mapping[str, Any]]
    """By kind (`jobs`, `pipelines`, `schemas`, …), then by id."""

    def below(self, folder: str) -> dict[str, bytes]:
        """Return the files in a folder, by their path relative to it."""
        prefix = folder.rstrip("/") + "/"
        return {path.removeprefix(prefix): content for path, content in self.files.items() if path.startswith(prefix)}

    def names(self, kind: str) -> list[str]:
        """Return the names of the resources of one kind, sorted, a name as often as there are resources with it."""
        items = [item.get("settings", item) for item in self.resources.get(kind, {}).values()]
        return sorted(str(item.get("name") or item.get("display_name", "")) for item in items)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that the workspace follows, see `FakeWorkspace.add_rule`."""

    workspace: "FakeWorkspace" = field(repr=False)
    id: int

    def state(self) -> Mapping[str, Any]:
        """Return the rule with its counters `matched`, `fired` and `holding`."""
        return next(rule for rule in self.workspace.rules() if rule["id"] == self.id)

    @property
    def fired(self) -> int:
        return int(self.state()["fired"])

    def wait_until_holding(self, count: int = 1, *, seconds: float = 30) -> None:
        """Return when that many requests are being held; raise `TimeoutError` when they don't come."""
        deadline = time.monotonic() + seconds
        while int(self.state()["holding"]) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Rule {self.id} holds {self.state()['holding']} requests, not {count}: {self.state()}")
            time.sleep(0.005)

    def release(self) -> None:
        """Let what is held go on; requests that come later aren't held any more."""
        self.workspace.control("POST", "release", {"id": self.id})


@dataclass(frozen=True, slots=True)
class FakeWorkspace:
    """One workspace of the server: the one of this token."""

    url: str
    token: str

    def other(self) -> Self:
        """Return another, empty workspace of the same server."""
        return type(self)(self.url, new_token())

    # Rules

    def add_rule(
        self,
        method: str = "",
        path: str = "",
        *,
        under: str = "",
        skip: int = 0,
        times: int = 1,
        after_work: bool = False,
        delay: float = 0,
        hold: bool = False,
        kill: bool = False,
        drop: bool = False,
        status: int = 0,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Rule:
        """Make something happen to requests that match: after the first `skip`, to the next `times` (0: to all).

        `path` is the URL's and may hold `*` for any text; `under` is a file or folder in the workspace, itself and all
        below it. With `after_work` the server does the work first, and only the answer is delayed, held, lost or wrong.
        `delay` is in seconds. `kill` matches only requests that name the process that sent them: `tests.support.cli` makes
        the CLI do so, so the requests of a controller beside it don't count.
        """
        rule: dict[str, Any] = {
            "method": method, "path": path, "under": under, "skip": skip, "times": times, "after_work": after_work,
            "delay_ms": round(delay * 1000), "hold": hold, "kill": kill, "drop": drop, "status": status,
            "headers": dict(headers or {}),
        }  # fmt: skip
        if body is not None:
            rule["body"] = body
        return Rule(self, int(self.control("POST", "rules", rule)["id"]))

    def fail(self, method: str, path: str, status: int, *, skip: int = 0, times: int = 1, after_work: bool = False) -> Rule:
        """Answer with an error, before or after the work is done."""
        return self.add_rule(method, path, status=status, skip=skip, times=times, after_work=after_work)

    def lose_answer(self, method: str, path: str, *, skip: int = 0, times: int = 1) -> Rule:
        """Do the work, then close the connection."""
        return self.add_rule(method, path, drop=True, after_work=True, skip=skip, times=times)

    def kill(self, method: str = "", path: str = "", *, under: str = "", skip: int = 0, after_work: bool = False) -> Rule:
        """Kill the CLI at one of its requests; with no pattern, at the one after `skip` others."""
        return self.add_rule(method, path, under=under, kill=True, skip=skip, after_work=after_work)

    def hold(self, method: str = "", path: str = "", *, under: str = "", skip: int = 0, after_work: bool = False) -> Rule:
        """Let one request wait until the rule is released."""
        return self.add_rule(method, path, under=under, hold=True, skip=skip, after_work=after_work)

    def forbid(self, folder: str, *, method: str = "") -> Rule:
        """Answer 403 to everything, or to one method, about a folder and what is below it."""
        return self.add_rule(method, under=folder, status=403, times=0)

    def rules(self) -> list[Mapping[str, Any]]:
        """Return all rules with their counters."""
        return self.control("GET", "rules")

    def clear_rules(self) -> None:
        """Drop all rules; what they hold goes on."""
        self.control("DELETE", "rules")

    # What happened

    def requests(self, *, of_all_tokens: bool = False) -> list[Request]:
        """Return the requests so far, in the order in which they arrived."""
        entries = self.control("GET", "requests" + ("?all=true" if of_all_tokens else ""))
        return [Request(time=datetime.fromisoformat(entry.pop("time")), **entry) for entry in entries]

    def writes(self) -> list[Request]:
        """Return the requests so far that change something."""
        return [request for request in self.requests() if request.writes]

    def clear_requests(self) -> None:
        self.control("DELETE", "requests")

    def problems(self) -> list[str]:
        """Return what the server could not make sense of: requests that it has no answer for."""
        return self.control("GET", "problems")

    # What it holds

    def snapshot(self, root: str = "/Workspace") -> Snapshot:
        """Return all files below a folder, and all resources."""
        held = self.control("GET", "workspace?" + urllib.parse.urlencode({"root": root}))
        nodes = [(node["path"], node["type"], base64.b64decode(node.get("content", ""))) for node in held["nodes"]]
        return Snapshot(
            files={path: content for path, kind, content in nodes if kind != "DIRECTORY"},
            notebooks=frozenset(path for path, kind, _ in nodes if kind == "NOTEBOOK"),
            folders=frozenset(path for path, kind, _ in nodes if kind == "DIRECTORY"),
            resources=held["resources"],
        )

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        return self.snapshot(path.rpartition("/")[0] or "/").files.get(path)

    def write(self, path: str, content: bytes) -> None:
        """Write a file and the folders above it, as somebody else would."""
        self.call("POST", "/api/2.0/workspace/mkdirs", {"path": path.rpartition("/")[0]})
        self.call("POST", f"/api/2.0/workspace-files/import-file{urllib.parse.quote(path)}?overwrite=true", content)

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        self.call("POST", "/api/2.0/workspace/delete", {"path": path, "recursive": True})

    def set_active(self, *, job_id: int = 0, pipeline_id: str = "", active: bool = True) -> None:
        """Make a job or pipeline look as if a run of it were going on, or had ended."""
        self.control("POST", "active-run", {"job_id": job_id, "pipeline_id": pipeline_id, "active": active})

    def set_creator(self, schema: str, creator: str) -> None:
        """Make a schema look as if another identity had created it, with the time as it is."""
        self.control("POST", "creator", {"schema": schema, "creator": creator})

    # How

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401  JSON
        """Call one of the server's own endpoints."""
        return self.call(method, f"/__test__/{path}", body)

    def call(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None) -> Any:  # noqa: ANN401  JSON
        """Call the workspace's API; an answer that isn't 2xx raises `FakeWorkspaceError`."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  the server is this test run's own
            self.url + path, data=data, method=method, headers={"Authorization": f"Bearer {self.token}"}
        )
        try:
            with _opener.open(request, timeout=60) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise FakeWorkspaceError(f"{method} {path}", error.code, error.read().decode(errors="replace")) from error
        return json.loads(content) if content else None


# The environment's proxies are for the world outside; this server is on loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def new_token() -> str:
    """Return a token that no other test has: a person's."""
    return f"dbapi0{uuid.uuid4().hex}"


def new_service_principal_token() -> str:
    """Return a token that no other test has: a service principal's."""
    return f"dbapi1{uuid.uuid4().hex}"


@contextmanager
def serving(binary: Path) -> Iterator[str]:
    """Start the server, give its URL, stop it at the end. It stops by itself when this process dies."""
    with subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The server was started without pipes.")
        line = process.stdout.readline()
        try:
            yield str(json.loads(line)["url"])
        finally:
            # The end of its input is its sign to stop.
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
