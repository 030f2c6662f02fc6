"""A pull or merge request's comments, by the interfaces of GitHub, Azure DevOps and GitLab; on loopback."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from scope.adapters.github import BOT


class FakeForge(ThreadingHTTPServer):
    """What the three have in common: who asked, and answers that fail. The comments are as each of them lists them."""

    token_header = "Authorization"  # noqa: S105  a header's name

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[Any] = []
        self.tokens: set[str] = set()
        self.redirect_to: str | None = None
        self.failures: list[int] = []
        """The statuses of the next answers; a request that fails so has been carried out all the same."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, body: Any) -> tuple[object, Mapping[str, str]]:  # noqa: ANN401  JSON
        """Carry out a request; return what is answered, and headers."""
        raise NotImplementedError

    @property
    def bodies(self) -> list[str]:
        """Return the texts of the comments, oldest first."""
        return [comment["body"] for comment in self.comments]


class FakeGitHub(FakeForge):
    """The pull request 7 of `o/r`."""

    def add(self, login: str, body: str) -> int:
        """Add a comment, as its author would."""
        number = len(self.comments) + 1
        self.comments.append(
            {"id": number, "user": {"login": login}, "body": body, "html_url": f"https://x.invalid/{number}"}
        )
        return number

    def answer(self, method: str, path: str, body: Any) -> tuple[object, Mapping[str, str]]:  # noqa: ANN401  JSON
        if method == "GET":
            match = re.fullmatch(r"/repos/o/r/issues/7/comments\?per_page=(\d+)&page=(\d+)", path)
            assert match is not None, path
            size, page = int(match[1]), int(match[2])
            return self.comments[size * (page - 1) : size * page], {}
        if method == "POST":
            assert path == "/repos/o/r/issues/7/comments"
            number = self.add(BOT, body["body"])
        else:
            assert method == "PATCH"
            number = int(path.removeprefix("/repos/o/r/issues/comments/"))
            self.comments[number - 1]["body"] = body["body"]
        return self.comments[number - 1], {}


class FakeAzure(FakeForge):
    """The pull request 7 of the repository `r-1` in the project `a b`. Its comments are threads of one comment each."""

    ME = "me-1"
    page = 50

    def add(self, author: str, body: str, **more: object) -> int:
        """Add a thread, as its author would."""
        number = len(self.comments) + 100
        comment = {"id": 1, "author": {"id": author}, "content": body, "commentType": "text", **more}
        self.comments.append({"id": number, "status": "active", "comments": [comment]})
        return number

    @property
    def bodies(self) -> list[str]:
        return [thread["comments"][0]["content"] for thread in self.comments]

    def answer(self, method: str, path: str, body: Any) -> tuple[object, Mapping[str, str]]:  # noqa: ANN401  JSON
        if path == "/_apis/connectionData?api-version=7.1-preview.1":
            assert method == "GET"
            return {"authenticatedUser": {"id": self.ME}}, {}
        threads = "/a%20b/_apis/git/repositories/r-1/pullRequests/7/threads"
        assert path.startswith(threads), path
        if method == "GET":
            match = re.fullmatch(r"\?api-version=7\.1(?:&continuationToken=(\d+))?", path.removeprefix(threads))
            assert match is not None, path
            start, end = int(match[1] or 0), int(match[1] or 0) + self.page
            more = {"x-ms-continuationtoken": str(end)} if end < len(self.comments) else {}
            return {"value": self.comments[start:end], "count": len(self.comments[start:end])}, more
        if method == "POST":
            assert path == f"{threads}?api-version=7.1"
            [comment] = body["comments"]
            number = self.add(self.ME, comment["content"])
            self.comments[-1]["status"] = body["status"]
            return {"id": number}, {}
        match = re.fullmatch(r"/(\d+)/comments/1\?api-version=7\.1", path.removeprefix(threads))
        assert match is not None, path
        assert method == "PATCH"
        self.comments[int(match[1]) - 100]["comments"][0]["content"] = body["content"]
        return {"id": 1}, {}


class FakeGitLab(FakeForge):
    """The merge request 7 of the project 12. It leaves notes out of a page that others may not see."""

    token_header = "PRIVATE-TOKEN"  # noqa: S105  a header's name
    ME = 5

    def add(self, author: int, body: str, **more: object) -> int:
        """Add a note, as its author would."""
        number = len(self.comments) + 1
        self.comments.append({"id": number, "author": {"id": author}, "body": body, "system": False, **more})
        return number

    def answer(self, method: str, path: str, body: Any) -> tuple[object, Mapping[str, str]]:  # noqa: ANN401  JSON
        if path == "/api/v4/user":
            assert method == "GET"
            return {"id": self.ME}, {}
        place = "/api/v4/projects/12/merge_requests/7/notes"
        if method == "GET":
            match = re.fullmatch(rf"{place}\?sort=asc&order_by=created_at&per_page=(\d+)&page=(\d+)", path)
            assert match is not None, path
            size, page = int(match[1]), int(match[2])
            notes = self.comments[size * (page - 1) : size * page]
            shown = [note for note in notes if not (isinstance(note, dict) and note.get("confidential"))]
            return shown, {"x-next-page": str(page + 1) if size * page < len(self.comments) else ""}
        if method == "POST":
            assert path == place
            number = self.add(self.ME, body["body"])
        else:
            assert method == "PUT"
            number = int(path.removeprefix(f"{place}/"))
            self.comments[number - 1]["body"] = body["body"]
        return self.comments[number - 1], {}


class _Handler(BaseHTTPRequestHandler):
    def _handle(self) -> None:
        forge = self.server
        assert isinstance(forge, FakeForge)
        if forge.redirect_to:
            self.send_response(302)
            self.send_header("Location", forge.redirect_to)
            self.end_headers()
            return
        forge.tokens.add(self.headers[forge.token_header])
        length = int(self.headers.get("Content-Length") or 0)
        value, headers = forge.answer(self.command, self.path, json.loads(self.rfile.read(length)) if length else None)
        content = json.dumps(value).encode()
        self.send_response(forge.failures.pop(0) if forge.failures else 200)
        for name, header in headers.items():
            self.send_header(name, header)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815  the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's names
        """Stay quiet."""


_Forge = TypeVar("_Forge", bound=FakeForge)


@contextmanager
def serving(forge: type[_Forge]) -> Iterator[_Forge]:
    """Serve while the block runs."""
    with forge() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
