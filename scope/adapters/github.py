"""GitHub as scope meets it: the files that a workflow's step writes to, and the comment on a pull request."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scope.errors import ScopeError, UsageError
from scope.model import CiKind

if TYPE_CHECKING:
    from scope.adapters.api_requests import Api

# Who comments when a workflow does, with the token of its run.
BOT = "github-actions[bot]"
_PAGE = 100
_MAX_PAGES = 100
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.{1,2}$)[A-Za-z0-9_.-]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class GitHub:
    """GitHub Actions, by the variables of a step."""

    kind = CiKind.GITHUB

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read nothing yet."""
        self._environment = environment

    @property
    def run_url(self) -> str | None:
        """Return the page of the workflow run that this is part of, if it is."""
        parts = [self._environment.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
        if not all(parts):
            return None
        return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}"

    @property
    def artifacts_url(self) -> str | None:
        """Return where on that page the artifacts are."""
        return f"{self.run_url}#artifacts" if self.run_url else None

    @property
    def repository(self) -> str | None:
        """Return `<owner>/<name>`."""
        return self._environment.get("GITHUB_REPOSITORY") or None

    @property
    def may_print_logs(self) -> bool:
        """Return whether a workflow says that logs may be printed; on a person's own machine they may."""
        given = self._environment
        return given.get("GITHUB_ACTIONS") != "true" or given.get("SCOPE_PRINT_LOGS") == "true"

    @property
    def has_summary(self) -> bool:
        """Return whether a step has a summary."""
        return bool(self._environment.get("GITHUB_STEP_SUMMARY"))

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Append outputs to the file that `GITHUB_OUTPUT` names.

        Each value stands between two lines of a random text, so that no value can end it and add an output of its own.
        """
        parts = []
        for name, value in outputs.items():
            if _NAME.fullmatch(name) is None:
                raise ValueError(name)
            delimiter = f"end_{secrets.token_hex(16)}"
            parts.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
        self._append("GITHUB_OUTPUT", "".join(parts))

    def write_summary(self, markdown: str) -> None:
        """Append to the step's summary."""
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def _append(self, variable: str, text: str) -> None:
        name = self._environment.get(variable)
        if not name:
            raise UsageError(
                f"{variable} isn't set. It is there in a step of a workflow; elsewhere, set it to a file's name."
            )
        try:
            with Path(name).open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{name}, which {variable} names, can't be written: {error.strerror}.") from None

    def put_comment(self, body: str, marker: str, number: int | None) -> str:
        """Update the comment that begins with `marker` and is the workflow's own, or add it; return its URL.

        Anyone can write the marker, so the author counts as well. What GitHub refuses for a moment is tried again, from the
        look for the comment on: it may have been added. Raises `ScopeError`.
        """
        from scope.adapters.api_requests import Api, require_safe, with_retries  # a network client, for comments only

        given = self._environment
        url = require_safe(given.get("GITHUB_API_URL", "https://api.github.com"), "GITHUB_API_URL")
        repository, token = given.get("GITHUB_REPOSITORY", ""), given.get("GITHUB_TOKEN", "")
        if _REPOSITORY.fullmatch(repository) is None:
            raise UsageError("GITHUB_REPOSITORY isn't set to <owner>/<name>.")
        if not token:
            raise UsageError("GITHUB_TOKEN isn't set. To comment, a token that may write to pull requests is needed.")
        if number is None:
            number = self._find_pull_request()
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        api = Api("GitHub", url, headers, "The token needs `pull-requests: write`.")
        issues = f"repos/{repository}/issues"
        return with_retries(lambda: _put_comment(api, issues, number, body, marker))

    def _find_pull_request(self) -> int:
        match = re.fullmatch(r"refs/pull/(\d+)/(merge|head)", self._environment.get("GITHUB_REF", ""))
        if match is None:
            raise UsageError("GITHUB_REF isn't that of a pull request. Name the pull request: `--pull-request N`.")
        return int(match[1])


def _put_comment(api: "Api", issues: str, number: int, body: str, marker: str) -> str:
    own = _find_own_comment(api, f"{issues}/{number}/comments", marker)
    if own is None:
        answer = api.call("POST", f"{issues}/{number}/comments", {"body": body}).content
    else:
        answer = api.call("PATCH", f"{issues}/comments/{own}", {"body": body}).content
    return str(answer.get("html_url", "")) if isinstance(answer, dict) else ""


def _find_own_comment(api: "Api", path: str, marker: str) -> int | None:
    for page in range(1, _MAX_PAGES + 1):
        comments = api.call("GET", f"{path}?per_page={_PAGE}&page={page}").content
        if not isinstance(comments, list):
            raise ScopeError("GitHub's list of comments isn't a list, so no comment is written.")
        for comment in comments:
            number = _own_number(comment, marker)
            if number is not None:
                return number
        if len(comments) < _PAGE:
            return None
    return None


def _own_number(comment: object, marker: str) -> int | None:
    """Return the number of a comment if it is the workflow's own. The user of an account that was deleted is null."""
    user = comment.get("user") if isinstance(comment, dict) else None
    if not isinstance(comment, dict) or not isinstance(user, dict) or user.get("login") != BOT:
        return None
    body, number = comment.get("body"), comment.get("id")
    return number if isinstance(number, int) and isinstance(body, str) and body.startswith(marker) else None
