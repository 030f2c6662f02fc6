"""`scope notify`: one message to the webhook of `[tool.scope]`, and none that nobody asked for."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

FILES = {"databricks.yml": "bundle: {name: x}\n", "targets/dev.yml": "targets: {dev: {}}\n"}
RUN = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "42"}


class Chat(ThreadingHTTPServer):
    """A chat that takes messages."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[object] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/secret"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Chat)
        self.server.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's names
        """Stay quiet."""


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def repository(folder: Path, webhook: str | None) -> Sandbox:
    table = f"[tool.scope]\nwebhook = {json.dumps(webhook)}\n" if webhook is not None else ""
    return Sandbox.create(folder / "platform", {**FILES, "pyproject.toml": table})


def test_a_message_has_the_repository_and_the_run(tmp_path: Path, chat: Chat) -> None:
    ran = run_scope(repository(tmp_path, chat.url).root, "notify", "The deploy\nof prod failed.", env=RUN)
    text = "o/r: The deploy\\nof prod failed.\nhttps://github.com/o/r/actions/runs/42"
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", f"{text}\nThe webhook took the message.\n")
    assert chat.messages == [{"text": text}]


def test_without_a_webhook_nobody_is_told_and_that_is_said(tmp_path: Path) -> None:
    ran = run_scope(repository(tmp_path, None).root, "notify", "x")
    assert (ran.exit_code, ran.stderr) == (
        0,
        "platform: x\nNobody is told: pyproject.toml has no `webhook` in [tool.scope].\n",
    )


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_message_that_is_not_taken_fails_and_tells_no_url(tmp_path: Path, chat: Chat, status: int) -> None:
    chat.status = status
    ran = run_scope(repository(tmp_path, chat.url).root, "notify", "x")
    assert ran.exit_code == 1
    assert f"The webhook didn't take the message: {status}" in ran.stderr
    assert "secret" not in ran.stderr
    assert len(chat.messages) == 1


@pytest.mark.parametrize(
    "webhook",
    ["http://chat.example.com/x", "https://", "https://u:p@chat.example.com/x", "https://a/ b", "file:///etc/passwd", ""],
)
def test_only_https_is_a_webhook_and_the_refusal_does_not_tell_it(tmp_path: Path, webhook: str) -> None:
    ran = run_scope(repository(tmp_path, webhook).root, "notify", "x")
    assert ran.exit_code == 2
    assert ran.stderr.startswith("scope: pyproject.toml:2: `webhook` is the https URL")
    assert not webhook or webhook not in ran.stderr
