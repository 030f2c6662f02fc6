"""String expressions → the text that is known before they run."""

import ast
from collections.abc import Iterable
from typing import NamedTuple

from scope.inference.uses import Place

# Nobody's module name is a sum of strings nested deeper than this.
_DEPTH = 40


class Text(NamedTuple):
    """The literal beginning of a string expression, and whether that is all of it."""

    text: str
    whole: bool


_UNKNOWN = Text("", whole=False)


def text_of(node: ast.AST | None, place: Place, depth: int = 0) -> Text:
    """Return the text of literals, f-strings, sums and formats; `__name__` and `__package__` are those of `place`."""
    below = depth + 1
    match node:
        case _ if depth > _DEPTH:
            return _UNKNOWN
        case ast.Constant(value=str(text)):
            return Text(text, whole=True)
        case ast.Name(id="__name__"):
            return Text(place.module, whole=True)
        case ast.Name(id="__package__") | ast.Attribute(value=ast.Name(id="__spec__"), attr="parent"):
            return Text(place.package, whole=True)
        case ast.JoinedStr(values=values):
            return _join(text_of(value, place, below) for value in values)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return text_of(value, place, below)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _join(text_of(side, place, below) for side in (left, right))
        case ast.BinOp(left=left, op=ast.Mod()):
            return Text(text_of(left, place, below).text.partition("%")[0], whole=False)
        case ast.Call(func=ast.Attribute(value=template, attr="format")):
            return Text(text_of(template, place, below).text.partition("{")[0], whole=False)
        case _:
            return _UNKNOWN


def _join(parts: Iterable[Text]) -> Text:
    text = ""
    for part in parts:
        text += part.text
        if not part.whole:
            return Text(text, whole=False)
    return Text(text, whole=True)
