"""Fits blocks of text into a limit: the most important first, and a line that says what was left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scope.escaping import code_span
from scope.render.dialects import GITHUB, Dialect

_NOTICE_ROOM = 1_000
_ALERT = re.compile(r"^> \[!([A-Z]+)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page. Items are cut from the end; a block that loses all of them isn't shown.

    When room is short, the block with the highest `rank` is cut first. `name` is the plural that the notice uses for items.
    """

    rank: int
    name: str
    head: str = ""
    items: tuple[str, ...] = ()
    tail: str = ""


def fit(blocks: Sequence[Block], limit: int, whole: str, dialect: Dialect = GITHUB) -> str:
    """Return the blocks, in the order given, in at most `limit` bytes of UTF-8.

    If anything is cut, a last line says how much, and that `whole` has all of it. Blocks without items are always shown.
    Alerts in their heads, such as `> [!NOTE]`, become bold words where the dialect has none.
    """
    blocks = [replace(block, head=_render_alerts(block.head, dialect)) for block in blocks]
    kept = {id(block): len(block.items) for block in blocks}
    if _count_bytes("".join(_render(block, len(block.items)) for block in blocks)) > limit:
        room = limit - _NOTICE_ROOM
        for block in sorted(blocks, key=lambda block: block.rank):
            count = _count_fitting(block, room)
            kept[id(block)] = count
            room -= _count_bytes(_render(block, count))
    shown = "".join(_render(block, kept[id(block)]) for block in blocks)
    cut = [_describe_cut(block, kept[id(block)]) for block in blocks if kept[id(block)] < len(block.items)]
    if not cut:
        return shown
    notice = (
        f"\n> [!NOTE]\n> Shortened to {dialect.host}'s limit: {', '.join(cut)} left out. "
        f"The full content is in {code_span(whole)}.\n"
    )
    return f"{shown}{_render_alerts(notice, dialect)}"


def _render_alerts(text: str, dialect: Dialect) -> str:
    """Return a head of scope's own for a dialect: a line of its own stays one."""
    return text if dialect.has_alerts else _ALERT.sub(lambda match: f"> **{match[1].capitalize()}**\n>", text)


def _count_fitting(block: Block, room: int) -> int:
    left = room - _count_bytes(block.head + block.tail)
    for number, item in enumerate(block.items):
        left -= _count_bytes(item)
        if left < 0:
            return number
    return len(block.items)


def _render(block: Block, count: int) -> str:
    if block.items and not count:
        return ""
    return block.head + "".join(block.items[:count]) + block.tail


def _describe_cut(block: Block, kept: int) -> str:
    total = len(block.items)
    return block.name if total == 1 else f"{total - kept} of {total} {block.name}"


def _count_bytes(text: str) -> int:
    return len(text.encode())
