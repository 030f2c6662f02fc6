"""Plain SQL → the tables it writes and reads, told to a collector without sqlglot: its import takes longer than a plan.

Plain are queries, and statements that store one, in which every FROM and JOIN is followed by a name or a query in brackets.
Whatever else such a statement holds decides nothing about its tables. Of a text that isn't plain, nothing is told.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from scope.lineage.collector import TableCollector
from scope.lineage.names import PREFIX, References, fill_references

_TOKEN = re.compile(
    r"""
      (?P<space> [\ \t\n]++ | --[^\n]*+ | /\*(?: [^*/]++ | \*(?!/) | /(?!\*) )*+\*/ )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]*+ )
    | (?P<quoted> `[A-Za-z0-9_-]++` )
    | (?P<text> '[^'\\]*+' | "[^"\\]*+" | [0-9]++(?:\.[0-9]++)?+ (?![A-Za-z0-9_.]) )
    | (?P<sign> [(),.;\[\]=<>!+*%-] | /(?!\*) | \|\| | :: )
    """,
    re.VERBOSE,
)
# What stands for something else, or isn't read here.
_MARKS = re.compile("scope_|[\\\\\r\ue000-\ue002]")
_UNKNOWN = re.compile("[{$\ue000]")
# What may name tables by other means than FROM and JOIN, gives FROM another meaning, or begins a script.
_SPECIAL = frozenset(
    "APPLY AUTO BEGIN CACHE CALL CDC CLONE DECLARE DELETE EXECUTE EXTRACT FLOW FUNCTION IDENTIFIER INTO "  # noqa: SIM905
    "LATERAL MERGE METRICS OVERLAY POSITION PROCEDURE RECURSIVE SET STRAIGHT_JOIN STREAM SUBSTR SUBSTRING "
    "TABLE TABLES TRIM UNNEST UPDATE USE VALUES VECTOR_SEARCH VIEW WITH".split()
)
# Words of which none is a table's name.
_RESERVED = frozenset(
    "ALL AND ANTI AS ASC BY CASE CROSS DESC DISTINCT ELSE END EXCEPT EXISTS FILTER FROM FULL GROUP HAVING IN "  # noqa: SIM905
    "INNER INTERSECT IS JOIN LEFT LIKE LIMIT MINUS NATURAL NOT NULL OFFSET ON OR ORDER OUTER OVER PIVOT "
    "QUALIFY RIGHT SELECT SEMI TABLESAMPLE THEN UNION UNPIVOT USING WHEN WHERE WINDOW".split()
)
# Before another query of the same bracket.
_BETWEEN_QUERIES = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS", "ALL", "DISTINCT", "NAME"})
_QUERY = frozenset({"SELECT", "WITH"})
_NEVER_BEFORE_QUERY = _SPECIAL | {"SELECT", "FROM", "JOIN", "LIKE"}


class _NotPlainError(Exception):
    """The text isn't plain."""


class _Clause(Enum):
    """A part of a query, which says what FROM, JOIN and a comma mean there."""

    NONE = auto()
    """No query."""
    SELECT = auto()
    TABLES = auto()
    REST = auto()


