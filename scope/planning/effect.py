"""A file before and after a change → whether only comments or formatting differ.

Cosmetic changes deploy like any other; they are marked, so that a reviewer's eye can skip them. That is worth nothing if it
is ever wrong, so everything in doubt is content: kinds of file that aren't known, files that don't parse or are too large.
"""

import ast
import io
import json
import re
import tokenize
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterator

from scope.inference.calls import NOT_PARSED, parse
from scope.model import Effect

# Larger files take too long to parse for a mark in a table. YAML's parser is the slowest by far.
_LARGEST = 1024 * 1024
_LARGEST_YAML = 64 * 1024

# What Databricks reads in comments, and what tools read there: a changed pragma may change what they find.
_NOTEBOOK = r"Databricks notebook source|COMMAND\b|MAGIC\b|DBTITLE\b"
_PRAGMA = (
    r"type:|noqa|nosec|pragma\b|pyright:|pyrefly:|mypy:|ruff:|pylint:|flake8:|fmt:|isort:|yapf:|sqlfluff|yamllint|zizmor:|"
    r"yaml-language-server:|prettier-ignore|renovate:"
)
_PYTHON_COMMENT = re.compile(rf"#\s*(?:{_NOTEBOOK}|{_PRAGMA}|///)|#!|#.*coding[:=]", re.IGNORECASE)
_SQL_COMMENT = re.compile(rf"--[ \t]*(?:{_NOTEBOOK}|{_PRAGMA}).*$|/\*\+[\s\S]*?\*/", re.MULTILINE | re.IGNORECASE)
_YAML_COMMENT = re.compile(rf"#\s*(?:{_PRAGMA}).*$", re.MULTILINE | re.IGNORECASE)
# Embedded scripts' metadata, https://peps.python.org/pep-0723/: every comment line of the block is data.
_SCRIPT_METADATA = re.compile(r"^# /// \w", re.MULTILINE)
_HEADER = re.compile(r"(?:#|--)\s*Databricks notebook source")


def classify_effect(path: str, before: bytes, after: bytes) -> Effect:
    """Return what a modification of a file may change."""
    if before == after:
        return Effect.COSMETIC
    is_same = next((compare for suffix, compare in _COMPARISONS.items() if path.endswith(suffix)), None)
    if is_same is None or max(len(before), len(after)) > _LARGEST or _header(before) != _header(after):
        return Effect.CONTENT
    return Effect.COSMETIC if is_same(before, after) else Effect.CONTENT


def _header(source: bytes) -> bytes:
    """Return the first line if it makes the file a notebook or names its interpreter. Below another line it wouldn't."""
    first = source.partition(b"\n")[0]
    return first if first.startswith(b"#!") or _HEADER.match(first.decode(errors="replace")) else b""


def _same_python(before: bytes, after: bytes) -> bool:
    try:
        texts = [_decoded_python(source) for source in (before, after)]
        trees = [parse(text) for text in texts]
        if not _same_trees(*trees):
            return False
        if not any(_PYTHON_COMMENT.search(text) for text in texts):
            return True
        comments = [list(_python_comments(text, tree)) for text, tree in zip(texts, trees, strict=True)]
    except (*NOT_PARSED, tokenize.TokenError):
        return False
    return comments[0] == comments[1] and not any(_SCRIPT_METADATA.search(text) for text in texts)


def _same_trees(before: ast.AST, after: ast.AST) -> bool:
    """Whether two trees differ in nothing but positions; side by side, which takes a fraction of what `ast.dump` does."""
    pairs: list[tuple[object, object]] = [(before, after)]
    while pairs:
        left, right = pairs.pop()
        if left.__class__ is not right.__class__:
            return False
        if isinstance(left, ast.AST):
            pairs.extend((getattr(left, name, None), getattr(right, name, None)) for name in left._fields)
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right, strict=True))
        # `0.0` and `-0.0` are equal and aren't the same.
        elif left != right or (isinstance(left, float | complex) and repr(left) != repr(right)):
            return False
    return True


