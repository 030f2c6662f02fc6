"""String expressions → what is known of them before they run."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scope.inference.uses import Place

# Sums of strings nested deeper than this are nobody's module name.
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Text:
    """The literal beginning of a string expression, and whether that is all of it."""

    text: str
    whole: bool


_NOTHING = Text("", whole=False)


def text_of(node: ast.AST | None, place: Place, depth: int = 0) -> Text:
    """Return the text of literals, f-strings, sums and formats; `__name__` and `__package__` are those of `place`."""
    read = _READERS.get(type(node))
    return read(node, place, depth + 1) if read is not None and node is not None and depth <= _DEPTH else _NOTHING


def _constant(node: ast.AST, _place: Place, _depth: int) -> Text:
    return Text(node.value, whole=True) if isinstance(node, ast.Constant) and isinstance(node.value, str) else _NOTHING


def _joined_str(node: ast.AST, place: Place, depth: int) -> Text:
    return _joined(text_of(value, place, depth) for value in node.values) if isinstance(node, ast.JoinedStr) else _NOTHING


def _formatted(node: ast.AST, place: Place, depth: int) -> Text:
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        return text_of(node.value, place, depth)
    return _NOTHING


def _name(node: ast.AST, place: Place, _depth: int) -> Text:
    known = {"__package__": place.package, "__name__": place.module}.get(node.id if isinstance(node, ast.Name) else "")
    return _NOTHING if known is None else Text(known, whole=True)


def _attribute(node: ast.AST, place: Place, _depth: int) -> Text:
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) == ("__spec__", "parent")
    ):
        return Text(place.package, whole=True)
    return _NOTHING


def _operation(node: ast.AST, place: Place, depth: int) -> Text:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(text_of(side, place, depth) for side in (node.left, node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return Text(text_of(node.left, place, depth).text.partition("%")[0], whole=False)
    return _NOTHING


def _format(node: ast.AST, place: Place, depth: int) -> Text:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return Text(text_of(node.func.value, place, depth).text.partition("{")[0], whole=False)
    return _NOTHING


def _joined(parts: Iterable[Text]) -> Text:
    text = ""
    for part in parts:
        text += part.text
        if not part.whole:
            return Text(text, whole=False)
    return Text(text, whole=True)


_READERS: dict[type[ast.AST] | type[None], Callable[[ast.AST, Place, int], Text]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _operation,
    ast.Call: _format,
    ast.Constant: _constant,
    ast.FormattedValue: _formatted,
    ast.JoinedStr: _joined_str,
    ast.Name: _name,
}