_CLAUSES = {
    "SELECT": _Clause.SELECT,
    **dict.fromkeys(("FROM", "JOIN"), _Clause.TABLES),
    **dict.fromkeys(("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "QUALIFY"), _Clause.REST),
}
# After which clause these begin, or continue, the tables.
_TABLES_AFTER = {"FROM": _Clause.SELECT, "JOIN": _Clause.TABLES}


class _Token(NamedTuple):
    """A word in capitals, a sign, a name in backticks with its first one, or a literal, whose text is empty."""

    text: str
    name: str
    line: int


class _Statement:
    """A statement that is read from its first token on. Names are in parts, with their lines; `views` are temporary."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.views: list[tuple[tuple[str, ...], int]] = []
        self.writes: list[tuple[tuple[str, ...], int]] = []
        self.reads: list[tuple[tuple[str, ...], int]] = []

    @property
    def word(self) -> str:
        """The next token's text."""
        return self.tokens[self.at].text

    @property
    def begins_inner_query(self) -> bool:
        """Whether a query in brackets is next."""
        return [token.text for token in self.tokens[self.at : self.at + 2]] == ["(", "SELECT"]

    def skip(self, *texts: str) -> bool:
        """Pass the next tokens if they are these."""
        found = [token.text for token in self.tokens[self.at : self.at + len(texts)]] == [*texts]
        self.at += len(texts) if found else 0
        return found

    def require(self, *texts: str) -> None:
        """Pass the next tokens, which must be these."""
        if not self.skip(*texts):
            raise _NotPlainError


def read_plain_sql(text: str, tables: TableCollector, first_line: int, last_line: int) -> bool:
    """Collect the tables that plain SQL writes and reads; return whether it is plain. Lines end at `last_line`."""
    try:
        statements = [_read_statement(tokens) for tokens in _cut(text, tables.references)]
    except _NotPlainError:
        return False
    named = 1 if tables.names.is_plain else 2
    for statement in statements:
        for parts, _ in statement.views:
            tables.add_view(_without_prefixes(parts))
        for parts, line in statement.writes:
            tables.add_write(_without_prefixes(parts), min(first_line + line, last_line))
        for parts, line in statement.reads:
            plain = _without_prefixes(parts)
            tables.add_read(plain, min(first_line + line, last_line), through_table=plain[:named] != parts[:named])
    return True


def _without_prefixes(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.replace(PREFIX, "") for part in parts)


def _cut(text: str, references: References) -> Iterator[list[_Token]]:
    """Yield the tokens of each statement, with an end of empty text. Lines count from 0."""
    if _MARKS.search(text):
        raise _NotPlainError
    text, _ = fill_references(text, references, mark=PREFIX)
    if _UNKNOWN.search(text):
        raise _NotPlainError
    at = line = 0
    statement: list[_Token] = []
    end = _Token("", "", 0)
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            break
        at, found, kind = match.end(), match[0], match.lastgroup
        if kind == "space":
            line += found.count("\n")
        elif kind == "word":
            statement.append(_Token(found.upper(), found, line))
        elif found == ";":
            yield [*statement, end]
            statement = []
        elif kind == "quoted":
            statement.append(_Token(found, found[1:-1], line))
        elif kind == "sign":
            statement.append(_Token(found, "", line))
        else:
            statement.append(_Token("'", "", line))
            line += found.count("\n")
    if at != len(text):
        raise _NotPlainError
    yield [*statement, end]


def _read_statement(tokens: list[_Token]) -> _Statement:
    statement = _Statement(tokens)
    if len(tokens) == 1:
        return statement
    if statement.skip("CREATE"):
        _read_create(statement)
    elif statement.skip("INSERT"):
        _read_insert(statement)
    if statement.word:
        _read_query(statement)
    return statement


def _read_create(statement: _Statement) -> None:
    """Pass `CREATE TABLE name … AS`, or all of it; nothing before the query may hold another."""
    if statement.skip("OR") and not statement.skip("REFRESH"):
        statement.require("REPLACE")
    is_temporary = any(statement.skip(word) for word in ("TEMPORARY", "TEMP", "PRIVATE"))
    if not statement.skip("MATERIALIZED", "VIEW") and not statement.skip("VIEW"):
        statement.skip("STREAMING")
        statement.require("TABLE")
    statement.skip("IF", "NOT", "EXISTS")
    name = _read_name(statement)
    (statement.views if is_temporary else statement.writes).append(name)
    depth = 0
    while statement.word and (depth or statement.word != "AS"):
        if statement.word in _NEVER_BEFORE_QUERY:
            raise _NotPlainError
        depth += (statement.word == "(") - (statement.word == ")")
        statement.at += 1
    if depth:
        raise _NotPlainError
    if statement.skip("AS") and statement.word not in _QUERY:
        raise _NotPlainError


def _read_insert(statement: _Statement) -> None:
    """Pass `INSERT INTO name (column, …)`."""
    if not statement.skip("OVERWRITE"):
        statement.require("INTO")
    statement.skip("TABLE")
    statement.writes.append(_read_name(statement))
    statement.skip("BY", "NAME")
    if statement.skip("("):
        while not statement.skip(")"):
            if not statement.skip(","):
                _read_name(statement)
    if statement.word not in _QUERY:
        raise _NotPlainError


def _read_query(statement: _Statement) -> None:
    """Read a query to the statement's end."""
    common: set[str] = set()
    if statement.skip("WITH"):
        while True:
            parts, _ = _read_name(statement)
            statement.require("AS", "(")
            if len(parts) > 1 or parts[0].lower() in common or statement.word != "SELECT":
                raise _NotPlainError
            _read_tables(statement, common, is_inner=True)
            common.add(parts[0].lower())
            if not statement.skip(","):
                break
    if statement.word != "SELECT":
        raise _NotPlainError
    _read_tables(statement, common, is_inner=False)


def _read_tables(statement: _Statement, common: set[str], *, is_inner: bool) -> None:
    """Read the tables of a query: up to the bracket that closes it, or to the statement's end.

    `common` are the names that stand for queries of WITH, in lower case.
    """
    # The clause that is read, for each bracket that is open.
    clauses = [_Clause.NONE]
    while word := statement.word:
        before = statement.tokens[statement.at - 1].text
        statement.at += 1
        if word == "(":
            clauses.append(_Clause.NONE)
        elif word == ")":
            clauses.pop()
            if is_inner and not clauses:
                return
        elif before == "." and word not in _TABLES_AFTER:
            # A column, or a field of one, which any word may name.
            continue
        else:
            clauses[-1] = _next_clause(clauses[-1], before, word)
            if word in _TABLES_AFTER and not statement.begins_inner_query:
                _read_table(statement, common)
        if not clauses:
            raise _NotPlainError
    if is_inner or len(clauses) != 1:
        raise _NotPlainError


def _next_clause(clause: _Clause, before: str, word: str) -> _Clause:
    """Return the clause of a query that a word, which follows another one, continues or begins."""
    if word in _TABLES_AFTER:
        is_plain = clause is _TABLES_AFTER[word] and before not in (".", "DISTINCT")
    elif word == "SELECT":
        is_plain = clause is _Clause.NONE or before in _BETWEEN_QUERIES
    else:
        # A comma between tables joins them.
        is_plain = word not in _SPECIAL and (word != "," or clause is not _Clause.TABLES)
    if not is_plain:
        raise _NotPlainError
    return _CLAUSES.get(word, clause)


def _read_table(statement: _Statement, common: set[str]) -> None:
    """Pass the name of a table, or `STREAM(name)`."""
    is_wrapped = statement.skip("STREAM") and statement.skip("(")
    parts, line = _read_name(statement)
    if is_wrapped:
        statement.require(")")
    if not statement.tokens[statement.at].name and statement.word not in ("", ")", ","):
        raise _NotPlainError
    if len(parts) > 1 or parts[0].lower() not in common:
        statement.reads.append((parts, line))


def _read_name(statement: _Statement) -> tuple[tuple[str, ...], int]:
    """Pass a name; return its parts and the line of the last."""
    parts: list[str] = []
    while True:
        token = statement.tokens[statement.at]
        if not token.name or token.text in _RESERVED or token.text in _SPECIAL:
            raise _NotPlainError
        parts.append(token.name)
        statement.at += 1
        if not statement.skip("."):
            return tuple(parts), token.line
