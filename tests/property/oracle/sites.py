"""Statements, and the places that they are written for."""

from dataclasses import dataclass
from random import Random

from tests.property.oracle.places import Module


@dataclass(frozen=True, slots=True)
class Statement:
    """Lines of Python, and the style that they are an example of."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place for a statement: the module it stands in, the modules that this may import, the files that it may open."""

    random: Random
    home: Module
    known: list[Module]
    files: list[str]
    n: int
    palette: frozenset[str]
