"""GitLab as scope meets it: the files that a job of GitLab CI/CD keeps as artifacts, and the note on a merge request."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scope.errors import ScopeError, UsageError
from scope.files import require_no_link
from scope.model import CiKind

if TYPE_CHECKING:
    from scope.adapters.api_requests import Api

# What a job has to keep as artifacts: GitLab has neither outputs of a step nor summaries.
OUTPUTS = Path(".scope", "outputs.env")
JOBS = Path(".scope", "jobs.yml")
SUMMARIES = Path(".scope", "summary")
_MAX_PAGES = 100


class GitLab:
    """GitLab CI/CD, by the variables of a job; to comment, `GITLAB_TOKEN` is a project access token."""

    kind = CiKind.GITLAB

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read nothing yet."""
        self._environment = environment

    @property
    def run_url(self) -> str | None:
        """Return the page of the pipeline."""
        return self._environment.get("CI_PIPELINE_URL") or None

    @property
    def artifacts_url(self) -> str | None:
        """Return None: artifacts are a job's, and which job's is for the pipeline to know."""
        return None

    @property
    def repository(self) -> str | None:
        """Return the project's path with its groups."""
        return self._environment.get("CI_PROJECT_PATH") or None

    @property
    def may_print_logs(self) -> bool:
        """Return whether logs may be printed: in a private project, or where that is said."""
        given = self._environment.get("SCOPE_PRINT_LOGS")
        return given == "true" if given else self._environment.get("CI_PROJECT_VISIBILITY") == "private"

    @property
    def has_summary(self) -> bool:
        """Return whether there is a folder for a summary."""
        return bool(self._environment.get("CI_PROJECT_DIR"))

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Write the matrix as the YAML of a child pipeline, and the rest as variables for a report of the kind `dotenv`."""
        jobs = outputs["matrix"]
        lines = [f"{name}={value}\n" for name, value in outputs.items() if name != "matrix"]
        self._write(OUTPUTS, "".join(lines), mode="w")
        self._write(JOBS, jobs, mode="w")

    def write_summary(self, markdown: str) -> None:
        """Append to a file of the job's own name, for its artifacts: those of other jobs may lie beside it."""
        name = self._environment.get("CI_JOB_NAME_SLUG") or "summary"
        self._write(SUMMARIES / f"{name}.md", f"{markdown}\n", mode="a")

    def _write(self, place: Path, text: str, mode: str) -> None:
        root = self._environment.get("CI_PROJECT_DIR")
        if not root:
            raise UsageError("CI_PROJECT_DIR isn't set. It is there in a job; elsewhere, set it to the repository's folder.")
        path = Path(root) / place
        require_no_link(path, Path(root))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open(mode, encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}.") from None

    def put_comment(self, body: str, marker: str, number: int | None) -> str:
        """Update the note that begins with `marker` and is the token's own, or add it; return its URL.

        Anyone can write the marker, so the author counts as well. Raises `ScopeError`.
        """
        from scope.adapters.api_requests import Api, require_safe, with_retries  # a network client, for comments only

        given = self._environment
        url = require_safe(given.get("CI_API_V4_URL", ""), "CI_API_V4_URL")
        project = given.get("CI_MERGE_REQUEST_PROJECT_ID") or given.get("CI_PROJECT_ID", "")
        if not project.isdecimal():
            raise UsageError("CI_PROJECT_ID isn't set to a project's number. It is there in a job.")
        if not given.get("GITLAB_TOKEN"):
            raise UsageError(
                "GITLAB_TOKEN isn't set. To comment, a project access token with the scope `api` is needed: a job's own "
                "token can't."
            )
        if number is None:
            number = self._find_merge_request()
        needs = "GITLAB_TOKEN needs the scope `api` and the role Reporter."
        api = Api("GitLab", url, {"PRIVATE-TOKEN": given["GITLAB_TOKEN"]}, needs)
        notes = f"projects/{project}/merge_requests/{number}/notes"
        note = with_retries(lambda: _put_note(api, notes, body, marker))
        page = given.get("CI_MERGE_REQUEST_PROJECT_URL") or given.get("CI_PROJECT_URL", "")
        return f"{page}/-/merge_requests/{number}#note_{note}"

    def _find_merge_request(self) -> int:
        number = self._environment.get("CI_MERGE_REQUEST_IID", "")
        if not number.isdecimal():
            raise UsageError(
                "CI_MERGE_REQUEST_IID isn't set: this pipeline isn't one of a merge request. Name one: `--pull-request N`."
            )
        return int(number)


def _put_note(api: "Api", notes: str, body: str, marker: str) -> int:
    me = api.call("GET", "user").content
    author = me.get("id") if isinstance(me, dict) else None
    if not isinstance(author, int):
        raise ScopeError("GitLab doesn't say whose the token is, so no comment is written.")
    own = next(
        (number for note in _list_notes(api, notes) if (number := _own_number(note, author, marker)) is not None), None
    )
    answer = (
        api.call("POST", notes, {"body": body}) if own is None else api.call("PUT", f"{notes}/{own}", {"body": body})
    ).content
    return int(answer["id"]) if isinstance(answer, dict) and isinstance(answer.get("id"), int) else own or 0


def _list_notes(api: "Api", notes: str) -> Iterator[Any]:
    """Yield the notes, oldest first. A page may be short for want of rights; only its header says which is the last."""
    page = "1"
    for _ in range(_MAX_PAGES):
        answer = api.call("GET", f"{notes}?sort=asc&order_by=created_at&per_page=100&page={page}")
        if not isinstance(answer.content, list):
            raise ScopeError("GitLab's list of notes isn't a list, so no comment is written.")
        yield from answer.content
        page = answer.headers.get("x-next-page", "")
        if not page.isdecimal():
            return


def _own_number(note: object, author: int, marker: str) -> int | None:
    if not isinstance(note, dict) or not isinstance(note.get("author"), dict) or note.get("system"):
        return None
    body, number = note.get("body"), note.get("id")
    is_own = note["author"].get("id") == author and isinstance(body, str) and body.startswith(marker)
    return number if is_own and isinstance(number, int) else None
