"""Several deployments at once: one fails, the others go on; asked to stop, nothing new begins and what runs may end."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from scope.controller.session import ApprovalRequired, OperationResult, Session, Stopped
from scope.documents.results import Outcome, Result
from scope.errors import Locked, Refused, RemoteError, ScopeError, UsageError
from scope.model import Action

# Signals that CI sends before it kills.
_PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Operation:
    """One deployment to be done. Called, it returns what it came to, or raises `ScopeError`."""

    domain: str
    action: Action
    because: str | None
    work: Callable[[], OperationResult]
    log: str | None = None


def run_all(
    session: Session, operations: tuple[Operation, ...], max_parallel: int, finished: Callable[[Result], None]
) -> tuple[Result, ...]:
    """Do all jobs, so many at once, and return their results in the jobs' order; `finished` is told each as it comes."""
    found: dict[str, Result] = {}
    session.rate.sharers = max(1, min(max_parallel, len(operations)))
    with stopping(session), ThreadPoolExecutor(max(1, max_parallel)) as pool:
        futures = [pool.submit(_result, session, operation) for operation in operations]
        for future in as_completed(futures):
            result = future.result()
            found[result.domain] = result
            finished(result)
    return tuple(found[operation.domain] for operation in operations)


@contextmanager
def stopping(session: Session) -> Iterator[None]:
    """Let SIGINT and SIGTERM ask to stop instead of ending this process, which would leave locks behind.

    CI sends two before it kills; one more ends this after all, and what it held then is for `scope recover`.
    """
    asked = 0

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        session.stop.set()
        if asked > _PATIENCE:
            # Waiting threads would hold up any gentler end.
            os._exit(130)
        session.event("", "stopping: nothing new is begun, what the CLI has begun may end")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _result(session: Session, operation: Operation) -> Result:
    started = time.monotonic()
    try:
        done, error = _work(session, operation), None
    except ScopeError as caught:
        done, error = OperationResult(_outcome(caught), message=str(caught)), caught
    except Exception as caught:  # noqa: BLE001  one deployment's surprise mustn't end the others
        message = (
            f"Something unexpected: {type(caught).__name__}: {caught}. Run it again; if it stays, it is a defect of scope."
        )
        done, error = OperationResult(Outcome.FAILED, message=message), None
    return Result(
        id=session.id(operation.domain),
        target=session.settings.name,
        domain=operation.domain,
        action=operation.action,
        because=operation.because,
        outcome=done.outcome.value,
        fault=error.fault.value if isinstance(error, RemoteError) else None,
        message=done.message,
        created=done.counts.created,
        changed=done.counts.changed,
        deleted=done.counts.deleted,
        destructive=error.items if isinstance(error, ApprovalRequired) else (),
        digest=error.digest if isinstance(error, ApprovalRequired) else None,
        seconds=round(time.monotonic() - started, 1),
        log=operation.log,
    )


def _work(session: Session, operation: Operation) -> OperationResult:
    if session.stop.is_set():
        raise Stopped("Stopped before it was begun.")
    return operation.work()


_OUTCOMES: Mapping[type[ScopeError], Outcome] = {
    ApprovalRequired: Outcome.REFUSED,
    Refused: Outcome.REFUSED,
    Locked: Outcome.LOCKED,
    Stopped: Outcome.STOPPED,
    UsageError: Outcome.REFUSED,
}


def _outcome(error: ScopeError) -> Outcome:
    return next((outcome for kind, outcome in _OUTCOMES.items() if isinstance(error, kind)), Outcome.FAILED)
