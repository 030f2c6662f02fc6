"""One comment on a pull or merge request that is only scope's own, and a token that goes nowhere else."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from scope.adapters.ci import find_ci
from scope.adapters.github import BOT
from scope.errors import ScopeError, UsageError
from tests.support.fake_forges import FakeAzure, FakeForge, FakeGitHub, FakeGitLab, serving

MARKER = "<!-- marker -->"


@dataclass(frozen=True)
class Case:
    """A host: its fake, what a job there has in its environment, who the job's token is, and where its comments are."""

    host: str
    fake: type[FakeForge]
    environment: Callable[[str], Mapping[str, str]]
    me: Any
    other: Any
    address: str
    token: str

    def put(self, url: str, body: str, number: int | None = 7, **changed: str) -> str:
        return find_ci({**self.environment(url), **changed}).put_comment(body, MARKER, number)


CASES = {
    "github": Case(
        "GitHub",
        FakeGitHub,
        lambda url: {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_TOKEN": "t0ken",
            "GITHUB_REF": "refs/pull/7/merge",
        },
        BOT,
        "a-person",
        "https://x.invalid/{0}",
        "Bearer t0ken",
    ),
    "azure": Case(
        "Azure DevOps",
        FakeAzure,
        lambda url: {
            "TF_BUILD": "True",
            "SYSTEM_COLLECTIONURI": f"{url}/",
            "SYSTEM_TEAMPROJECT": "a b",
            "BUILD_REPOSITORY_ID": "r-1",
            "BUILD_REPOSITORY_NAME": "data",
            "BUILD_REPOSITORY_PROVIDER": "TfsGit",
            "SYSTEM_ACCESSTOKEN": "t0ken",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        },
        FakeAzure.ME,
        "a-person",
        "{url}/a%20b/_git/data/pullrequest/7?discussionId=10{1}",
        "Bearer t0ken",
    ),
    "gitlab": Case(
        "GitLab",
        FakeGitLab,
        lambda url: {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{url}/api/v4",
            "CI_PROJECT_ID": "99",
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
            "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.invalid/g/p",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": "t0ken",
        },
        FakeGitLab.ME,
        6,
        "https://gitlab.invalid/g/p/-/merge_requests/7#note_{0}",
        "t0ken",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def forge(case: Case) -> Iterator[Any]:
    with serving(case.fake) as server:
        yield server


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait between two tries."""
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("number", [7, None], ids=["named", "of-the-job"])
def test_the_first_comment_is_added_and_later_ones_update_it(case: Case, forge: Any, number: int | None) -> None:  # noqa: ANN401  any of the fakes
    forge.add(case.other, "An older comment.")
    address = case.address.replace("{0}", "2").replace("{1}", "1").replace("{url}", forge.url)
    assert case.put(forge.url, f"{MARKER}\none", number) == address
    assert case.put(forge.url, f"{MARKER}\ntwo", number) == address
    assert forge.bodies == ["An older comment.", f"{MARKER}\ntwo"]
    assert forge.tokens == {case.token}


@pytest.mark.parametrize("failures", [[503], [200, 502], [429, 200, 500]], ids=str)
def test_what_is_refused_for_a_moment_is_tried_again_and_no_comment_is_added_twice(
    case: Case, forge: FakeForge, failures: list[int]
) -> None:
    forge.failures = list(failures)
    case.put(forge.url, f"{MARKER}\none")
    assert forge.bodies == [f"{MARKER}\none"]


@pytest.mark.parametrize(("failures", "left"), [([401, 200], 1), ([500] * 5, 2)], ids=str)
def test_what_stays_refused_is_told_without_the_token(case: Case, forge: FakeForge, failures: list[int], left: int) -> None:
    forge.failures = list(failures)
    with pytest.raises(ScopeError, match=f"{case.host} didn't take `GET .*: {failures[0]} ") as caught:
        case.put(forge.url, MARKER)
    assert len(forge.failures) == left
    assert "t0ken" not in str(caught.value)


def test_the_comment_of_somebody_who_copied_the_marker_is_left_alone(case: Case, forge: Any) -> None:  # noqa: ANN401  any of the fakes
    forge.add(case.other, f"{MARKER}\nforged")
    case.put(forge.url, f"{MARKER}\nreal")
    assert forge.bodies == [f"{MARKER}\nforged", f"{MARKER}\nreal"]


def test_another_comment_of_the_same_bot_is_left_alone(case: Case, forge: Any) -> None:  # noqa: ANN401  any of the fakes
    forge.add(case.me, f"Quoted: {MARKER}")
    case.put(forge.url, f"{MARKER}\nreal")
    assert forge.bodies[0] == f"Quoted: {MARKER}"


@pytest.mark.parametrize(
    "comment",
    [
        None,
        7,
        {},
        {"user": None, "author": None, "body": MARKER, "id": 1},
        {"user": {"login": BOT}, "author": {"id": 5}, "body": None, "id": 1},
        {"user": {}, "author": {}},
        {"id": 1, "comments": []},
        {"id": 1, "comments": [None]},
        {"id": 1, "comments": [{"id": 1, "author": {"id": FakeAzure.ME}, "content": None}]},
    ],
)
def test_a_comment_of_a_deleted_account_or_of_no_known_shape_is_passed_over(
    case: Case, forge: FakeForge, comment: object
) -> None:
    forge.comments.append(comment)
    case.put(forge.url, f"{MARKER}\nreal")
    forge.comments.pop(0)
    assert forge.bodies == [f"{MARKER}\nreal"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 60_000_000,
        b"HTTP/1.1 203 Non-Authoritative Information\r\n\r\n<html>Sign in</html>",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 500 " + b"x" * 60_000 + b"\x1b[2J\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["cut", "deep", "chunks", "bytes", "long", "page", "other", "reason", "nonsense", "nothing"],
)
def test_an_answer_that_is_none_is_one_short_message(case: Case, answer: bytes) -> None:
    with serving_bytes(answer) as url, pytest.raises(ScopeError) as caught:
        case.put(url, "x")
    assert len(str(caught.value)) < 900
    assert str(caught.value).isprintable()


@contextmanager
def serving_bytes(answer: bytes) -> Iterator[str]:
    """Answer whatever is asked with the same bytes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(ConnectionError):  # the client has read enough
                self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_its_own_comment_is_found_on_a_later_page(case: Case, forge: Any) -> None:  # noqa: ANN401  any of the fakes
    for number in range(250):
        forge.add(case.other, f"{number}")
    forge.add(case.me, f"{MARKER}\nold")
    case.put(forge.url, f"{MARKER}\nnew")
    assert len(forge.bodies) == 251
    assert forge.bodies[250] == f"{MARKER}\nnew"


def test_a_page_that_hides_notes_is_not_taken_for_the_last() -> None:
    with serving(FakeGitLab) as gitlab:
        for number in range(150):
            gitlab.add(6, f"{number}", confidential=True)
        gitlab.add(gitlab.ME, f"{MARKER}\nold")
        CASES["gitlab"].put(gitlab.url, f"{MARKER}\nnew")
        assert gitlab.bodies[150:] == [f"{MARKER}\nnew"]


@pytest.mark.parametrize("gone", [{"isDeleted": True}, {"content": ""}], ids=str)
def test_a_deleted_comment_of_azure_is_not_updated_but_added_anew_in_a_thread_that_holds_nothing_up(
    gone: dict[str, object],
) -> None:
    with serving(FakeAzure) as azure:
        azure.add(azure.ME, f"{MARKER}\nold", **gone)
        CASES["azure"].put(azure.url, f"{MARKER}\nnew")
        assert azure.bodies[1:] == [f"{MARKER}\nnew"]
        assert azure.comments[1]["status"] == "closed"


def test_a_system_note_of_gitlab_is_left_alone() -> None:
    with serving(FakeGitLab) as gitlab:
        gitlab.add(gitlab.ME, MARKER, system=True)
        CASES["gitlab"].put(gitlab.url, f"{MARKER}\nnew")
        assert gitlab.bodies == [MARKER, f"{MARKER}\nnew"]


def test_a_redirect_does_not_get_the_token(case: Case, forge: FakeForge) -> None:
    with serving(case.fake) as other:
        forge.redirect_to = other.url
        with pytest.raises(ScopeError, match="302"):
            case.put(forge.url, "x")
        assert other.tokens == set()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("github", {"GITHUB_API_URL": "http://api.example.invalid"}, "https only"),
        ("github", {"GITHUB_API_URL": "http://127.0.0.1.example.invalid"}, "https only"),
        ("github", {"GITHUB_REPOSITORY": "../x"}, "GITHUB_REPOSITORY"),
        ("github", {"GITHUB_REPOSITORY": "o/.."}, "GITHUB_REPOSITORY"),
        ("github", {"GITHUB_REPOSITORY": "o/r/issues"}, "GITHUB_REPOSITORY"),
        ("github", {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
        ("github", {"GITHUB_REF": "refs/heads/main"}, "GITHUB_REF isn't that of a pull request"),
        ("azure", {"SYSTEM_COLLECTIONURI": "http://tfs.example.invalid/tfs/"}, "https only"),
        ("azure", {"SYSTEM_COLLECTIONURI": ""}, "SYSTEM_COLLECTIONURI"),
        ("azure", {"SYSTEM_TEAMPROJECT": ""}, "SYSTEM_TEAMPROJECT isn't set"),
        ("azure", {"BUILD_REPOSITORY_ID": ""}, "BUILD_REPOSITORY_ID isn't set"),
        ("azure", {"BUILD_REPOSITORY_PROVIDER": "GitHub"}, "is one of GitHub"),
        ("azure", {"SYSTEM_ACCESSTOKEN": ""}, "SYSTEM_ACCESSTOKEN isn't set"),
        ("azure", {"SYSTEM_PULLREQUEST_PULLREQUESTID": ""}, "SYSTEM_PULLREQUEST_PULLREQUESTID isn't set"),
        ("gitlab", {"CI_API_V4_URL": "http://gitlab.example.invalid/api/v4"}, "https only"),
        ("gitlab", {"CI_MERGE_REQUEST_PROJECT_ID": "../1"}, "CI_PROJECT_ID"),
        ("gitlab", {"GITLAB_TOKEN": ""}, "GITLAB_TOKEN isn't set"),
        ("gitlab", {"CI_MERGE_REQUEST_IID": ""}, "CI_MERGE_REQUEST_IID isn't set"),
    ],
)
def test_an_environment_that_is_not_a_job_s_is_refused(name: str, change: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        CASES[name].put("https://example.invalid", MARKER, None, **change)
    assert "t0ken" not in str(caught.value)
