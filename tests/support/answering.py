"""A workspace on loopback that answers as a test says: what the fake workspace never would, and what no workspace does."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from scope.adapters.workspace import DatabricksWorkspace

Answer = tuple[int, Sequence[bytes]]
"""A status, and the content in parts."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a workspace is asked: the path and query of the URL, and the headers."""

    url: str
    headers: Mapping[str, str]


@contextmanager
def answering(
    answer: Callable[[Request], Answer], metadata: Mapping[str, str] | None = None
) -> Iterator[DatabricksWorkspace]:
    """Serve a workspace that answers each request; `metadata` is what it says of itself to those who want to log in.

    `{host}` in it stands for its own URL.
    """

    def respond(request: Request) -> Answer:
        if request.url.startswith("/.well-known/"):
            return 200, [json.dumps(metadata or {}).replace("{host}", url).encode()]
        return answer(request)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, parts = respond(Request(self.path, dict(self.headers)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(sum(map(len, parts))))
            self.end_headers()
            try:
                for part in parts:
                    self.wfile.write(part)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has read enough

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's names
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield DatabricksWorkspace(url)
    finally:
        server.shutdown()
        server.server_close()
