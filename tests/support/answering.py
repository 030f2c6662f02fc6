"""A workspace on loopback that answers as a test says: what the fake workspace never would, and what no workspace does."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from scope.adapters.workspace import DatabricksWorkspace

Answer = tuple[int, Sequence[bytes]]
"""A status, and the content in parts."""


@contextmanager
def answering(answer: Callable[[str], Answer]) -> Iterator[DatabricksWorkspace]:
    """Serve a workspace that answers each request by the path and query of its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, parts = (200, [b"{}"]) if self.path.startswith("/.well-known/") else answer(self.path)
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
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield DatabricksWorkspace(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