def _decoded_python(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def _python_comments(text: str, tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Yield the significant comments, each with the number of statements before it and whether it follows the last one."""
    starts = sorted(_first_line(node) for node in ast.walk(tree) if isinstance(node, ast.stmt))
    previous = -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _PYTHON_COMMENT.search(token.string):
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
    """Return the tokens as they are written, with what is significant of the comments between them.

    Case is kept: the name of an unquoted column is the name that its readers see. White space is kept in `${x}` and
    `{{ x }}`, which are replaced before anything is parsed.
    """
    from sqlglot.dialects.databricks import Databricks

    found: list[str] = []
    end = 0
    for token in Databricks().tokenize(text):
        written = text[token.start : token.end + 1]
        gap = text[end : token.start]
        found.extend(_significant(gap))
        if gap and found and {"$", "{", "}", "{%", "%}"} & {found[-1], written}:
            found.append(" ")
        found.append(written)
        end = token.end + 1
    found.extend(_significant(text[end:]))
    return found


def _significant(gap: str) -> list[str]:
    # A cell in comments ends where another line comes between.
    return [gap] if "MAGIC" in gap else [match[0].strip() for match in _SQL_COMMENT.finditer(gap)]


def _same_yaml(before: bytes, after: bytes) -> bool:
    import yaml  # slow to import, and most changes have no YAML

    if max(len(before), len(after)) > _LARGEST_YAML:
        return False
    try:
        texts = (before.decode(), after.decode())
        documents = [list(yaml.compose_all(text, Loader=yaml.SafeLoader)) for text in texts]
    except (UnicodeDecodeError, RecursionError, ValueError, yaml.YAMLError):
        return False
    if any(line.startswith("%") for text in texts for line in text.splitlines()):
        return False  # Directives change how the rest is read.
    pragmas = [_YAML_COMMENT.findall(text) for text in texts]
    return pragmas[0] == pragmas[1] and _same_nodes(documents[0], documents[1])


def _same_nodes(before: object, after: object) -> bool:
    """Whether two lists of YAML nodes are the same graph: tags, values, order, and what is shared through anchors."""
    from yaml import Node, ScalarNode

    partner: dict[int, int] = {}
    pairs = [(before, after)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) == len(right):
            pairs.extend(zip(left, right, strict=True))
            continue
        if not isinstance(left, Node) or not isinstance(right, Node):
            return False
        if id(left) in partner or id(right) in partner:
            if partner.get(id(left)) != id(right) or partner.get(id(right)) != id(left):
                return False
            continue
        partner[id(left)], partner[id(right)] = id(right), id(left)
        if left.tag != right.tag:
            return False
        if not isinstance(left, ScalarNode) or not isinstance(right, ScalarNode):
            pairs.append((left.value, right.value))
        # Readers differ in what a plain word is (`1e3`, `0o7`), so taking quotes away is no mere format.
        elif left.value != right.value or (left.style is None) != (right.style is None):
            return False
    return True


def _same_toml(before: bytes, after: bytes) -> bool:
    try:
        # As text, numbers of different kinds and keys in another order are different.
        trees = [repr(tomllib.loads(source.decode(), parse_float=_float)) for source in (before, after)]
    except (UnicodeDecodeError, RecursionError, ValueError):
        return False
    return trees[0] == trees[1]


def _same_notebook(before: bytes, after: bytes) -> bool:
    """Whether two Jupyter notebooks differ in nothing but outputs, which are written by runs, and the JSON's format."""
    try:
        return repr(_without_outputs(before)) == repr(_without_outputs(after))
    except (UnicodeDecodeError, RecursionError, TypeError, ValueError):
        return False


def _without_outputs(source: bytes) -> dict:
    tree = json.loads(source, object_pairs_hook=_unique, parse_float=_float)
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        raise TypeError("A notebook is an object with cells.")
    cells = []
    for cell in tree["cells"]:
        if not isinstance(cell, dict):
            raise TypeError("A cell is an object.")
        dropped = ("outputs", "execution_count") if cell.get("cell_type") == "code" else ()
        cells.append({key: value for key, value in cell.items() if key not in dropped})
    return {**tree, "cells": cells}


def _float(text: str) -> tuple[str, str]:
    return ("float", text)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key occurs twice.")
    return found


_COMPARISONS: dict[str, Callable[[bytes, bytes], bool]] = {
    ".py": _same_python,
    ".sql": _same_sql,
    ".yml": _same_yaml,
    ".yaml": _same_yaml,
    ".toml": _same_toml,
    ".ipynb": _same_notebook,
}
