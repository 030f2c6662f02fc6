"""A message to a chat's incoming webhook, in the form that Slack, Teams, Mattermost and Google Chat take."""

import json
import urllib.request
from http.client import HTTPException

from scope.adapters.api_requests import NoRedirect, describe_failure
from scope.errors import ScopeError

_SECONDS = 30


def post_message(url: str, text: str) -> None:
    """Post a text. Raises `ScopeError` if it isn't taken; the message doesn't tell the URL, which lets anybody post."""
    request = urllib.request.Request(  # noqa: S310  https or loopback, see `repository.settings`
        url, method="POST", data=json.dumps({"text": text}).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=_SECONDS):
            return
    except (OSError, ValueError, HTTPException) as error:
        reason = describe_failure(error)
    raise ScopeError(f"The webhook didn't take the message: {reason}.")
