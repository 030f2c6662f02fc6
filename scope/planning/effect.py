"""Classifies a change of a file: content, or cosmetic if only comments or formatting differ.

Cosmetic changes deploy like any other. They are marked so that a reviewer can skip them, and one wrong mark would make all
marks worthless; so every doubtful case is content: unknown kinds of file, and files that don't parse or are too large.
"""

import ast
import io
import json
import re
from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator

from scope.inference.parsing import NOT_PARSED, parse
from scope.model import Effect

# Larger files take too long to parse for a mere mark. YAML's parser is by far the slowest.
_LARGEST = 1024 * 1024
_LARGEST_YAML = 64 * 1024

# Comments that Databricks reads, and those that tools read: a changed pragma may change their findings.
_NOTEBOOK = r"Databricks notebook source|COMMAND\b|MAGIC\b|DBTITLE\b"
_PRAGMA = (
    r"type:|noqa|nosec|pragma\b|pyright:|pyrefly:|mypy:|ruff:|pylint:|flake8:|fmt:|isort:|yapf:|sqlfluff|yamllint|zizmor:|"
    r"yaml-language-server:|prettier-ignore|renovate:"
)
# What may stand anywhere in a comment is looked for from the first `#` of a line alone, and a hint without an end ends the
# search: one that begins again at each mark would read a long line of them as often.
# Patterns are compiled by `re` when they are first used: most changes change more than comments.
_PYTHON_COMMENT = rf"(?im)#\s*(?:{_NOTEBOOK}|{_PRAGMA}|///)|#!|^[^#\n]*#.*coding[:=]"
_SQL_COMMENT = rf"(?im)--[ \t]*(?:{_NOTEBOOK}|{_PRAGMA}).*$|/\*\+[\s\S]*?(?:\*/|\Z)"
_YAML_COMMENT = rf"(?im)#\s*(?:{_PRAGMA}).*$"
# Embedded scripts' metadata, https://peps.python.org/pep-0723/: every comment line of the block is data.
_SCRIPT_METADATA = r"(?m)^# /// \w"
_HEADER = re.compile(r"(?:#|--)\s*Databricks notebook source")


def classify_effect(path: str, before: bytes, after: bytes) -> Effect:
    """Return whether a modification changes a file's content or only its appearance."""
    if before == after:
        return Effect.COSMETIC
    is_same = next((compare for suffix, compare in _COMPARISONS.items() if path.endswith(suffix)), None)
    if is_same is None or max(len(before), len(after)) > _LARGEST or _header(before) != _header(after):
        return Effect.CONTENT
    return Effect.COSMETIC if is_same(before, after) else Effect.CONTENT


def _header(source: bytes) -> bytes:
    """Return the first line if it makes the file a notebook or names its interpreter, which only a first line does."""
    first = source.partition(b"\n")[0]
    return first if first.startswith(b"#!") or _HEADER.match(first.decode(errors="replace")) else b""


def _same_python(before: bytes, after: bytes) -> bool:
    try:
        texts = [_decode_python(source) for source in (before, after)]
        trees = [parse(text) for text in texts]
        if ast.dump(trees[0]) != ast.dump(trees[1]):
            return False
    except NOT_PARSED:
        return False
    if not any(re.search(_PYTHON_COMMENT, text) for text in texts):
        return True
    return _same_comments(texts, trees) and not any(re.search(_SCRIPT_METADATA, text) for text in texts)


def _same_comments(texts: list[str], trees: list[ast.Module]) -> bool:
    import tokenize  # few changes leave the tree as it is

    try:
        before, after = (list(_python_comments(text, tree)) for text, tree in zip(texts, trees, strict=True))
    except (*NOT_PARSED, tokenize.TokenError):
        return False
    return before == after


