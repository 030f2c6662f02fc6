"""The expressions of GitHub's workflows, as far as ours use them; what isn't known here is an error, never a guess."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||[!().,]))"
)
_TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = frozenset({"success", "failure", "always", "cancelled"})
_MISSING = object()


class UnknownExpressionError(Exception):
    """A part of an expression that isn't understood here."""


class Scope:
    """What an expression can see: contexts by name, and the functions that tell how things stand."""

    def __init__(self, contexts: Mapping[str, Any], status: Mapping[str, Callable[[], bool]] | None = None) -> None:
        """Keep contexts and status functions."""
        self.contexts = contexts
        self.status = dict(status or {})

    def evaluate(self, text: str) -> Any:  # noqa: ANN401  any JSON value
        """Return the value of an expression."""
        return _Parser(text, self).whole()

    def is_true(self, condition: str | bool | None) -> bool:
        """Return whether an `if` lets run: without a status function, only after success."""
        if condition is None:
            return self._call("success")
        text = str(condition).strip()
        if text.startswith("${{") and text.endswith("}}"):
            text = text[3:-2]
        names = {match["name"] for match in _TOKEN.finditer(re.sub(r"'(?:[^']|'')*'", "''", text)) if match["name"]}
        return (bool(names & STATUS) or self._call("success")) and truthy(self.evaluate(text))

    def fill(self, value: Any) -> Any:  # noqa: ANN401  any YAML value
        """Return a value of the YAML with its templates filled; one that is all template keeps its type."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if not isinstance(value, str):
            return value
        templates = list(_TEMPLATE.finditer(value))
        if len(templates) == 1 and templates[0][0] == value.strip():
            return self.evaluate(templates[0][1])
        return _TEMPLATE.sub(lambda match: as_text(self.evaluate(match[1])), value)

    def _call(self, name: str) -> bool:
        if name not in self.status:
            raise UnknownExpressionError(f"{name}() here")
        return self.status[name]()

    def call(self, name: str, arguments: list[Any]) -> Any:  # noqa: ANN401  any JSON value
        """Return what a function gives."""
        if name in STATUS and not arguments:
            return self._call(name)
        if name == "fromJSON" and len(arguments) == 1:
            return json.loads(arguments[0])
        if name == "format" and arguments:
            return re.sub(r"\{(\d+)\}", lambda match: as_text(arguments[int(match[1]) + 1]), as_text(arguments[0]))
        raise UnknownExpressionError(f"{name}() of {len(arguments)}")


def truthy(value: object) -> bool:
    return value not in (None, False, 0, "") and not (isinstance(value, float) and math.isnan(value))


def as_text(value: object) -> str:
    """Return a value as a template shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise UnknownExpressionError(f"{value!r} as text")
    return str(value)


def _number(value: object) -> float:
    if value is None or value == "":
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def _equal(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    if type(one) is type(other):
        return one == other
    return _number(one) == _number(other)


class _Parser:
    """Reads left to right; `&&` and `||` give one of their sides, as on GitHub."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise UnknownExpressionError(f"`{text[position:]}` in `{text}`")
            self._tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
            position = match.end()

    def whole(self) -> Any:  # noqa: ANN401  any JSON value
        value = self._or()
        if self._tokens:
            raise UnknownExpressionError(f"`{self._tokens[0][1]}` in `{self._text}`")
        return value

    def _takes(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "sign" and self._tokens[0][1] in signs:
            return self._tokens.pop(0)[1]
        return None

    def _or(self) -> Any:  # noqa: ANN401
        value = self._and()
        while self._takes("||"):
            other = self._and()
            value = value if truthy(value) else other
        return value

    def _and(self) -> Any:  # noqa: ANN401
        value = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            value = other if truthy(value) else value
        return value

    def _comparison(self) -> Any:  # noqa: ANN401
        value = self._unary()
        while sign := self._takes("==", "!="):
            value = _equal(value, self._unary()) is (sign == "==")
        return value

    def _unary(self) -> Any:  # noqa: ANN401
        if self._takes("!"):
            return not truthy(self._unary())
        if self._takes("("):
            value = self._or()
            self._expect(")")
            return value
        kind, text = self._tokens.pop(0) if self._tokens else ("end", "")
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        if kind == "name":
            return self._name(text)
        raise UnknownExpressionError(f"`{text}` in `{self._text}`")

    def _name(self, name: str) -> Any:  # noqa: ANN401
        if name in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[name]
        if self._takes("("):
            arguments: list[Any] = []
            while not self._takes(")"):
                arguments.append(self._or())
                self._takes(",")
            return self._scope.call(name, arguments)
        value = self._scope.contexts.get(name, _MISSING)
        if value is _MISSING:
            raise UnknownExpressionError(f"the context `{name}` in `{self._text}`")
        while self._takes("."):
            kind, key = self._tokens.pop(0) if self._tokens else ("end", "")
            if kind != "name":
                raise UnknownExpressionError(f"`{key}` in `{self._text}`")
            # A property that isn't there is nothing, at any depth.
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise UnknownExpressionError(f"no `{sign}` in `{self._text}`")
