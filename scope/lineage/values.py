"""What an expression of Python may be, as far as its text tells: texts with holes, collections, functions, classes, modules.

A value is the tuple of everything that it may be. Two that vary are never combined: which of the one goes with which of the
other isn't known, and a wrong name is worse than none.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scope.inference.collector import UsesCollector
from scope.lineage.names import HOLE

# What may be more things, or a longer text, is left alone.
MOST_VALUES = 100
# From the end of a list.
_POSITION = re.compile(r"-[0-9]{1,6}")
LONGEST = 128 * 1024


class Items:
    """A list or a dict: the values by key, and those whose keys aren't known. Positions are keys, too."""

    __slots__ = ("is_mapping", "named", "others")

    def __init__(self, named: "dict[str, Value] | None" = None, others: "Value" = (), *, is_mapping: bool = False) -> None:
        """Take over the values by key."""
        self.named = {} if named is None else named
        self.others = others
        self.is_mapping = is_mapping

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


class Scope:
    """The names of a module, a class or a run of a function."""

    __slots__ = ("elsewhere", "history", "is_class", "is_inner", "names", "parent", "stars")

    def __init__(self, parent: "Scope | None" = None, *, is_class: bool = False, is_inner: bool = False) -> None:
        """Bind nothing yet. The surroundings of a comprehension, which is inner, are the same run."""
        self.parent = parent
        self.names: dict[str, Value] = {}
        # All that each name was ever bound to.
        self.history: dict[str, Value] = {}
        # Names that are bound in another scope.
        self.elsewhere: dict[str, Scope] = {}
        # The modules whose names are all taken over.
        self.stars: list[Import] = []
        self.is_class = is_class
        self.is_inner = is_inner

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


class Import(NamedTuple):
    """A module, or what it calls `attribute`, that is only read when it is needed: most imports never are.

    Absolute names count from `folder` as well, where scripts and notebooks find their neighbours.
    """

    name: str
    folder: str | None
    attribute: str = ""


class Function:
    """A function with what is around it. `owner` is the object whose method it is."""

    __slots__ = ("imports", "node", "owner", "scope")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        scope: Scope,
        imports: UsesCollector,
        owner: "Value | None" = None,
    ) -> None:
        """Define it in a scope."""
        self.node = node
        self.scope = scope
        self.imports = imports
        self.owner = owner


class Class:
    """A class: its names, and what it inherits from."""

    __slots__ = ("bases", "fields", "instances", "scope")

    def __init__(self, scope: Scope, bases: "tuple[Class, ...]", fields: tuple[str, ...]) -> None:
        """Define it without any object."""
        self.scope = scope
        self.bases = bases
        self.fields = fields
        self.instances: list[Instance] = []

    def find(self, name: str, depth: int = 0) -> "Value":
        """Return what a name stands for in the class or in what it inherits from, or nothing."""
        if name in self.scope.names:
            return self.scope.names[name]
        return next((found for base in self.bases if depth < 10 and (found := base.find(name, depth + 1))), ())


class Instance:
    """An object of a class, with its own names."""

    __slots__ = ("names", "of")

    def __init__(self, of: Class) -> None:
        """Make an object that has no names yet."""
        self.of = of
        self.names: dict[str, Value] = {}


class Module:
    """A module, or a package of which nothing but the name is known.

    `default` and `views` are what a notebook leaves to the one that runs it, `origins` what its imports bound, by name.
    """

    __slots__ = ("default", "name", "origins", "path", "scope", "views")

    def __init__(
        self,
        name: str,
        path: str = "",
        scope: Scope | None = None,
        default: tuple[str, str] | None = None,
        views: frozenset[str] = frozenset(),
        origins: dict[str, set[str]] | None = None,
    ) -> None:
        """Take over what was read of it."""
        self.name = name
        self.path = path
        self.scope = Scope() if scope is None else scope
        self.default = default
        self.views = views
        self.origins = {} if origins is None else origins

    def called(self, name: str) -> "Module":
        """Return the same module under another name."""
        return Module(name, self.path, self.scope, self.default, self.views, self.origins)


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
