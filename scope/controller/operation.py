"""What is done with one deployment, and its result."""

from collections.abc import Callable
from dataclasses import dataclass, field

from scope.documents.results import Counts, Link, Outcome
from scope.model import Action


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How an operation on a deployment ended; with a message if there is something to say."""

    outcome: Outcome
    counts: Counts = field(default_factory=Counts)
    message: str | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One deployment to be done. `work` returns the result, or raises `ScopeError`."""

    domain: str
    action: Action
    because: str | None
    work: Callable[[], OperationResult]
    log: str | None = None
