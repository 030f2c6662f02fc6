"""Retries of what failed in a way that may pass."""

from collections.abc import Callable

from scope.controller.deployment import Deployment
from scope.errors import RemoteError


def with_retries(deployment: Deployment, step: Callable[[], None]) -> None:
    """Do a step, and again while it fails transiently, until the time for that is over or somebody asks to stop."""
    import tenacity  # only what deploys needs it

    session = deployment.session

    def announce(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0
        deployment.event(f"trying again in {pause:.0f} s: {error}")

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, RemoteError) and error.fault.is_transient),
        stop=tenacity.stop_after_delay(session.options.retry_seconds) | tenacity.stop_when_event_set(session.stop),
        wait=tenacity.wait_random_exponential(multiplier=1, max=60),
        sleep=tenacity.sleep_using_event(session.stop),
        before_sleep=announce,
        reraise=True,
    )(step)
