"""Azure DevOps as scope meets it: the commands that a step of Azure Pipelines prints, and the comment in Azure Repos."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scope.errors import ScopeError, UsageError
from scope.escaping import render_vso
from scope.model import CiKind

if TYPE_CHECKING:
    from scope.adapters.api_requests import Api

_MAX_PAGES = 100
_VERSION = "api-version=7.1"
_MOST_SUMMARIES = 1000
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class AzureDevOps:
    """Azure Pipelines, by the variables of a step; `SYSTEM_ACCESSTOKEN` must be mapped into it to comment."""

    kind = CiKind.AZURE_DEVOPS

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read nothing yet."""
        self._environment = environment

    @property
    def _project_url(self) -> str:
        given = self._environment
        return f"{given.get('SYSTEM_COLLECTIONURI', '').rstrip('/')}/{quote(given.get('SYSTEM_TEAMPROJECT', ''), safe='')}"

    @property
    def run_url(self) -> str | None:
        """Return the page of the pipeline's run."""
        given = self._environment
        if not all(given.get(name) for name in ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")):
            return None
        return f"{self._project_url}/_build/results?buildId={given['BUILD_BUILDID']}"

    @property
    def artifacts_url(self) -> str | None:
        """Return the page of the run's artifacts."""
        return f"{self.run_url}&view=artifacts&type=publishedArtifacts" if self.run_url else None

    @property
    def repository(self) -> str | None:
        """Return the repository's name, within its project."""
        return self._environment.get("BUILD_REPOSITORY_NAME") or None

    @property
    def may_print_logs(self) -> bool:
        """Return whether the pipeline says that logs may be printed: no variable tells who may read them."""
        return self._environment.get("SCOPE_PRINT_LOGS") == "true"

    @property
    def has_summary(self) -> bool:
        """Return whether there is a folder for a summary."""
        return bool(self._environment.get("AGENT_TEMPDIRECTORY"))

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Set outputs of the step, by commands in its log: on stderr, which the agent reads as well.

        What stdout has is for programs.
        """
        for name, value in outputs.items():
            if _NAME.fullmatch(name) is None:
                raise ValueError(name)
            sys.stderr.write(f"{render_vso('task.setvariable', {'variable': name, 'isOutput': 'true'}, value)}\n")
        sys.stderr.flush()

    def write_summary(self, markdown: str) -> None:
        """Attach a page to the run's tab of extensions, under the name `scope`."""
        folder = self._environment.get("AGENT_TEMPDIRECTORY")
        if not folder:
            raise UsageError(
                "AGENT_TEMPDIRECTORY isn't set. It is there in a step of a pipeline; elsewhere, set it to a folder."
            )
        path = _write_new(Path(folder).absolute(), markdown)
        sys.stderr.write(f"{render_vso('task.uploadsummary', {}, str(path))}\n")
        sys.stderr.flush()

    def put_comment(self, body: str, marker: str, number: int | None) -> str:
        """Update the comment that begins with `marker` and is the token's own, or add it in a thread; return its URL.

        A new thread is closed: an active one could hold up the pull request. Anyone can write the marker, so the author
        counts as well. Raises `ScopeError`.
        """
        from scope.adapters.api_requests import Api, require_safe, with_retries  # a network client, for comments only

        given = self._environment
        collection = require_safe(given.get("SYSTEM_COLLECTIONURI", ""), "SYSTEM_COLLECTIONURI")
        missing = [name for name in ("SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID") if not given.get(name)]
        if missing:
            raise UsageError(f"{missing[0]} isn't set. It is there in a step of a pipeline.")
        if given.get("BUILD_REPOSITORY_PROVIDER", "TfsGit") != "TfsGit":
            raise UsageError(
                f"The repository is one of {given['BUILD_REPOSITORY_PROVIDER']}, and a pipeline can comment in Azure Repos "
                "only."
            )
        if not given.get("SYSTEM_ACCESSTOKEN"):
            raise UsageError(
                "SYSTEM_ACCESSTOKEN isn't set. A step has it only if it says so: "
                "`env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`."
            )
        if number is None:
            number = self._find_pull_request()
        needs = "The build service needs the permission `Contribute to pull requests` on the repository."
        api = Api("Azure DevOps", collection, {"Authorization": f"Bearer {given['SYSTEM_ACCESSTOKEN']}"}, needs)
        project = quote(given["SYSTEM_TEAMPROJECT"], safe="")
        threads = (
            f"{project}/_apis/git/repositories/{quote(given['BUILD_REPOSITORY_ID'], safe='')}/pullRequests/{number}/threads"
        )
        thread = with_retries(lambda: _put_comment(api, threads, body, marker))
        name = quote(given.get("BUILD_REPOSITORY_NAME") or given["BUILD_REPOSITORY_ID"], safe="")
        return f"{self._project_url}/_git/{name}/pullrequest/{number}?discussionId={thread}"

    def _find_pull_request(self) -> int:
        number = self._environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")
        if not number.isdecimal():
            raise UsageError(
                "SYSTEM_PULLREQUEST_PULLREQUESTID isn't set: this run isn't one of a pull request. Name the pull request: "
                "`--pull-request N`."
            )
        return int(number)


def _write_new(folder: Path, text: str) -> Path:
    """Write a file of a new name, which becomes the heading of the page; what a step before has attached stays."""
    for number in range(1, _MOST_SUMMARIES + 1):
        path = folder / ("scope.md" if number == 1 else f"scope-{number}.md")
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}.") from None
        return path
    raise UsageError(f"{folder} has {_MOST_SUMMARIES} summaries already.")


