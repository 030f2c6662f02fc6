"""What an expression of Python may be, as far as its text tells: texts with holes, collections, functions, classes, modules.

A value is the tuple of everything that it may be. Two that vary are never combined: which of the one goes with which of the
other isn't known, and a wrong name is worse than none.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scope.inference.collector import UsesCollector
from scope.lineage.names import HOLE

# What may be more things, or a longer text, is left alone.
MOST_VALUES = 100
# From the end of a list.
_POSITION = re.compile(r"-[0-9]{1,6}")
LONGEST = 128 * 1024


@dataclass(eq=False, slots=True)
class Items:
    """A list or a dict: the values by key, and those whose keys aren't known. Positions are keys, too."""

    named: "dict[str, Value]" = field(default_factory=dict)
    others: "Value" = ()
    is_mapping: bool = False

    def all(self) -> "Value":
        """Return whatever is in it."""
        return merge(*self.named.values(), self.others)

    def get(self, key: str) -> "Value":
        """Return what is at a key."""
        if key.startswith("-") and not self.is_mapping and not self.others:
            key = str(len(self.named) + int(key)) if _POSITION.fullmatch(key) else key
        known = self.named.get(key, ())
        return merge(known, self.others) if self.others else known or UNKNOWN

    def append(self, value: "Value", *, is_certain: bool) -> None:
        """Add a value at the end."""
        if is_certain and not self.others and not self.is_mapping and len(self.named) < MOST_VALUES:
            self.named[str(len(self.named))] = value
        else:
            self.others = merge(self.others, value)

    def put(self, key: "Value", value: "Value", *, is_certain: bool) -> None:
        """Set the value at a key."""
        if len(key) == 1 and isinstance(key[0], str) and HOLE not in key[0]:
            name = key[0]
            self.named[name] = value if is_certain else merge(self.named.get(name, ()), value)
        else:
            self.others = merge(self.others, value)

    def elements(self) -> "list[Value] | None":
        """Return what going over it gives, one after the other; None if that isn't known."""
        if self.others or len(self.named) > MOST_VALUES:
            return None
        return [(key,) for key in self.named] if self.is_mapping else list(self.named.values())


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, a class or a run of a function."""

    parent: "Scope | None" = None
    names: "dict[str, Value]" = field(default_factory=dict)
    # All that each name was ever bound to.
    history: "dict[str, Value]" = field(default_factory=dict)
    # Names that are bound in another scope.
    elsewhere: "dict[str, Scope]" = field(default_factory=dict)
    # The modules whose names are all taken over.
    stars: "list[Import]" = field(default_factory=list)
    is_class: bool = False
    # Of a comprehension: its surroundings are the same run.
    is_inner: bool = False

    def assign(self, name: str, value: "Value") -> None:
        """Bind a name."""
        scope = self.elsewhere.get(name, self)
        scope.names[name] = value
        scope.history[name] = merge(scope.history.get(name, ()), value)

    def module(self) -> "Scope":
        """Return the outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Import:
    """A module, or what it calls `attribute`, that is only read when it is needed: most imports never are.

    Absolute names count from `folder` as well, where scripts and notebooks find their neighbours.
    """

    name: str
    folder: str | None
    attribute: str = ""


@dataclass(eq=False, slots=True)
class Function:
    """A function with what is around it. `owner` is the object whose method it is."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    imports: UsesCollector
    owner: "Value | None" = None


@dataclass(eq=False, slots=True)
class Class:
    """A class: its names, and what it inherits from."""

    scope: Scope
    bases: "tuple[Class, ...]" = ()
    fields: tuple[str, ...] = ()
    instances: "list[Instance]" = field(default_factory=list)

    def find(self, name: str, depth: int = 0) -> "Value":
        """Return what a name stands for in the class or in what it inherits from, or nothing."""
        if name in self.scope.names:
            return self.scope.names[name]
        return next((found for base in self.bases if depth < 10 and (found := base.find(name, depth + 1))), ())


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class, with its own names."""

    of: Class
    names: "dict[str, Value]" = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Module:
    """A module, or a package of which nothing but the name is known."""

    name: str
    path: str = ""
    scope: Scope = field(default_factory=Scope)
    # What a notebook leaves to the one that runs it.
    default: tuple[str, str] | None = None
    views: frozenset[str] = frozenset()
    # What its imports bound, by name.
    origins: "dict[str, set[str]]" = field(default_factory=dict)


Atom = str | Items | Function | Class | Instance | Module | Import
Value = tuple[Atom, ...]
UNKNOWN: Value = (HOLE,)


def merge(*values: Value) -> Value:
    """Return what is one of some values."""
    if len(values) == 1:
        return values[0]
    merged = tuple(dict.fromkeys(atom for value in values for atom in value))
    return merged if len(merged) <= MOST_VALUES else UNKNOWN


def texts(value: Value) -> list[str]:
    """Return the texts that a value may be, a hole for whatever is none."""
    return list(dict.fromkeys(atom if isinstance(atom, str) else HOLE for atom in value)) or [HOLE]


def join(pieces: Iterable[Value]) -> Value:
    """Return the texts that pieces make one after the other, with a hole for a second piece that varies."""
    made, is_open = [""], True
    for piece in pieces:
        options = texts(piece)
        if len(options) > 1 and not is_open:
            options = [HOLE]
        is_open = is_open and len(options) == 1
        made = [start + end for start in made for end in options]
        if sum(map(len, made)) > LONGEST:
            return UNKNOWN
    return tuple(made)


def listed(values: Iterable[Value]) -> Items:
    """Return a list of values."""
    return Items({str(at): value for at, value in enumerate(values)})


def collections(value: Value) -> Iterator[Items]:
    """Yield the collections that a value may be."""
    return (atom for atom in value if isinstance(atom, Items))


def all_texts(values: Iterable[Value]) -> frozenset[str]:
    """Return every text in some values, whatever holds it."""
    found: set[str] = set()
    seen: set[int] = set()
    stack = [atom for value in values for atom in value]
    while stack:
        atom = stack.pop()
        if isinstance(atom, str):
            found.add(atom)
        elif id(atom) not in seen:
            seen.add(id(atom))
            match atom:
                case Items():
                    found.update(atom.named if atom.is_mapping else ())
                    stack += atom.all()
                case Class() | Instance():
                    names = atom.scope.names if isinstance(atom, Class) else atom.names
                    stack += (inner for value in names.values() for inner in value)
                case _:
                    pass
    return frozenset(found)
