"""Tables for people, as lines of text that fit a width: names, states and numbers stay whole.

What must be read together to tell one row from another is in columns, which nothing shortens. What explains a row, and
what to run next, are lines below it. Columns that don't fit go there too, from the right.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

GAP = 2
_INDENT = 4
# A path or a list goes on a little further in, so that it doesn't look like the next one.
_HANG = 2
# Where a sentence goes on with something to paste.
_COMMAND = re.compile(r"(?<![\w/.-])(?:scope|just|git|databricks) [a-z]")
# Less room than this for names, or for a list beside the columns, makes a column of words.
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, and whether it holds numbers, which stand on the right."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says: a cell per column, a list for the last column, explanations, and lines to paste.

    Explanations are wrapped, paths after a `/`. Lines to paste never are: a terminal joins what it breaks itself.
    """

    cells: tuple[str | Text, ...]
    items: tuple[str, ...] = ()
    notes: tuple[str | Text, ...] = ()
    commands: tuple[str, ...] = ()


def lay_out(columns: Sequence[Column], rows: Sequence[Row], width: int | None, items: str = "") -> Iterator[Text]:
    """Yield the lines of a table with its head; `items` is the title of the rows' lists. Without a width, nothing wraps."""
    widths = _fit([_measure(column, [row.cells[place] for row in rows]) for place, column in enumerate(columns)], width)
    room = None if width is None else width - sum(widths) - GAP * len(widths)
    is_beside = bool(items) and _have_room(rows, room)
    titles = [_align(Text(column.title), wide, column) for column, wide in zip(columns, widths, strict=False)]
    head = _join([*titles, Text(items)] if is_beside else titles)
    listed = [", ".join(row.items) for row in rows]
    longest = max([cell_len(items), *map(cell_len, listed)]) if is_beside else 0
    yield head
    yield Text("─" * (sum(widths) + GAP * (len(widths) - 1) + (GAP + min(longest, room or longest) if is_beside else 0)))
    for row, text in zip(rows, listed, strict=True):
        yield from _lay_out_cells(columns, widths, row, text if is_beside else "", room)
        if text and not is_beside:
            yield from indent(text, width)
        if len(widths) < len(columns):
            rest = zip(columns[len(widths) :], row.cells[len(widths) :], strict=True)
            yield from indent(", ".join(f"{column.title} {cell}" for column, cell in rest if str(cell)), width)
        for note in row.notes:
            yield from indent(note, width)
        for command in row.commands:
            yield Text(" " * _INDENT + command)


def indent(note: str | Text, width: int | None, by: int = _INDENT) -> Iterator[Text]:
    """Yield the lines of an explanation, as it stands below a row; a command in it stays in one line, to be pasted."""
    style = note.style if isinstance(note, Text) else ""
    text = str(note)
    room = None if width is None else width - by - _HANG
    command = _COMMAND.search(text) if room is not None and cell_len(text) > room else None
    words = text[: command.start()].rstrip() if command else text
    for number, line in enumerate([*wrap(words, room), *([text[command.start() :]] if command else [])]):
        yield Text(" " * (by + (_HANG if number else 0)) + line, style)


def wrap(text: str, width: int | None) -> list[str]:
    """Return the lines of a text, broken at spaces and, in words longer than a line, after a `/`; a name is never cut.

    >>> wrap("src/finance/stripe/base/payments.py imports src/common/money.py", 24)
    ['src/finance/stripe/base/', 'payments.py imports', 'src/common/money.py']
    """
    if width is None or cell_len(text) <= width:
        return [text] if text else []
    lines = [""]
    for word in text.split(" "):
        whole = f" {word}" if lines[-1] else word
        if cell_len(lines[-1]) + cell_len(whole) <= width:
            lines[-1] += whole
            continue
        if lines[-1]:
            lines.append("")
        for part in _split_path(word) if cell_len(word) > width else [word]:
            if lines[-1] and cell_len(lines[-1]) + cell_len(part) > width:
                lines.append("")
            lines[-1] += part
    return lines


def _split_path(word: str) -> list[str]:
    parts = word.split("/")
    return [f"{part}/" for part in parts[:-1]] + parts[-1:]


def _measure(column: Column, cells: Iterable[str | Text]) -> list[int]:
    return [cell_len(column.title), *(cell_len(str(cell)) for cell in cells)]


def _fit(lengths: list[list[int]], width: int | None) -> list[int]:
    """Return the widths of the columns that fit.

    A few long names don't drive out the rest of the table: they get a line of their own each.
    """
    widths = [max(column) for column in lengths]
    while width is not None and len(widths) > 1:
        room = width - sum(widths[1:]) - GAP * (len(widths) - 1)
        if widths[0] <= room:
            break
        if room >= _LEAST or len(widths) == 2:
            widths[0] = max([length for length in lengths[0] if length <= room], default=lengths[0][0])
            break
        widths.pop()
    return widths


def _have_room(rows: Iterable[Row], room: int | None) -> bool:
    longest = max((cell_len(item) for row in rows for item in row.items), default=0)
    return room is None or room > max(longest, _LEAST)


def _lay_out_cells(
    columns: Sequence[Column], widths: Sequence[int], row: Row, items: str, room: int | None
) -> Iterator[Text]:
    cells = [cell.copy() if isinstance(cell, Text) else Text(cell) for cell in row.cells[: len(widths)]]
    if len(cells) > 1 and cells[0].cell_len > widths[0]:
        yield cells[0]
        cells[0] = Text()
    aligned = [_align(cell, wide, column) for cell, wide, column in zip(cells, widths, columns, strict=False)]
    first, *others = wrap(items, room) or [""]
    yield _join([*aligned, Text(first)])
    for line in others:
        yield Text(" " * (sum(widths) + GAP * len(widths)) + line)


def _align(cell: Text, width: int, column: Column) -> Text:
    missing = max(0, width - cell.cell_len)
    if column.is_number:
        cell.pad_left(missing)
    else:
        cell.pad_right(missing)
    return cell


def _join(cells: Iterable[Text]) -> Text:
    line = Text(" " * GAP).join(cells)
    line.rstrip()
    return line
