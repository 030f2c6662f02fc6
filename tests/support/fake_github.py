"""A pull request's comments, by GitHub's interface; on loopback."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scope.adapters.github import BOT


class FakeGitHub(ThreadingHTTPServer):
    """The comments of every pull request of one repository, and who asked for them."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.redirect_to: str | None = None
        self.failures: list[int] = []
        """The statuses of the next answers; a request that fails so has been carried out all the same."""

    def add(self, login: str, body: str) -> int:
        """Add a comment, as its author would."""
        number = len(self.comments) + 1
        self.comments.append(
            {"id": number, "user": {"login": login}, "body": body, "html_url": f"https://x.invalid/{number}"}
        )
        return number

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    @property
    def github(self) -> FakeGitHub:
        assert isinstance(self.server, FakeGitHub)
        return self.server

    def do_GET(self) -> None:
        if self.github.redirect_to:
            self.send_response(302)
            self.send_header("Location", self.github.redirect_to)
            self.end_headers()
            return
        match = re.fullmatch(r"/repos/o/r/issues/7/comments\?per_page=(\d+)&page=(\d+)", self.path)
        assert match is not None
        size, page = int(match[1]), int(match[2])
        self._answer(self.github.comments[size * (page - 1) : size * page])

    def do_POST(self) -> None:
        assert self.path == "/repos/o/r/issues/7/comments"
        self.github.add(BOT, self._body())
        self._answer(self.github.comments[-1])

    def do_PATCH(self) -> None:
        number = int(self.path.removeprefix("/repos/o/r/issues/comments/"))
        self.github.comments[number - 1]["body"] = self._body()
        self._answer(self.github.comments[number - 1])

    def _body(self) -> str:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def _answer(self, value: object) -> None:
        self.github.tokens.add(self.headers["Authorization"])
        content = json.dumps(value).encode()
        self.send_response(self.github.failures.pop(0) if self.github.failures else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's names
        """Stay quiet."""


@contextmanager
def serving_github() -> Iterator[FakeGitHub]:
    """Serve while the block runs."""
    with FakeGitHub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
