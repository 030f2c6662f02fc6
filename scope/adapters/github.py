"""GitHub as scope meets it: the files that a workflow's step writes to, and the comment on a pull request."""

import json
import os
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any, Self

from scope.errors import ScopeError, UsageError
from scope.escaping import escape_invisible, shortened

# Who comments when a workflow does, with the token of its run.
BOT = "github-actions[bot]"
_PAGE = 100
_MAX_PAGES = 100
_SECONDS = 30
_ATTEMPTS = 3
# A page of the longest comments has 26 MB.
_LONGEST_ANSWER = 50_000_000
_LONGEST_REASON = 500
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.{1,2}$)[A-Za-z0-9_.-]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def write_outputs(outputs: Mapping[str, str]) -> None:
    """Append outputs to the file that `GITHUB_OUTPUT` names.

    Each value stands between two lines of a random text, so that no value can end it and add an output of its own.
    """
    parts = []
    for name, value in outputs.items():
        if _NAME.fullmatch(name) is None:
            raise ValueError(name)
        delimiter = f"end_{secrets.token_hex(16)}"
        parts.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    _append("GITHUB_OUTPUT", "".join(parts))


def write_summary(markdown: str) -> None:
    """Append to the step's summary."""
    _append("GITHUB_STEP_SUMMARY", markdown)


def _append(variable: str, text: str) -> None:
    name = os.environ.get(variable)
    if not name:
        raise UsageError(f"{variable} isn't set. It is there in a step of a workflow; elsewhere, set it to a file's name.")
    try:
        with Path(name).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{name}, which {variable} names, can't be written: {error.strerror}.") from None


def run_url(environment: Mapping[str, str]) -> str | None:
    """Return the page of the workflow run that this is part of, if it is."""
    parts = [environment.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    if not all(parts):
        return None
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would take a token along."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Return None: the answer is that of the redirect."""
        return


class _TransientError(ScopeError):
    """What may pass: GitHub has too much to do, or its answer was lost on the way."""


def _is_transient(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, OSError | HTTPException)


def describe_failure(error: Exception) -> str:
    """Return in a few words, on one line, why a request failed; an answer that says so is closed."""
    if isinstance(error, urllib.error.HTTPError):
        with error:
            reason = f"{error.code} {error.reason}"
    else:
        reason = str(getattr(error, "reason", error) if isinstance(error, OSError) else error)
    return shortened(escape_invisible(reason), _LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request, and the token to comment on it."""

    api: str
    repository: str
    number: int
    token: str

    @classmethod
    def of_environment(cls, number: int, environment: Mapping[str, str]) -> Self:
        """Return the pull request of the repository that a workflow's run is for. Raises `UsageError`."""
        api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        repository, token = environment.get("GITHUB_REPOSITORY", ""), environment.get("GITHUB_TOKEN", "")
        if not re.match(r"https://|http://127\.0\.0\.1(:|/|$)", api):
            raise UsageError(f"GITHUB_API_URL is `{api}`. The token goes to https only.")
        if _REPOSITORY.fullmatch(repository) is None:
            raise UsageError("GITHUB_REPOSITORY isn't set to <owner>/<name>.")
        if not token:
            raise UsageError("GITHUB_TOKEN isn't set. To comment, a token that may write to pull requests is needed.")
        return cls(api, repository, number, token)

    def put_comment(self, body: str, marker: str) -> str:
        """Update the comment that begins with `marker` and is the workflow's own, or add it; return its URL.

        Anyone can write the marker, so the author counts as well. What GitHub refuses for a moment is tried again, from the
        look for the comment on: it may have been added. Raises `ScopeError`.
        """
        import tenacity  # only a comment needs it

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TransientError),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=1, max=10),
            reraise=True,
        )
        return retrying(self._put_comment, body, marker)

    def _put_comment(self, body: str, marker: str) -> str:
        own = self._own_comment(marker)
        issues = f"repos/{self.repository}/issues"
        if own is None:
            answer = self._call("POST", f"{issues}/{self.number}/comments", {"body": body})
        else:
            answer = self._call("PATCH", f"{issues}/comments/{own}", {"body": body})
        return str(answer.get("html_url", "")) if isinstance(answer, dict) else ""

    def _own_comment(self, marker: str) -> int | None:
        for page in range(1, _MAX_PAGES + 1):
            path = f"repos/{self.repository}/issues/{self.number}/comments?per_page={_PAGE}&page={page}"
            comments = self._call("GET", path)
            if not isinstance(comments, list):
                raise ScopeError("GitHub's list of comments isn't a list, so no comment is written.")
            for comment in comments:
                number = _own_number(comment, marker)
                if number is not None:
                    return number
            if len(comments) < _PAGE:
                return None
        return None

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401  JSON
        request = urllib.request.Request(  # noqa: S310  https or loopback, see `of_environment`
            f"{self.api}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=_SECONDS) as answer:
                content = answer.read(_LONGEST_ANSWER + 1)
                if len(content) > _LONGEST_ANSWER:
                    raise ScopeError(f"GitHub answers `{method} {path}` with more than {_LONGEST_ANSWER // 1_000_000} MB.")
                return json.loads(content)
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            kind = _TransientError if _is_transient(error) else ScopeError
            reason = describe_failure(error)
        raise kind(f"GitHub didn't take `{method} {path}`: {reason}. The token needs `pull-requests: write`.")


def _own_number(comment: object, marker: str) -> int | None:
    """Return the number of a comment if it is the workflow's own. The user of an account that was deleted is null."""
    user = comment.get("user") if isinstance(comment, dict) else None
    if not isinstance(comment, dict) or not isinstance(user, dict) or user.get("login") != BOT:
        return None
    body, number = comment.get("body"), comment.get("id")
    return number if isinstance(number, int) and isinstance(body, str) and body.startswith(marker) else None