def _put_comment(api: "Api", threads: str, body: str, marker: str) -> int:
    """Return the number of the thread that has the comment."""
    me = api.call("GET", "_apis/connectionData?api-version=7.1-preview.1").content
    user = me.get("authenticatedUser") if isinstance(me, dict) else None
    author = user.get("id") if isinstance(user, dict) else None
    if not isinstance(author, str) or not author:
        raise ScopeError("Azure DevOps doesn't say whose the token is, so no comment is written.")
    for thread in _list_threads(api, threads):
        number = _own_comment(thread, author, marker)
        if number is not None:
            api.call("PATCH", f"{threads}/{thread['id']}/comments/{number}?{_VERSION}", {"content": body})
            return int(thread["id"])
    comment = {"parentCommentId": 0, "content": body, "commentType": "text"}
    answer = api.call("POST", f"{threads}?{_VERSION}", {"comments": [comment], "status": "closed"}).content
    return int(answer["id"]) if isinstance(answer, dict) and isinstance(answer.get("id"), int) else 0


def _list_threads(api: "Api", threads: str) -> Iterator[Any]:
    token = ""
    for _ in range(_MAX_PAGES):
        answer = api.call("GET", f"{threads}?{_VERSION}{f'&continuationToken={quote(token, safe=str())}' if token else ''}")
        values = answer.content.get("value") if isinstance(answer.content, dict) else None
        if not isinstance(values, list):
            raise ScopeError("Azure DevOps' list of threads isn't a list, so no comment is written.")
        yield from values
        token = answer.headers.get("x-ms-continuationtoken", "")
        if not token:
            return


def _own_comment(thread: object, author: str, marker: str) -> int | None:
    """Return the number of a thread's first comment if it is the token's own and is still there."""
    if not isinstance(thread, dict) or thread.get("isDeleted") or not isinstance(thread.get("id"), int):
        return None
    comments = thread.get("comments")
    first = comments[0] if isinstance(comments, list) and comments else None
    if not isinstance(first, dict) or first.get("isDeleted") or not isinstance(first.get("author"), dict):
        return None
    content, number = first.get("content"), first.get("id")
    is_own = first["author"].get("id") == author and isinstance(content, str) and content.startswith(marker)
    return number if is_own and isinstance(number, int) else None
