"""Work in copies of the process: the same results, in the same order, and the same errors."""

import fcntl
import os
import signal
from pathlib import Path

import pytest

from scope.adapters import forks
from scope.adapters.forks import Forks
from scope.errors import UsageError


class Connection:
    """Something that belongs to one process."""

    def __init__(self) -> None:
        self.process = os.getpid()

    def begin_anew(self) -> None:
        self.process = os.getpid()

    def end_copy(self) -> None:
        pass


@pytest.fixture(params=[1, 3])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(forks, "_count_cores", lambda: request.param)
    return request.param


@pytest.mark.usefixtures("cores")
def test_results_come_in_order() -> None:
    connection = Connection()

    def work(item: int) -> tuple[int, bool]:
        return 2 * item, connection.process == os.getpid()

    assert list(Forks(connection).map(work, range(20))) == [(2 * item, True) for item in range(20)]
    assert connection.process == os.getpid()


def test_several_cores_work_in_copies(cores: int) -> None:
    processes = set(Forks().map(lambda _: os.getpid(), range(20)))
    assert (os.getpid() in processes) == (cores == 1)


@pytest.mark.usefixtures("cores")
def test_an_error_is_the_one_of_the_work() -> None:
    def work(item: int) -> int:
        if item == 7:
            raise UsageError(f"{item} is no good")
        return item

    with pytest.raises(UsageError, match=r"^7 is no good$"):
        list(Forks().map(work, range(20)))


@pytest.mark.usefixtures("cores")
def test_what_a_killed_copy_leaves_is_done_all_the_same() -> None:
    this = os.getpid()

    def work(item: int) -> int:
        if item == 3 and os.getpid() != this:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    assert list(Forks().map(work, range(20))) == list(range(20))


@pytest.mark.usefixtures("cores")
def test_more_than_a_pipe_holds() -> None:
    items = range(100_000)
    assert list(Forks().map(lambda item: item, items)) == list(items)
    large = [str(item) * 100_000 for item in range(10)]
    assert list(Forks().map(lambda item: item, large)) == large


@pytest.mark.usefixtures("cores")
def test_pipes_may_hold_less_than_there_is_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    make = os.pipe

    def make_small() -> tuple[int, int]:
        ends = make()
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)
        return ends

    monkeypatch.setattr(os, "pipe", make_small)
    signal.alarm(30)  # ends a process that waits for somebody to read
    try:
        assert list(Forks().map(lambda item: item, range(5000))) == list(range(5000))
    finally:
        signal.alarm(0)


@pytest.mark.parametrize("room", [0, 1])
def test_without_room_for_a_copy_the_work_is_done_all_the_same(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, forks_left = os.fork, iter(range(room))

    def fork() -> int:
        if next(forks_left, None) is None:
            raise BlockingIOError
        return real()

    monkeypatch.setattr(forks, "_count_cores", lambda: 3)
    monkeypatch.setattr(os, "fork", fork)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert list(Forks().map(lambda item: item, range(20))) == list(range(20))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.usefixtures("cores")
def test_nothing_is_left_open_or_running() -> None:
    def listed() -> tuple[int, list[str]]:
        process = Path("/proc/self")
        children = [child for one in process.glob("task/*/children") for child in one.read_text().split()]
        return len(list((process / "fd").iterdir())), sorted(children)

    before = listed()
    list(Forks().map(lambda item: item, range(1000)))
    assert listed() == before
