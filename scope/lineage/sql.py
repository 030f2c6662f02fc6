"""SQL → the tables it writes and reads, noted.

The statements of pipelines (`CREATE STREAMING TABLE … EXPECT`, `CREATE FLOW`, `AUTO CDC`) are no SQL that sqlglot parses, so
their heads are read token by token, and their queries by sqlglot. A query that it doesn't parse is searched for what stands
behind FROM and JOIN, and counted as not understood.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scope.lineage.collector import LIVE, TableCollector, name_parts

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokens import Token

# sqlglot tries some forms twice at each level, so these take time by powers of two; larger texts take seconds.
_MOST_STRUCTS = 6
_MOST_OPEN_JOINS = 8
_LARGEST = 128 * 1024

_MODIFIERS = frozenset("OR REFRESH REPLACE PRIVATE TEMPORARY TEMP GLOBAL STREAMING LIVE MATERIALIZED EXTERNAL".split())  # noqa: SIM905
_UNSTORED = frozenset({"PRIVATE", "TEMPORARY", "TEMP"})
_QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})
_CHANGES = frozenset({"INSERT", "MERGE", "UPDATE", "DELETE"})
# Statements that neither fill a table nor read one's rows.
_OTHERS = frozenset(
    "ALTER ANALYZE BEGIN CACHE CALL CLEAR COMMENT DECLARE DENY DESC DESCRIBE DROP END EXPLAIN FSCK GRANT LIST MSCK OPTIMIZE "  # noqa: SIM905
    "REFRESH REORG REPAIR RESET RESTORE REVOKE SET SHOW SYNC TRUNCATE UNCACHE UNDROP VACUUM".split()
)
_NO_NAMES = frozenset({"(", ")", ",", ";", ".", "=", ":", "$", "{", "}", "*", "@", "?"})


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A table that stands in a Python string as `{table("…")}`: its name and line."""

    parts: tuple[str, ...]
    line: int


