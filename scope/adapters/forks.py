"""Work on all cores: copies of this process, which share what it has read so far, and are gone when the work is done.

The pools of Python's library send the work to their processes, and wait for ever where one is killed at the wrong moment.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from scope.adapters.processes import count_cores

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# The number of an item, as it goes through a pipe. That holds 64 KiB before anybody reads, so no more items are shared out.
_TICKET = struct.Struct("=I")
_MOST = 65_536 // _TICKET.size


class Unshared(Protocol):
    """What belongs to one process, such as what holds a pipe or a connection."""

    def begin_anew(self) -> None:
        """Leave to the original what is its own; called in a copy."""
        ...

    def end_copy(self) -> None:
        """Write what is still to be written; called in a copy when its work is done."""
        ...


class Forks:
    """Copies of this process, as many as it has cores. Elsewhere than on Linux, and with one core, it works alone."""

    def __init__(self, *unshared: Unshared) -> None:
        """Name what begins anew in each copy."""
        self._unshared = unshared

    def map(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """Yield what `work` makes of each item, in their order.

        What a copy fails at, for whatever reason, is done here: so errors are those of `work`, as without copies.
        """
        count = min(_count_cores(), len(items))
        done = self._share_out(work, items[:_MOST], count) if count > 1 else {}
        for number, item in enumerate(items):
            yield done[number] if number in done else work(item)

    def _share_out(self, work: Callable[[_Item], _Result], items: Sequence[_Item], count: int) -> Mapping[int, _Result]:
        """Return what so many copies make of items, by their numbers."""
        import pickle  # 2 ms, and most runs share nothing out

        tickets, box = os.pipe()
        # To somebody who has many pipes open, Linux gives small ones. What goes into none is done by this process.
        os.set_blocking(box, False)
        os.write(box, b"".join(map(_TICKET.pack, range(len(items)))))
        os.close(box)
        copies: dict[int, int] = {}
        done: dict[int, _Result] = {}
        try:
            for _ in range(count):
                answers, own = os.pipe()
                try:
                    copy = os.fork()
                except OSError:  # no room for another process
                    os.close(answers)
                    os.close(own)
                    break
                if copy == 0:
                    self._work_off(tickets, own, lambda number: work(items[number]))
                copies[copy] = answers
                os.close(own)
            for answers in copies.values():
                with os.fdopen(answers, "rb", closefd=False) as stream, suppress(EOFError, pickle.UnpicklingError):
                    done |= pickle.load(stream)  # noqa: S301  of this program's own copy
        finally:
            for descriptor in (tickets, *copies.values()):
                os.close(descriptor)
            for copy in copies:
                os.kill(copy, signal.SIGKILL)
                os.waitpid(copy, 0)
        return done

    def _work_off(self, tickets: int, answers: int, work: Callable[[int], object]) -> None:
        """Take tickets until none is left, and answer for all of them at once. Never returns: this is a copy."""
        import pickle

        try:
            # Ctrl-C is for the process that people see, which ends the copies.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for one in self._unshared:
                one.begin_anew()
            done: dict[int, object] = {}
            while ticket := os.read(tickets, _TICKET.size):
                number = _TICKET.unpack(ticket)[0]
                with suppress(Exception):  # whoever asked does it again, and fails the same way
                    done[number] = work(number)
            for one in self._unshared:
                one.end_copy()
            with os.fdopen(answers, "wb") as stream:
                pickle.dump(done, stream)
        finally:
            os._exit(0)


def _count_cores() -> int:
    return count_cores() if sys.platform == "linux" else 1
