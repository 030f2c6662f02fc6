"""Reads `moves.toml`: which resources go from one deployment or key to another, with their ids and history.

A file of its own, and not a part of `pyproject.toml`, since a change of that deploys everything, while a move concerns
two domains. It is carried out by a deploy, not by a person, so it is written down, reviewed and merged like the rest.
"""

import re
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import NamedTuple

from scope.errors import UsageError
from scope.model import ResourceKey
from scope.names import is_domain_name
from scope.repository.layout import MOVES
from scope.repository.toml_file import UnreadableTomlError, load_toml
from scope.wording import unknown_name

# Said in the place of a destination: the resource isn't moved, but deleted and made anew, each with its own approval.
NOWHERE = "nowhere"
# Each is compared with every domain and, of a chain, with every line of it.
_MOST_MOVES = 1000
_LONGEST_CHAIN = 50
_KEY = re.compile(r'\s*+"?([^"=\s]++)"?\s*+=')
# What stands between any two quotation marks, which may also belong to two texts.
_QUOTED = re.compile(r"""(?=["']([^"']*+)["'])""")
_FORM = "is `domain -> domain` or `domain.kind.key -> domain.kind.key`, such as `sales.jobs.refresh -> revenue.jobs.refresh`"


class Address(NamedTuple):
    """A resource of a domain, or the whole domain, if there is no key."""

    domain: str
    key: ResourceKey | None = None

    def __str__(self) -> str:
        """Return the address as `moves.toml` has it."""
        return self.domain if self.key is None else f"{self.domain}.{self.key.short}"


class Move(NamedTuple):
    """One line of `moves.toml`. Without a destination the resources stay where they are, and are no move."""

    source: Address
    destination: Address | None
    line: int = 0

    def __str__(self) -> str:
        """Return the move as `moves.toml` has it."""
        return f"{self.source} -> {self.destination or NOWHERE}"

    @property
    def place(self) -> str:
        """Return where it is written, as `file:line`."""
        return f"{MOVES}:{self.line}"


class Moves:
    """All declared moves. One may begin where another ends: what missed the first goes all the way."""

    def __init__(self, items: tuple[Move, ...] = ()) -> None:
        """Take the moves in the order of the file."""
        self.items = items

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.items)

    @cached_property
    def _by_source(self) -> dict[Address, Move]:
        return {move.source: move for move in self.items}

    def move_of(self, domain: str, key: ResourceKey) -> Move | None:
        """Return the move that concerns a resource: its own, or else that of its domain."""
        return self._by_source.get(Address(domain, key.resource)) or self._by_source.get(Address(domain))

    def destinations(self, domain: str, key: ResourceKey) -> tuple[Address, ...]:
        """Return where a resource may go, the likeliest first: to the key that the head defines there.

        None if no move concerns it. With its domain, a key that begins with the domain's name may begin with the new one's.
        """
        move = self.move_of(domain, key)
        if move is None or move.destination is None:
            return ()
        if move.destination.key is not None:
            nexts = (move.destination,)
        else:
            new = move.destination.domain
            keys = dict.fromkeys((key.resource, rename_key(key.resource, domain, new)))
            nexts = tuple(Address(new, one) for one in keys)
        return tuple(dict.fromkeys(end for one in nexts for end in self._ends(one)))

    def _ends(self, address: Address) -> tuple[Address, ...]:
        key = address.key
        if key is None or self.move_of(address.domain, key) is None:
            return (address,)
        return self.destinations(address.domain, key)

    def end_of(self, domain: str) -> str:
        """Return the domain that a domain has become."""
        move = self._by_source.get(Address(domain))
        return domain if move is None or move.destination is None else self.end_of(move.destination.domain)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return the domains between which resources go: from which to which."""
        return frozenset(
            (move.source.domain, self.end_of(move.destination.domain)) for move in self.items if move.destination is not None
        ) | frozenset(
            # What goes to one domain by its own line may go on with that domain's.
            (move.source.domain, end.domain)
            for move in self.items
            if move.source.key is not None
            for end in self.destinations(move.source.domain, move.source.key)
        )

    def check_domains(self, domains: Collection[str]) -> None:
        """Raise `UsageError` with every line that names a domain as the repository doesn't have it."""
        problems = [f"{move.place}: {problem}" for move in self.items if (problem := self._find_problem(move, domains))]
        if problems:
            raise UsageError("\n".join(problems))

    def _find_problem(self, move: Move, domains: Collection[str]) -> str | None:
        if move.destination is None:
            return None
        if move.source.key is None and move.source.domain in domains:
            return (
                f"`{move.source.domain}` is still a domain, so it can't have become `{move.destination}`. Remove the line "
                f"if every target has the move, or move single resources: `{move.source}.jobs.NAME -> "
                f"{move.destination}.jobs.NAME`."
            )
        end = self.end_of(move.destination.domain)
        if end not in domains:
            known = unknown_name("domain", end, domains)
            return f"{known} Correct `{move}`, or remove the line if every target has the move."
        return None


