"""What scope writes for a workflow: outputs that can't be forged, one comment that is only its own."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.adapters.github import BOT, PullRequest, write_outputs, write_summary
from scope.documents.document import dump
from scope.errors import ScopeError, UsageError
from scope.render.matrix import render_outputs
from tests.support.fake_github import FakeGitHub, serving_github
from tests.support.manifest_cases import CASES
from tests.support.workflow_player import read_outputs

MARKER = "<!-- marker -->"


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving_github() as server:
        yield server


def pull_request(github: FakeGitHub) -> PullRequest:
    environment = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t0ken"}
    return PullRequest.of_environment(7, environment)


def test_the_first_comment_is_added_and_later_ones_update_it(github: FakeGitHub) -> None:
    assert pull_request(github).put_comment(f"{MARKER}\none", MARKER) == "https://x.invalid/1"
    assert pull_request(github).put_comment(f"{MARKER}\ntwo", MARKER) == "https://x.invalid/1"
    assert [comment["body"] for comment in github.comments] == [f"{MARKER}\ntwo"]
    assert github.tokens == {"Bearer t0ken"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait between two tries."""
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("failures", [[503], [200, 502], [429, 200, 500]], ids=str)
def test_what_github_refuses_for_a_moment_is_tried_again_and_no_comment_is_added_twice(
    github: FakeGitHub, failures: list[int]
) -> None:
    github.failures = list(failures)
    assert pull_request(github).put_comment(f"{MARKER}\none", MARKER) == "https://x.invalid/1"
    assert [comment["body"] for comment in github.comments] == [f"{MARKER}\none"]


@pytest.mark.parametrize(("failures", "left"), [([401, 200], 1), ([500] * 5, 2)], ids=str)
def test_what_stays_refused_is_told(github: FakeGitHub, failures: list[int], left: int) -> None:
    github.failures = list(failures)
    with pytest.raises(ScopeError, match=f"GitHub didn't take `GET .*: {failures[0]} "):
        pull_request(github).put_comment(MARKER, MARKER)
    assert len(github.failures) == left


def test_the_comment_of_somebody_who_copied_the_marker_is_left_alone(github: FakeGitHub) -> None:
    github.add("a-person", f"{MARKER}\nforged")
    pull_request(github).put_comment(f"{MARKER}\nreal", MARKER)
    assert [comment["body"] for comment in github.comments] == [f"{MARKER}\nforged", f"{MARKER}\nreal"]


def test_another_comment_of_the_same_bot_is_left_alone(github: FakeGitHub) -> None:
    github.add(BOT, f"Quoted: {MARKER}")
    pull_request(github).put_comment(f"{MARKER}\nreal", MARKER)
    assert github.comments[0]["body"] == f"Quoted: {MARKER}"


@pytest.mark.parametrize(
    "comment",
    [None, 7, {}, {"user": None, "body": MARKER, "id": 1}, {"user": {"login": BOT}, "body": None, "id": 1}, {"user": {}}],
)
def test_a_comment_of_a_deleted_account_or_of_no_known_shape_is_passed_over(github: FakeGitHub, comment: object) -> None:
    github.comments.append(cast("dict[str, Any]", comment))
    pull_request(github).put_comment(f"{MARKER}\nreal", MARKER)
    assert [item["body"] for item in github.comments[1:]] == [f"{MARKER}\nreal"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 60_000_000,
        b"HTTP/1.1 500 " + b"x" * 60_000 + b"\x1b[2J\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["cut", "deep", "chunks", "bytes", "long", "reason", "nonsense", "nothing"],
)
def test_an_answer_that_is_none_is_one_short_message(answer: bytes) -> None:
    with serving_bytes(answer) as url, pytest.raises(ScopeError) as caught:
        PullRequest(url, "o/r", 7, "t").put_comment("x", MARKER)
    assert len(str(caught.value)) < 800
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


def test_its_own_comment_is_found_on_a_later_page(github: FakeGitHub) -> None:
    for number in range(250):
        github.add("a-person", f"{number}")
    github.add(BOT, f"{MARKER}\nold")
    pull_request(github).put_comment(f"{MARKER}\nnew", MARKER)
    assert len(github.comments) == 251
    assert github.comments[250]["body"] == f"{MARKER}\nnew"


def test_a_redirect_does_not_get_the_token(github: FakeGitHub) -> None:
    with serving_github() as other:
        github.redirect_to = other.url
        with pytest.raises(ScopeError, match="302"):
            pull_request(github).put_comment("x", MARKER)
        assert other.tokens == set()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"GITHUB_API_URL": "http://api.example.invalid"}, "https only"),
        ({"GITHUB_API_URL": "http://127.0.0.1.example.invalid"}, "https only"),
        ({"GITHUB_REPOSITORY": "../x"}, "GITHUB_REPOSITORY"),
        ({"GITHUB_REPOSITORY": "o/.."}, "GITHUB_REPOSITORY"),
        ({"GITHUB_REPOSITORY": "o/r/issues"}, "GITHUB_REPOSITORY"),
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
    ],
)
def test_an_environment_that_is_not_a_workflow_is_refused(change: dict[str, str], message: str) -> None:
    environment = {"GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t"} | change
    with pytest.raises(UsageError, match=message):
        PullRequest.of_environment(7, environment)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"])))
)
def test_no_value_ends_its_own_output_and_begins_another(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("outputs") / "output"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_OUTPUT", str(path))
        write_outputs(values)
    with path.open(encoding="utf-8", newline="") as file:
        assert read_outputs(file.read()) == values


def test_an_output_s_name_cannot_be_a_line_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    with pytest.raises(ValueError, match="b=c"):
        write_outputs({"a\nb=c": "d"})


def test_outside_of_a_workflow_the_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY isn't set"):
        write_summary("x")


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_single_lines_without_a_path_of_the_repository(name: str) -> None:
    manifest = CASES[name]
    outputs = render_outputs(manifest, dump(manifest))
    assert outputs["has_changes"] == ("true" if manifest.deploy else "false")
    assert all(value.isprintable() for value in outputs.values())
    assert json.loads(outputs["matrix"])["include"] == [
        {"id": entry.id, "target": entry.target, "domains": entry.domains, "environment": entry.environment}
        for entry in manifest.matrix.include
    ]
    assert re.fullmatch(r"[A-Za-z0-9_:,\"{}\[\] -]*", outputs["matrix"])