@dataclass(slots=True)
class _Sql:
    text: str
    notes: TableCollector
    first_line: int
    holes: Mapping[str, Placeholder | None]
    # What USE set before.
    default: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)

    def line(self, position: int) -> int:
        return self.first_line + self.text.count("\n", 0, position)

    def note(self, parts: tuple[str, ...], position: int, *, is_write: bool) -> None:
        line = self.line(position)
        hole = self.holes.get(parts[0]) if len(parts) == 1 else None
        if hole is not None:
            self.seen.add(parts[0])
            parts, line = hole.parts, hole.line
        if hole is None and (not parts or any(name in part for part in parts for name in self.holes)):
            self.notes.unknown.add(line)
            return
        full = self._with_default(parts)
        if is_write:
            self.notes.write(full, line)
        else:
            self.notes.read(full, line, through_table=hole is not None)

    def _with_default(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        missing = 3 - len(parts)
        is_local = parts[0].lower() in self.notes.local or (len(parts) == 2 and parts[0].lower() == LIVE)
        return parts if missing < 1 or len(self.default) < missing or is_local else (*self.default[:missing], *parts)


def read_sql(
    text: str, notes: TableCollector, first_line: int = 1, holes: Mapping[str, Placeholder | None] | None = None
) -> None:
    """Note what SQL does to tables. `holes` are the names that stand in it for what a Python string puts there."""
    from sqlglot.dialects.databricks import Databricks  # noqa: PLC0415  slow to import, and most changes have no SQL
    from sqlglot.errors import TokenError  # noqa: PLC0415

    sql = _Sql(text, notes, first_line, holes or {})
    if len(text) > _LARGEST:
        notes.unknown.add(first_line)
        return
    try:
        tokens = Databricks().tokenize(text)
    except TokenError:
        notes.unknown.add(first_line)
        return
    statement: list[Token] = []
    for token in tokens:
        if token.text == ";":
            _statement(statement, sql)
            statement = []
        else:
            statement.append(token)
    _statement(statement, sql)
    for name, hole in sql.holes.items():
        if hole is not None and name not in sql.seen:
            notes.read(hole.parts, hole.line, through_table=True)


def _statement(tokens: list["Token"], sql: _Sql) -> None:
    words = [token.text.upper() for token in tokens]
    if not words or words[0] in _OTHERS:
        return
    if words[0] == "CREATE":
        _create(tokens, words, sql)
    elif words[0] == "USE":
        _use(tokens, words, sql)
    elif words[:2] in (["APPLY", "CHANGES"], ["AUTO", "CDC"]):
        _flow(tokens, words, sql)
    elif words[0] in _QUERIES or words[0] in _CHANGES:
        _query(tokens, sql)
    else:
        sql.notes.unknown.add(sql.line(tokens[0].start))


def _create(tokens: list["Token"], words: list[str], sql: _Sql) -> None:
    at = 1
    while at < len(words) and words[at] in _MODIFIERS:
        at += 1
    modifiers, kind = words[1:at], words[at] if at < len(words) else ""
    if kind == "FLOW":
        _flow(tokens, words, sql)
    if kind not in ("TABLE", "VIEW"):
        return
    at += 1
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        at += 3
    parts, at = _name(tokens, at)
    if _UNSTORED.isdisjoint(modifiers):
        sql.note(parts, tokens[0].start if not parts else tokens[at - 1].start, is_write=True)
    else:
        sql.notes.temporary(parts)
    rest = list(_outside_brackets(words, at))
    body = next((i for i in rest if words[i] == "AS" and i + 1 < len(words) and words[i + 1] in _QUERIES), None)
    if body is not None:
        _query(tokens[body + 1 :], sql)
        return
    for i in rest:
        if words[i] in ("CLONE", "LIKE", "FROM"):
            _source(tokens, words, i + 1, sql)


def _flow(tokens: list["Token"], words: list[str], sql: _Sql) -> None:
    """Read `CREATE FLOW f AS INSERT INTO t BY NAME query` and `AUTO CDC INTO t FROM source …`."""
    into = next((i for i in _outside_brackets(words, 0) if words[i] == "INTO"), None)
    if into is None:
        sql.notes.unknown.add(sql.line(tokens[0].start))
        return
    parts, at = _name(tokens, into + 1)
    sql.note(parts, tokens[into].start, is_write=True)
    if words[at : at + 2] == ["BY", "NAME"]:
        at += 2
    if words[at : at + 1] == ["FROM"] and "INSERT" not in words[:into]:
        _source(tokens, words, at + 1, sql)
    elif at < len(tokens):
        _query(tokens[at:], sql)


def _source(tokens: list["Token"], words: list[str], at: int, sql: _Sql) -> None:
    """Read a name that may stand as `STREAM(name)` or `STREAM name`."""
    if words[at : at + 1] == ["STREAM"]:
        at += 2 if words[at + 1 : at + 2] == ["("] else 1
    parts, _ = _name(tokens, at)
    if words[at : at + 1] != ["("]:
        sql.note(parts, tokens[min(at, len(tokens) - 1)].start, is_write=False)


def _use(tokens: list["Token"], words: list[str], sql: _Sql) -> None:
    at = 2 if words[1:2] and words[1] in ("CATALOG", "SCHEMA", "DATABASE") else 1
    parts, _ = _name(tokens, at)
    if words[1:2] == ["CATALOG"]:
        sql.default = (*parts, "default")
    else:
        catalog = sql.default[:1] or (sql.notes.home or ())[:1]
        sql.default = parts if len(parts) == 2 else (*catalog, *parts)


def _name(tokens: list["Token"], at: int) -> tuple[tuple[str, ...], int]:
    """Return the parts of the name at a token, and where it ends. No parts where no plain name stands there."""
    texts = [token.text for token in tokens[at : at + 4]]
    if texts[:1] and texts[0].upper() == "IDENTIFIER" and texts[1:2] == ["("]:
        return (name_parts(texts[2]) if texts[3:] == [")"] else ()), at + len(texts)
    parts: list[str] = []
    while at < len(tokens) and tokens[at].text not in _NO_NAMES:
        parts.append(tokens[at].text)
        at += 1
        if at >= len(tokens) or tokens[at].text != ".":
            return tuple(parts), at
        at += 1
    at += 1
    while at < len(tokens) and tokens[at - 1].end + 1 == tokens[at].start:
        at += 1  # Past the whole of `${catalog}.x.y`, which is put there later.
    return (), at


def _outside_brackets(words: list[str], start: int) -> Iterator[int]:
    depth = 0
    for i in range(start, len(words)):
        depth += (words[i] == "(") - (words[i] == ")")
        if depth == 0:
            yield i


def _query(tokens: list["Token"], sql: _Sql) -> None:
    """Read a query or a change by sqlglot."""
    import sqlglot  # noqa: PLC0415  as above
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    text = _without_stream(tokens, sql.text)
    expressions: list[exp.Expr | None] = []
    is_safe = _is_safe([token.text.upper() for token in tokens])
    if is_safe:
        try:
            with _silent():
                expressions = sqlglot.parse(text, read="databricks")
        # Its parser is recursive, and answers some malformed texts by a failed look-up.
        except (SqlglotError, RecursionError, LookupError, AttributeError, TypeError, ValueError):
            is_safe = False
    if not is_safe:
        _search(tokens, sql)
    for expression in expressions:
        if expression is not None:
            _tables(expression, tokens[0].start, sql)


def _without_stream(tokens: list["Token"], source: str) -> str:
    """Return a statement's text with `STREAM name` as `name`, which sqlglot knows only with brackets."""
    text = list(source[tokens[0].start : tokens[-1].end + 1])
    offset = tokens[0].start
    for i, token in enumerate(tokens[1:-1], 1):
        follows = tokens[i - 1].text.upper() in ("FROM", "JOIN", ",")
        if follows and token.text.upper() == "STREAM" and tokens[i + 1].text not in ("(", ".", ",", ")"):
            text[token.start - offset : token.end + 1 - offset] = " " * 6
    return "".join(text)


def _is_safe(words: list[str]) -> bool:
    """Whether the parser takes no more than a moment."""
    joins = words.count("JOIN") - words.count("ON") - words.count("USING")
    structs: list[bool] = []
    for i, word in enumerate(words):
        if word == "(":
            structs.append(i > 0 and words[i - 1] == "STRUCT")
        elif word == ")" and structs:
            structs.pop()
        if structs.count(True) > _MOST_STRUCTS:
            return False
    return joins <= _MOST_OPEN_JOINS


def _tables(statement: "exp.Expr", offset: int, sql: _Sql) -> None:
    from sqlglot import exp  # noqa: PLC0415  as above

    if isinstance(statement, exp.Command):
        sql.notes.unknown.add(sql.line(offset))
        return
    common = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
    target = None
    if isinstance(statement, exp.Insert | exp.Merge | exp.Update | exp.Delete):
        target = statement.this.find(exp.Table) if statement.this is not None else None
    for table in statement.find_all(exp.Table):
        position = offset + table.this.meta.get("start", 0)
        if isinstance(table.this, exp.Func):
            _function(table.this, position, sql)
            continue
        parts = tuple(part.name for part in table.parts if isinstance(part, exp.Identifier))
        if len(parts) != len(table.parts):
            parts = ()
        if len(parts) == 1 and parts[0].lower() in common:
            continue
        if len(parts) == 2 and "/" in parts[1]:
            continue  # A folder: parquet.`/x`.
        sql.note(parts, position, is_write=table is target)


def _function(function: "exp.Func", position: int, sql: _Sql) -> None:
    from sqlglot import exp  # noqa: PLC0415  as above

    if function.name.lower() in ("identifier", "table_changes"):
        argument = next(iter(function.expressions), None)
        literal = argument.this if isinstance(argument, exp.Literal) and argument.is_string else ""
        sql.note(name_parts(literal), position, is_write=False)


def _search(tokens: list["Token"], sql: _Sql) -> None:
    """Note what stands behind FROM and JOIN in a statement that isn't parsed."""
    words = [token.text.upper() for token in tokens]
    sql.notes.unknown.add(sql.line(tokens[0].start))
    for i, word in enumerate(words[:-1]):
        if word in ("FROM", "JOIN"):
            parts, _ = _name(tokens, i + 1 + (words[i + 1] == "STREAM"))
            if len(parts) == 3 or (parts and parts[0] in sql.holes):
                sql.note(parts, tokens[i].start, is_write=False)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep sqlglot's warnings about unsupported syntax from people's terminals: what matters is counted."""
    logger = logging.getLogger("sqlglot")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