def rename_key(key: ResourceKey, old: str, new: str) -> ResourceKey:
    """Return a key that begins with a domain's name with another domain's in its place; any other key as it is.

    >>> rename_key(ResourceKey("jobs", "sales_refresh"), "sales", "revenue").name
    'revenue_refresh'
    """
    rest = key.name.removeprefix(old)
    if not key.name.startswith(old) or (rest and not rest.startswith("_")):
        return key
    return ResourceKey(key.kind, new + rest, key.child)


def load_moves(content: bytes | None) -> Moves:
    """Return the moves of a `moves.toml`; raise `UsageError` with every problem, each with its line."""
    if content is None:
        return Moves()
    try:
        table = load_toml(content)
    except UnreadableTomlError as error:
        raise UsageError(f"{MOVES} can't be read: {error}. Without it, moved resources would be deleted.") from None
    lines = _LineIndex(content.decode())
    problems = [
        f"{MOVES}:{lines.find(key)}: `{key}` is not a key of {MOVES}; there is only `moves`."
        for key in sorted(table.keys() - {"moves"})
    ]
    items = table.get("moves", [])
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        problems.append(f"{MOVES}:{lines.find('moves')}: `moves` is a list of texts. Each {_FORM}.")
        items = []
    if len(items) > _MOST_MOVES:
        raise UsageError(
            f"{MOVES} has {len(items)} moves, and at most {_MOST_MOVES} are read. Remove those that every target has."
        )
    moves: list[Move] = []
    for item in items:
        line = lines.find(item)
        move = _parse_move(item, line)
        if isinstance(move, str):
            problems.append(f"{MOVES}:{line}: `{item}` {move}.")
        else:
            moves.append(move)
    problems += _find_contradictions(moves)
    if problems:
        raise UsageError("\n".join(problems))
    return Moves(tuple(moves))


def _parse_move(text: str, line: int) -> Move | str:
    """Return a move, or the end of a sentence that says why it is none."""
    parts = [part.strip() for part in text.split("->")]
    if len(parts) != 2:
        return _FORM
    source = _parse_address(parts[0])
    if source is not None and parts[1] == NOWHERE:
        return Move(source, None, line)
    destination = _parse_address(parts[1])
    if source is None or destination is None or (source.key is None) != (destination.key is None):
        return _FORM
    if source.key and destination.key and source.key.kind != destination.key.kind:
        return f"leads from {source.key.kind} to {destination.key.kind}: a resource keeps its kind"
    if source == destination:
        return "leads nowhere else"
    return Move(source, destination, line)


def _parse_address(text: str) -> Address | None:
    domain, _, short = text.partition(".")
    if not is_domain_name(domain):
        return None
    if not short and text == domain:
        return Address(domain)
    try:
        key = ResourceKey.parse(f"resources.{short}")
    except ValueError:
        return None
    return None if key.is_child else Address(domain, key)


def _find_contradictions(moves: list[Move]) -> Iterator[str]:
    by_source: dict[Address, Move] = {}
    by_destination: dict[Address, Move] = {}
    for move in moves:
        first = by_source.setdefault(move.source, move)
        if first is not move:
            yield f"{move.place}: `{move.source}` goes to `{first.destination or NOWHERE}` already, in line {first.line}."
        if move.destination is not None and move.destination.key is not None:
            first = by_destination.setdefault(move.destination, move)
            if first is not move:
                yield f"{move.place}: `{first.source}` goes to `{move.destination}` too, in line {first.line}."
    for move in by_source.values():
        if _is_in_circle(move, by_source):
            yield f"{move.place}: `{move}` leads in a circle, or on through too many. Keep the last of these moves alone."


def _is_in_circle(move: Move, by_source: dict[Address, Move]) -> bool:
    """Return whether a move leads back to where it begins, also by way of a domain's move, or further than anybody needs."""
    seen: set[Address] = set()
    waiting = [move.destination]
    while waiting:
        address = waiting.pop()
        if address is None or address in seen:
            continue
        if address == move.source or len(seen) > _LONGEST_CHAIN:
            return True
        seen.add(address)
        own = by_source.get(address)
        whole = by_source.get(Address(address.domain)) if address.key is not None and own is None else None
        if own is not None:
            waiting.append(own.destination)
        elif whole is not None and whole.destination is not None and address.key is not None:
            new = whole.destination.domain
            waiting += [Address(new, address.key), Address(new, rename_key(address.key, address.domain, new))]
    return False


class _LineIndex:
    """The lines of the keys of a file, and of the texts in its lists."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            key = _KEY.match(line)
            for word in (*((key[1],) if key else ()), *_QUOTED.findall(line)):
                self._lines.setdefault(word, number)

    def find(self, word: str) -> int:
        """Return the first line of a key or a text; 1 if it is written otherwise."""
        return self._lines.get(word, 1)
