"""An answer of the workspace that all deployments of a session share, so that it is asked for once and not once for each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class SharedRead(Generic[_Answer]):
    """One answer, read when it is first needed. Callers that come meanwhile wait for it."""

    _answer: _Answer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, read: Callable[[], _Answer], is_fresh: Callable[[_Answer], bool] = lambda _: True) -> _Answer:
        """Return the answer; read it anew if it isn't fresh enough for this caller."""
        with self._lock:
            if self._answer is None or not is_fresh(self._answer):
                self._answer = read()
            return self._answer
