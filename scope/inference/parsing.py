"""Python source → its syntax tree, if it can be had in a moment.

What the parser and those who walk its tree need grows with the words and signs, so code has a bound of both. Two forms take
time and memory by the square of their length: a name with many dots in an import, and an f-string with many braces. All are
recognised before they are parsed, which is why no file takes more than a second.
"""

import ast
import re
import warnings
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO

# Longer code is data: a generated job of half a thousand tasks stays below both. In bytes or characters.
LARGEST = 512 * 1024
# Words and signs. Few texts are so long that a pattern is needed, so `re` compiles these when it first meets one.
MOST_WORDS = 96 * 1024
_WORD = r"\w+|[^\w\s]"
# No path has so many folders.
_MOST_DOTS = 200
# The braces of a text by its length, as if it were one f-string: half a second.
_MOST_FSTRING_WORK = 2**31
_DOTTED = r"(?:\.[\s\\]*+\w++[\s\\]*+)++"
_FSTRING = r"f[rR]?[\"']|F[rR]?[\"']|[rR][fF][\"']"

# In the order in which nodes have them.
_BODIES = ("body", "cases", "handlers", "orelse", "finalbody")
# Positions, names, contexts and operators: most of a tree, with nothing inside.
_SIGNS = (ast.boolop, ast.cmpop, ast.expr_context, ast.operator, ast.unaryop)
EMPTY = frozenset({int, str, type(None), *(sign for signs in _SIGNS for sign in signs.__subclasses__())})


class LargePythonError(ValueError):
    """Source is too large to be parsed, or would take the parser too long."""

    def __init__(self) -> None:
        super().__init__("it is too large, or too complex, to be parsed")


# The errors of parsing text that isn't Python, is nested too deep for the parser, or is too large.
NOT_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(source: str | bytes) -> ast.Module:
    """Return the tree of Python source; bytes are read in the encoding that they name. Raises one of `NOT_PARSED`.

    One of them is `LargePythonError`. The parser's warnings are left to the linter.
    """
    if is_too_large(source):
        raise LargePythonError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


class Trees:
    """The syntax trees of texts that are read several times. Nobody changes them."""

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[str, ast.Module] = {}

    def parse(self, source: str) -> ast.Module:
        """Return the tree of a source, as `parse` does."""
        if source not in self._known:
            self._known[source] = parse(source)
        return self._known[source]


def inner_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements, cases and handlers that stand directly inside a statement, case or handler, in their order."""
    for field in _BODIES:
        yield from getattr(node, field, ())


def inner_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node is made of, as `ast.iter_child_nodes` does but for contexts and operators, with nothing inside."""
    for value in node.__dict__.values():
        kind = value.__class__
        if kind is list:
            yield from (item for item in value if isinstance(item, ast.AST) and item.__class__ not in EMPTY)
        elif kind not in EMPTY and isinstance(value, ast.AST):
            yield value


def decode(source: bytes) -> str:
    r"""Decode Python source by its own encoding, with `\n` for every line end. Bytes that don't decode are replaced."""
    text = source.decode(errors="replace")
    if b"coding" in source or source.startswith(BOM_UTF8):
        import tokenize  # few files name their encoding

        with suppress(SyntaxError, LookupError, UnicodeError):
            encoding = tokenize.detect_encoding(BytesIO(source).readline)[0]
            text = source.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_too_large(source: str | bytes) -> bool:
    """Whether Python source is too large, or too complex, to be parsed."""
    if len(source) > LARGEST:
        return True
    text = decode(source) if isinstance(source, bytes) else source
    return is_large((text,)) or _is_costly(text)


def is_large(texts: Sequence[str]) -> bool:
    """Whether the code of one file, in parts, is more than is parsed."""
    length = sum(map(len, texts))
    # No text has more words than characters.
    return length > LARGEST or (length > MOST_WORDS and sum(len(re.findall(_WORD, text)) for text in texts) > MOST_WORDS)


def _is_costly(text: str) -> bool:
    """Whether the parser takes more than a moment for a text of the usual length."""
    if text.count("{") * len(text) > _MOST_FSTRING_WORK and re.search(_FSTRING, text):
        return True
    return text.count(".") > _MOST_DOTS and any(run[0].count(".") > _MOST_DOTS for run in re.finditer(_DOTTED, text))