def _decode_python(source: bytes) -> str:
    if b"coding" not in source and not source.startswith(BOM_UTF8):
        return source.decode()
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def _python_comments(text: str, tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Yield the significant comments, each with the number of statements before it, and whether it follows another one."""
    starts = sorted(_first_line(node) for node in ast.walk(tree) if isinstance(node, ast.stmt))
    previous = -1
    import tokenize

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and re.search(_PYTHON_COMMENT, token.string):
            line = token.start[0]
            yield token.string, bisect_right(starts, line), line == previous + 1
            previous = line


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min(node.lineno, *(decorator.lineno for decorator in decorators)) if decorators else node.lineno


def _same_sql(before: bytes, after: bytes) -> bool:
    from sqlglot.errors import TokenError  # slow to import, and most changes have no SQL

    # A function's body between `$$` is another language, whose white space may mean something.
    if b"$$" in before or b"$$" in after:
        return False
    try:
        return _sql_tokens(before.decode()) == _sql_tokens(after.decode())
    except (UnicodeDecodeError, TokenError):
        return False


def _sql_tokens(text: str) -> list[str]:
    """Return the tokens as they are written, and the significant parts of the comments between them.

    Case counts: readers see the name of an unquoted column as it is written. White space counts in `${x}` and `{{ x }}`,
    which are replaced before SQL is parsed.
    """
    from sqlglot.dialects.databricks import Databricks

    tokens: list[str] = []
    end = 0
    for token in Databricks().tokenize(text):
        written = text[token.start : token.end + 1]
        gap = text[end : token.start]
        tokens.extend(_significant_parts(gap))
        if gap and tokens and {"$", "{", "}", "{%", "%}"} & {tokens[-1], written}:
            tokens.append(" ")
        tokens.append(written)
        end = token.end + 1
    tokens.extend(_significant_parts(text[end:]))
    return tokens


def _significant_parts(gap: str) -> list[str]:
    # Another line ends a cell that is written in comments.
    return [gap] if "MAGIC" in gap else [match[0].strip() for match in re.finditer(_SQL_COMMENT, gap)]


def _same_yaml(before: bytes, after: bytes) -> bool:
    import yaml  # slow to import, and most changes have no YAML

    if max(len(before), len(after)) > _LARGEST_YAML:
        return False
    try:
        texts = (before.decode(), after.decode())
        if any(line.startswith("%") for text in texts for line in text.splitlines()):
            return False  # Directives change how the rest is read.
        contents = [list(_yaml_contents(text)) for text in texts]
    except (KeyError, ValueError, yaml.YAMLError):
        return False
    return contents[0] == contents[1] and re.findall(_YAML_COMMENT, texts[0]) == re.findall(_YAML_COMMENT, texts[1])


def _yaml_contents(text: str) -> Iterator[tuple[object, ...]]:
    """Yield the parser's events without format: tags, values and order, and for an alias the number of its node's event.

    Whether a scalar is quoted counts, since readers differ in how they read plain ones (`1e3`, `0o7`).
    """
    import yaml

    anchors: dict[str, int] = {}
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.DocumentStartEvent):
            anchors.clear()
        if isinstance(event, yaml.AliasEvent):
            yield ("alias", anchors[str(event.anchor)])
        elif isinstance(event, yaml.ScalarEvent):
            yield ("scalar", event.tag, event.value, event.style is None)
        else:
            yield (type(event).__name__, getattr(event, "tag", None))
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.anchor:
            if event.anchor in anchors:
                raise ValueError("Readers differ in whether an anchor may occur twice.")
            anchors[event.anchor] = number


def _same_notebook(before: bytes, after: bytes) -> bool:
    """Return whether two Jupyter notebooks differ only in outputs, which runs write, and in the format of their JSON."""
    try:
        return repr(_without_outputs(before)) == repr(_without_outputs(after))
    except (UnicodeDecodeError, RecursionError, TypeError, ValueError):
        return False


def _without_outputs(source: bytes) -> dict:
    from decimal import Decimal  # only a modified JSON file needs it

    tree = json.loads(source, object_pairs_hook=_unique, parse_float=Decimal)
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        raise TypeError("A notebook is an object with cells.")
    cells = []
    for cell in tree["cells"]:
        if not isinstance(cell, dict):
            raise TypeError("A cell is an object.")
        dropped = ("outputs", "execution_count") if cell.get("cell_type") == "code" else ()
        cells.append({key: value for key, value in cell.items() if key not in dropped})
    return {**tree, "cells": cells}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("A key occurs twice.")
    return tree


_COMPARISONS: dict[str, Callable[[bytes, bytes], bool]] = {
    ".py": _same_python,
    ".sql": _same_sql,
    ".yml": _same_yaml,
    ".yaml": _same_yaml,
    ".ipynb": _same_notebook,
}
