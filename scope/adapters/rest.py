"""Calls of a workspace's REST API. Each failure is a `RemoteError` with its class, in a whole sentence.

Each request gives up after a few seconds, so that a workspace that doesn't answer is noticed, not waited for.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from scope.adapters.answers import Answer, as_object, children, text
from scope.adapters.sdk import Connection, connect, modules_alone
from scope.errors import Fault, RemoteError
from scope.escaping import shortened

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient
    from databricks.sdk.errors import DatabricksError

# For one request, and for a request with all its repetitions.
_REQUEST_SECONDS = 10
RETRY_SECONDS = 15
# What is read of a file, in bytes, and of the workspace's own words, in characters.
LONGEST_FILE = 100_000_000
_LONGEST_REASON = 500

Query = Mapping[str, str | int | bool | None]


class RestClient:
    """The API of one host, with the credentials of the environment or of a profile; sends nothing until it is used."""

    def __init__(self, host: str, profile: str | None) -> None:
        """Remember whom to ask, and as whom."""
        self.host = host
        self._profile = profile

    @property
    def client(self) -> "ApiClient":
        """Return the SDK's client, for its services."""
        return self._connection.client

    @cached_property
    def _connection(self) -> Connection:
        try:
            return connect(self.host, self._profile, request_seconds=_REQUEST_SECONDS, retry_seconds=RETRY_SECONDS)
        except ValueError as error:
            raise RemoteError(
                Fault.CREDENTIALS,
                f"There are no usable credentials for {self.host}: {_first_line(str(error))} "
                "Set DATABRICKS_HOST and DATABRICKS_TOKEN, or log in: `databricks auth login`.",
            ) from None

    def get(self, doing: str, path: str, query: Query | None = None) -> Answer:
        """Return the object that a GET answers; `doing` says in a message what failed."""
        return self._send(doing, "GET", path, query=query)

    def pages(self, doing: str, path: str, key: str, query: Query) -> Iterator[Answer]:
        """Yield the objects of a list that comes in pages; `key` names them."""
        token: str | None = None
        given = set[str]()
        while True:
            page = self.get(doing, path, {**query, "page_token": token})
            with self.failures(doing):
                items, token = children(page, key), text(page, "next_page_token")
                if token in given:
                    raise ValueError("the pages of the list go round in a circle.")
            yield from items
            if not token:
                return
            given.add(token)

    def post(self, doing: str, path: str, body: Mapping[str, object]) -> Answer:
        """Return the object, often an empty one, that a POST of an object answers."""
        return self._send(doing, "POST", path, body=body)

    def upload(self, doing: str, path: str, content: bytes, query: Query) -> None:
        """Send a POST with a file's content."""
        self._send(doing, "POST", path, query=query, content=content)

    def download(self, doing: str, path: str, query: Query, name: str) -> bytes:
        """Return the content that a GET answers; one that is longer than anything that is read here is refused by `name`."""
        with self.failures(doing):
            connection = self._connection
            answer = connection.client.do("GET", path, query=_given(query), headers=dict(connection.headers), raw=True)
            if not isinstance(answer, dict):
                raise ValueError("no content.")  # noqa: TRY004  a wrong answer, not a wrong call
            with answer["contents"] as parts:
                content = bytearray()
                for part in parts:
                    content += part
                    if len(content) > LONGEST_FILE:
                        raise RemoteError(
                            Fault.INVALID,
                            f"{name} is larger than {LONGEST_FILE // 1_000_000} MB, so it isn't read. Look who wrote it.",
                        )
                return bytes(content)

    def _send(
        self,
        doing: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, object] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        with self.failures(doing):
            connection = self._connection
            headers = {"Accept": "application/json", **connection.headers}
            sent = dict(body) if body is not None else None
            return as_object(
                connection.client.do(method, path, query=_given(query or {}), headers=headers, body=sent, data=content)
            )

    @cached_property
    def _error(self) -> "type[DatabricksError]":
        with modules_alone():
            from databricks.sdk.errors import DatabricksError
        return DatabricksError

    @contextmanager
    def failures(self, doing: str) -> Iterator[None]:
        """Turn the SDK's many exceptions into one with a class and a whole sentence."""
        import requests  # comes with the SDK

        try:
            yield
        except self._error as error:
            fault = _fault(error)
            raise RemoteError(fault, f"{self.host} failed at {doing}: {_first_line(str(error))} {_advice(fault)}") from None
        except (requests.RequestException, TimeoutError, ConnectionError) as error:
            message = f"{self.host} doesn't answer ({doing}): {_first_line(str(error))} {_advice(Fault.NETWORK)}"
            raise RemoteError(Fault.NETWORK, message) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # JSON of another shape than the SDK expects ends it in many ways.
            reason = _first_line(str(error))
            message = f"{self.host} returned an unexpected response ({doing}): {reason} Is it a Databricks workspace?"
            raise RemoteError(Fault.UNKNOWN, message) from None


def _given(query: Query) -> dict[str, str | int | bool]:
    return {key: value for key, value in query.items() if value is not None}


def _fault(error: "DatabricksError") -> Fault:
    from databricks.sdk.errors import platform as errors

    classes: tuple[tuple[type[Exception], Fault], ...] = (
        (errors.Unauthenticated, Fault.CREDENTIALS),
        (errors.PermissionDenied, Fault.PERMISSION),
        (errors.RequestLimitExceeded, Fault.THROTTLED),
        (errors.ResourceExhausted, Fault.QUOTA),
        (errors.TooManyRequests, Fault.THROTTLED),
        (errors.NotFound, Fault.MISSING),
        (errors.ResourceConflict, Fault.ALREADY_EXISTS),
        (errors.DeadlineExceeded, Fault.SERVER),
        (errors.InternalError, Fault.SERVER),
        (errors.TemporarilyUnavailable, Fault.SERVER),
        (errors.BadRequest, Fault.INVALID),
    )
    return next((fault for kind, fault in classes if isinstance(error, kind)), Fault.UNKNOWN)


def _advice(fault: Fault) -> str:
    return {
        Fault.CREDENTIALS: "Log in again, or set a new DATABRICKS_TOKEN.",
        Fault.PERMISSION: "Ask for the right to do this, or run it as the deployer.",
        Fault.NETWORK: "Check the host, the network and the proxy, then run it again.",
    }.get(fault, "Run it again.")


def _first_line(text: str) -> str:
    # The SDK adds the configuration that it was given, and from where, to what the workspace said.
    lines = [line.strip() for line in text.partition(" Config: host=")[0].splitlines() if line.strip()]
    first = shortened(lines[0], _LONGEST_REASON) if lines else "no reason given"
    return first if first.endswith((".", "!", "?")) else f"{first}."
