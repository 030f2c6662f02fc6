"""Methods of Python's texts and collections, applied to what is known of them."""

import re
import string
from collections.abc import Callable, Mapping, Sequence

from scope.lineage.names import HOLE, has_calls
from scope.lineage.values import UNKNOWN, Items, Value, collections, join, listed, merge, texts

# Methods that mean the same for a text with holes as for whatever fills them.
_ALWAYS: Mapping[str, Callable[[str], str]] = {"lower": str.lower, "casefold": str.lower, "upper": str.upper}
_PLAIN: Mapping[str, Callable[..., str]] = {
    "capitalize": str.capitalize,
    "lstrip": str.lstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "replace": str.replace,
    "rstrip": str.rstrip,
    "strip": str.strip,
    "title": str.title,
}
_CHANGING = frozenset({"clear", "discard", "pop", "popitem", "remove", "setdefault"})


def call_text(text: str, method: str, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value | None:
    """Return what a method of a text gives; None if the method isn't known."""
    if method == "format":
        return format_text(text, arguments, named)
    if method == "join":
        return _join_with(text, arguments)
    if method in _ALWAYS:
        return (_ALWAYS[method](text),)
    plain = [options[0] for options in map(texts, arguments) if len(options) == 1 and HOLE not in options[0]]
    is_known = HOLE not in text and not has_calls(text) and len(plain) == len(arguments) and not named
    if method in _PLAIN:
        return (_PLAIN[method](text, *plain),) if is_known and len(plain) < 3 else UNKNOWN
    if method in ("split", "rsplit") and is_known and len(plain) < 2 and (not plain or plain[0]):
        return (listed([(part,) for part in text.split(plain[0] if plain else None)]),)
    return None


def _join_with(separator: str, arguments: Sequence[Value]) -> Value:
    lists = [items.elements() for value in arguments for items in collections(value)]
    if len(lists) != 1 or len(arguments) != 1 or len(arguments[0]) != 1 or lists[0] is None:
        return UNKNOWN
    pieces: list[Value] = []
    for element in lists[0]:
        pieces += [(separator,), element] if pieces else [element]
    return join(pieces) if pieces else ("",)


def format_text(text: str, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
    """Return what `text.format(…)` gives."""
    pieces: list[Value] = []
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return UNKNOWN
    position = 0
    for literal, name, spec, conversion in fields:
        pieces.append((literal,))
        if name is None:
            continue
        if not name or re.fullmatch("[0-9]{1,6}", name):
            at = int(name or position)
            position += 1
            value = arguments[at] if at < len(arguments) else UNKNOWN
        else:
            value = named.get(name, UNKNOWN)
        pieces.append(UNKNOWN if spec or conversion else value)
    return join(pieces)


def format_percent(text: str, argument: Value) -> Value:
    """Return what `text % argument` gives."""
    items = next(collections(argument), None)
    values = items.elements() if items is not None and not items.is_mapping else [argument]
    pieces: list[Value] = []
    parts = text.replace("%%", "\0").split("%")
    for at, part in enumerate(parts):
        if at:
            known = values[at - 1] if values is not None and at <= len(values) and part[:1] in ("s", "d") else UNKNOWN
            pieces.append(known)
        pieces.append(((part[1:] if at else part).replace("\0", "%"),))
    return join(pieces)


def call_items(items: Items, method: str, arguments: Sequence[Value], *, is_certain: bool) -> Value | None:
    """Return what a method of a list or a dict gives, and change it as the method does; None if it isn't known."""
    first = arguments[0] if arguments else ()
    match method:
        case "get":
            keys = texts(first)
            found = merge(*(items.get(key) if HOLE not in key else merge(items.all(), UNKNOWN) for key in keys))
            return merge(found, arguments[1]) if len(arguments) > 1 and found == UNKNOWN else found
        case "items":
            pairs = [(listed([(key,), value]),) for key, value in items.named.items()]
            return (Items({str(at): pair for at, pair in enumerate(pairs)}, _pair_with(items.others)),)
        case "keys":
            return (items,)
        case "values":
            return (Items({str(at): value for at, value in enumerate(items.named.values())}, items.others),)
        case "copy":
            return (Items(dict(items.named), items.others, is_mapping=items.is_mapping),)
        case "append" | "add":
            items.append(first, is_certain=is_certain)
        case "insert":
            items.others = merge(items.others, arguments[1] if len(arguments) > 1 else UNKNOWN)
        case "extend" | "update":
            _extend(items, first, is_certain=is_certain)
        case _ if method in _CHANGING:
            items.others = merge(items.others, UNKNOWN)
            return items.others
        case _:
            return None
    return ()


def _pair_with(value: Value) -> Value:
    return (listed([UNKNOWN, value]),) if value else ()


def _extend(items: Items, more: Value, *, is_certain: bool) -> None:
    for one in collections(more):
        if one.is_mapping and items.is_mapping:
            for key, value in one.named.items():
                items.put((key,), value, is_certain=is_certain)
            items.others = merge(items.others, one.others)
        else:
            elements = one.elements()
            for value in [one.all()] if elements is None else elements:
                items.append(value, is_certain=is_certain and elements is not None)
    if not more or any(not isinstance(atom, Items) for atom in more):
        items.others = merge(items.others, UNKNOWN)
