"""Several operations at once: one fails, the others go on; asked to stop, nothing new begins and what runs may end."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from types import FrameType

from scope.controller.approval import ApprovalRequired
from scope.controller.operation import Operation, OperationResult
from scope.controller.session import Session, Stopped
from scope.documents.results import Outcome, Result
from scope.errors import Locked, Refused, RemoteError, ScopeError, UsageError
from scope.escaping import escape_invisible

# Signals that CI sends before it kills.
_PATIENCE = 2


def run_all(
    session: Session, operations: tuple[Operation, ...], max_parallel: int, finished: Callable[[Result], None]
) -> tuple[Result, ...]:
    """Do all operations, so many at once, and return their results in order; `finished` gets each as it comes.

    Nothing is destroyed before all deploys have ended: what leaves a domain may need its folder until then.
    """
    results: dict[str, Result] = {}
    with stopping(session), ThreadPoolExecutor(max(1, max_parallel)) as pool:
        for action in ("deploy", "destroy"):
            wanted = [operation for operation in operations if operation.action == action]
            session.rate.sharers = min(max_parallel, len(wanted))
            futures = [pool.submit(_run, session, operation) for operation in wanted]
            for future in as_completed(futures):
                result = future.result()
                results[result.domain] = result
                finished(result)
    return tuple(results[operation.domain] for operation in operations)


@contextmanager
def stopping(session: Session) -> Iterator[None]:
    """Let SIGINT and SIGTERM ask to stop instead of ending this process, which would leave locks behind.

    CI sends two before it kills. One more ends this process after all, and the CLI with it: it would go on under a lock
    that looks dead. What takes over each lock is said last.
    """
    asked = 0

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        session.stop.set()
        if asked > _PATIENCE:
            session.abort()
            for hint in tuple(session.held.values()):
                # The streams may be in use by the code that this interrupts.
                os.write(2, f"scope: ended at once, and a lock stays: {escape_invisible(hint)}\n".encode())
            # Waiting threads would hold up any gentler end.
            os._exit(130)
        session.event("", "stopping: nothing new begins, what the CLI has begun may end")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(session: Session, operation: Operation) -> Result:
    started = time.monotonic()
    try:
        session.check_stop("Stopped before it began.")
        done, error = operation.work(), None
    except ScopeError as caught:
        done, error = OperationResult(_outcome_of(caught), message=str(caught)), caught
    except Exception as caught:  # noqa: BLE001  one deployment's surprise mustn't end the others
        message = (
            f"Internal error: {type(caught).__name__}: {caught}. Run it again. If it persists, please report it as a bug."
        )
        done, error = OperationResult(Outcome.FAILED, message=message), None
    return Result(
        id=str(session.id(operation.domain)),
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
        uploaded=done.counts.uploaded,
        destructive=error.items if isinstance(error, ApprovalRequired) else (),
        digest=error.digest if isinstance(error, ApprovalRequired) else None,
        seconds=round(time.monotonic() - started, 1),
        log=operation.log,
        links=done.links,
    )


_OUTCOMES: Mapping[type[ScopeError], Outcome] = {
    ApprovalRequired: Outcome.REFUSED,
    Refused: Outcome.REFUSED,
    Locked: Outcome.LOCKED,
    Stopped: Outcome.STOPPED,
    UsageError: Outcome.REFUSED,
}


def _outcome_of(error: ScopeError) -> Outcome:
    return next((outcome for kind, outcome in _OUTCOMES.items() if isinstance(error, kind)), Outcome.FAILED)
