"""A workspace that answers anything at all: one clear failure each, of bounded length, and bounded memory."""

import tracemalloc
from collections.abc import Callable

import pytest

from scope.adapters.workspace import DatabricksWorkspace
from scope.errors import RemoteError
from scope.workspace_model import RemoteResource
from tests.support.answering import Answer, Request, answering

ANSWERS = {
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"7",
    "nothing": b"",
    "texts for lists": b'{"objects": "x", "jobs": "x", "statuses": "x", "runs": "x", "user_name": 7, "spec": 1, "next": 2}',
    "texts for objects": b'{"objects": ["x"], "jobs": ["x"], "statuses": ["x"], "runs": ["x"], "spec": "x"}',
    "numbers in objects": b'{"objects": [1], "jobs": [{"settings": 1}], "statuses": [{"pipeline_id": {}}], "runs": [1]}',
    "texts for numbers": b'{"objects": [{"path": "/a/b", "object_type": "FILE", "modified_at": "x", "size": []}]}',
    "null in objects": b'{"objects": [null], "jobs": [null], "statuses": [null], "runs": [null]}',
    "deep": b"[" * 100_000,
    "deeper objects": b'{"a":' * 100_000,
    "bytes": b"\xff\xfe{}",
    "a page": b"<html>no</html>",
    "a long number": b'{"jobs": ' + b"9" * 5000 + b"}",
}
CALLS: dict[str, Callable[[DatabricksWorkspace], object]] = {
    "user": lambda workspace: workspace.user(),
    "entries": lambda workspace: workspace.entries("/a"),
    "files": lambda workspace: workspace.files("/a"),
    "grants": lambda workspace: workspace.grants("/a"),
    "resources": lambda workspace: workspace.resources_of("/a/metadata.json"),
    "active": lambda workspace: workspace.active([RemoteResource("jobs", "1", "x"), RemoteResource("pipelines", "1", "x")]),
    "named": lambda workspace: (workspace.named("schemas", "a.b"), workspace.named("alerts", "/a/b")),
    "files of a folder": lambda workspace: workspace.read_files("/a", {"b"}),
    "create": lambda workspace: workspace.create("/a/b", b""),
    "delete": lambda workspace: workspace.delete("/a/b"),
}

pytestmark = pytest.mark.usefixtures("logged_in_anywhere")


def _message(workspace: DatabricksWorkspace, call: Callable[[DatabricksWorkspace], object]) -> str:
    try:
        call(workspace)
    except RemoteError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_another_shape_is_a_failure_of_the_workspace(answer: str) -> None:
    with answering(lambda _: (200, [ANSWERS[answer]])) as workspace:
        messages = [_message(workspace, call) for call in CALLS.values()]
    assert all(len(message) < 1000 for message in messages)


def test_a_long_reason_is_shortened() -> None:
    content = b'{"error_code": "PERMISSION_DENIED", "message": "' + b"x" * 20_000_000 + b'"}'
    with answering(lambda _: (403, [content])) as workspace, pytest.raises(RemoteError) as caught:
        workspace.entries("/a")
    assert len(str(caught.value)) < 1000


def test_a_file_longer_than_any_that_is_read_is_refused_before_it_fills_the_memory() -> None:
    with answering(lambda _: (200, [bytes(1_000_000)] * 1000)) as workspace:
        tracemalloc.start()
        try:
            with pytest.raises(RemoteError, match=r"^/a/scope\.json is larger than 100 MB, so it isn't read\."):
                workspace.read("/a/scope.json")
            assert tracemalloc.get_traced_memory()[1] < 250_000_000
        finally:
            tracemalloc.stop()


def test_a_list_whose_pages_go_round_in_a_circle_ends() -> None:
    content = b'{"jobs": [], "next_page_token": "again"}'
    with answering(lambda _: (200, [content])) as workspace:
        message = _message(workspace, lambda workspace: workspace.resources_of("/a/metadata.json"))
    assert "(listing jobs): the pages of the list go round in a circle." in message


def test_a_host_of_several_workspaces_is_told_which_one() -> None:
    asked: list[str | None] = []

    def answer(request: Request) -> Answer:
        asked.append(request.headers.get("X-Databricks-Workspace-Id"))
        return 200, [b'{"userName": "me"}']

    with answering(answer, metadata={"workspace_id": "7"}) as workspace:
        assert workspace.user().name == "me"
        workspace.read("/a")
        workspace.create("/a", b"")
        workspace.named("secret_scopes", "a")
    assert asked == ["7"] * 4
