"""Requests to the API of a place that hosts repositories: what a token needs to be safe with, whoever answers.

It goes to https only, or to this machine, follows no redirect and stands in no message; answers are bounded; what is refused
for a moment is tried again.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, TypeVar

from scope.errors import ScopeError, UsageError
from scope.escaping import escape_invisible, shortened

_SECONDS = 30
_ATTEMPTS = 3
# A page of the longest comments has 26 MB.
_LONGEST_ANSWER = 50_000_000
_LONGEST_REASON = 500

_Result = TypeVar("_Result")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would take a token along."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Return None: the answer is that of the redirect."""
        return


class _TransientError(ScopeError):
    """What may pass: the host has too much to do, or its answer was lost on the way."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The JSON of an answer, and its headers."""

    content: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Api:
    """One host's API, and what lets a request in. `needs` is a sentence that says what the token must be allowed to do."""

    host: str
    url: str
    headers: Mapping[str, str]
    needs: str

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> ApiAnswer:
        """Return the answer to a request. Raises `ScopeError`."""
        request = urllib.request.Request(  # noqa: S310  https or loopback, see `require_safe`
            f"{self.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Accept": "application/json", "Content-Type": "application/json", **self.headers},
        )
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=_SECONDS) as answer:
                content = answer.read(_LONGEST_ANSWER + 1)
                if len(content) > _LONGEST_ANSWER:
                    raise ScopeError(
                        f"{self.host} answers `{method} {path}` with more than {_LONGEST_ANSWER // 1_000_000} MB."
                    )
                return ApiAnswer(json.loads(content), {name.lower(): value for name, value in answer.headers.items()})
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            kind = _TransientError if _is_transient(error) else ScopeError
            reason = describe_failure(error)
        raise kind(f"{self.host} didn't take `{method} {path}`: {reason}. {self.needs}")


def require_safe(url: str, variable: str) -> str:
    """Return an API's URL without a slash at the end. Raises `UsageError` for one that a token mustn't go to."""
    if not re.match(r"https://|http://127\.0\.0\.1(:|/|$)", url):
        raise UsageError(f"{variable} is `{url}`. The token goes to https only.")
    return url.rstrip("/")


def with_retries(work: Callable[[], _Result]) -> _Result:
    """Return the result of some requests; what the host refuses for a moment is tried again from the first of them on."""
    import tenacity  # only a comment needs it

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TransientError),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=1, max=10),
        reraise=True,
    )
    return retrying(work)


def describe_failure(error: Exception) -> str:
    """Return in a few words, on one line, why a request failed; an answer that says so is closed."""
    if isinstance(error, urllib.error.HTTPError):
        with error:
            reason = f"{error.code} {error.reason}"
    else:
        reason = str(getattr(error, "reason", error) if isinstance(error, OSError) else error)
    return shortened(escape_invisible(reason), _LONGEST_REASON)


def _is_transient(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, OSError | HTTPException)
