"""Values in the workspace's JSON, read strictly: what is missing or null is None or nothing, another type a `ValueError`."""

from collections.abc import Mapping

Answer = Mapping[str, object]
"""One JSON object of an answer."""


def as_object(value: object) -> Answer:
    """Return a value that is an object."""
    if not isinstance(value, Mapping):
        raise ValueError(f"an object was expected, not {_kind(value)}.")  # noqa: TRY004  a wrong answer, not a wrong call
    return value


def text(answer: Answer, key: str) -> str | None:
    """Return a text."""
    value = answer.get(key)
    if not (value is None or isinstance(value, str)):
        raise ValueError(f"`{key}` is {_kind(value)}, not a text.")
    return value


def number(answer: Answer, key: str) -> int | None:
    """Return a whole number."""
    value = answer.get(key)
    if not (value is None or type(value) is int):
        raise ValueError(f"`{key}` is {_kind(value)}, not a whole number.")
    return value


def child(answer: Answer, key: str) -> Answer:
    """Return an object; an empty one for none."""
    value = answer.get(key)
    return {} if value is None else as_object(value)


def children(answer: Answer, key: str) -> tuple[Answer, ...]:
    """Return a list of objects."""
    value = answer.get(key)
    if not (value is None or isinstance(value, list)):
        raise ValueError(f"`{key}` is {_kind(value)}, not a list.")
    return tuple(as_object(item) for item in value or ())


def _kind(value: object) -> str:
    kinds = (("an object", dict), ("a list", list), ("a text", str), ("true or false", bool), ("a number", int | float))
    return next((name for name, kind in kinds if isinstance(value, kind)), "null")
