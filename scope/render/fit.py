"""Blocks of text into a limit: what matters most first, and a line that says what had to go."""

from collections.abc import Sequence
from dataclasses import dataclass

from scope.escaping import code_span

_NOTICE_ROOM = 1_000


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page. Its items may be cut from the end; without any of them it isn't shown.

    `rank` says who goes first when room is short: the highest. `name` is what its items are called then.
    """

    rank: int
    name: str
    head: str = ""
    items: tuple[str, ...] = ()
    tail: str = ""


def fit(blocks: Sequence[Block], limit: int, whole: str) -> str:
    """Return the blocks, in the order given, in at most `limit` bytes of UTF-8.

    Where something is cut, a last line names how much of what, and that all of it is in `whole`. Blocks without items are
    always shown.
    """
    kept = {id(block): len(block.items) for block in blocks}
    if _size("".join(_text(block, len(block.items)) for block in blocks)) > limit:
        room = limit - _NOTICE_ROOM
        for block in sorted(blocks, key=lambda block: block.rank):
            count = _fitting(block, room)
            kept[id(block)] = count
            room -= _size(_text(block, count))
    shown = "".join(_text(block, kept[id(block)]) for block in blocks)
    cut = [_cut(block, kept[id(block)]) for block in blocks if kept[id(block)] < len(block.items)]
    if not cut:
        return shown
    return (
        f"{shown}\n> [!NOTE]\n> Cut to what GitHub shows: {', '.join(cut)} left out. All of it is in {code_span(whole)}.\n"
    )


def _fitting(block: Block, room: int) -> int:
    left = room - _size(block.head + block.tail)
    for number, item in enumerate(block.items):
        left -= _size(item)
        if left < 0:
            return number
    return len(block.items)


def _text(block: Block, count: int) -> str:
    if block.items and not count:
        return ""
    return block.head + "".join(block.items[:count]) + block.tail


def _cut(block: Block, kept: int) -> str:
    total = len(block.items)
    return block.name if total == 1 else f"{total - kept} of {total} {block.name}"


def _size(text: str) -> int:
    return len(text.encode())
