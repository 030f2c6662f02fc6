"""SQL of any kind → the tables it writes and reads, told to a collector.

sqlglot parses each statement on its own; `statements` cuts scripts and pipelines' statements down to what it knows. One that
still doesn't parse counts as unresolved and is searched for full names after FROM and JOIN.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import SqlglotError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokens import Token, TokenType

from scope.lineage.collector import TableCollector
from scope.lineage.common_tables import CommonTables
from scope.lineage.names import HOLE, PREFIX, References, fill_references, name_parts, split_logical
from scope.lineage.statements import (
    FROM,
    Form,
    Part,
    closing_brackets,
    created_kind,
    cut_script,
    is_fast,
    is_temporary,
    name_after,
    plain_statement,
    words_of,
)

# What stands in the text for what isn't SQL: a hole, and the name that a call of `table()` makes.
_HOLE = "scope_hole_"
_BODY = "scope_body_"
_DOLLARS = re.compile(r"\$\$((?:(?!\$\$)(?s:.))*+)\$\$")
_CALL = re.compile(r"scope_call_(\d{1,9})_")
# A function that sqlglot knows from other dialects, with other arguments.
_SEARCH = "scope_vector_search"
# Texts that are run by texts that are run.
_DEEPEST_TEXT = 3
# Statements that hold no query and neither fill a table nor read its rows.
_MAINTENANCE = frozenset(
    "ANALYZE CLEAR COMMENT DENY DESC DESCRIBE DROP END FSCK GET GRANT LIST MSCK OPTIMIZE PUT REFRESH REMOVE REORG "  # noqa: SIM905
    "REPAIR RESET RESTORE REVOKE SHOW SIGNAL SYNC TRUNCATE UNCACHE UNDROP VACUUM".split()
)
# Statements that need no query. Without one they concern no table's rows, and CREATE only if it creates a table or a view.
_SELDOM_QUERIES = frozenset({"ALTER", "BEGIN", "CACHE", "CALL", "CREATE", "DECLARE", "ITERATE", "LEAVE", "SELECT", "SET"})
_QUERYING = frozenset({"SELECT", "TABLE", "VIEW", "FLOW", "FROM"})
_METRICS = re.compile(r"^[ \t]*(?:-[ \t]+)?source[ \t]*:[ \t]*(.*)$", re.MULTILINE)


class _Tokenizer(Databricks.Tokenizer):
    """sqlglot's, which otherwise takes the rest of a statement that it doesn't know for one text."""

    COMMANDS: ClassVar[set[TokenType]] = set()


@dataclass(slots=True)
class _Script:
    """The SQL being read."""

    parser: Parser
    text: str
    tables: TableCollector
    first_line: int
    last_line: int
    calls: Mapping[int, int]
    parameters: Mapping[str, str]
    depth: int
    # The names that calls of `table()` make, by number.
    names: dict[int, str] = field(default_factory=dict)
    # The texts between double dollars, which are code of other languages or YAML.
    bodies: list[str] = field(default_factory=list)
    # The calls of `table()` whose names are those of tables here.
    claimed: set[int] = field(default_factory=set)

    def line(self, line: int) -> int:
        """Return the line in the file of a line of the text."""
        return min(self.first_line + line - 1, self.last_line)

    def add(self, parts: tuple[str, ...], line: int, *, is_write: bool) -> None:
        """Add a table that is written or read; no parts stand for a name that only the run knows."""
        is_logical = any(PREFIX in part for part in parts[: 1 if self.tables.names.is_plain else 2])
        call = _CALL.fullmatch(parts[0]) if len(parts) == 1 else None
        number = int(call[1]) if call is not None else -1
        if number in self.names and number in self.calls:
            self.claimed.add(number)
            is_logical, line, parts = True, self.calls[number], name_parts(self.names[number])
        else:
            parts = tuple(map(fill_marks, parts))
        if is_write:
            self.tables.add_write(parts, line)
        else:
            self.tables.add_read(parts, line, through_table=is_logical)


def parse_sql(
    text: str,
    tables: TableCollector,
    first_line: int,
    last_line: int,
    calls: Mapping[int, int],
    parameters: Mapping[str, str],
    depth: int = 0,
) -> frozenset[int]:
    """Collect the tables that SQL writes and reads, as `sql.read_sql` does, by its syntax tree.

    `depth` counts the texts that run this one.
    """
    dialect = Databricks()
    names: dict[int, str] = {}
    bodies: list[str] = []
    plain = _without_bodies(_to_sql(text, tables.references, names), bodies)
    script = _Script(dialect.parser(), plain, tables, first_line, last_line, calls, parameters, depth)
    script.names = names
    script.bodies = bodies
    try:
        tokens = _Tokenizer(dialect=dialect).tokenize(plain)
    except TokenError:
        tables.unresolved.add(first_line)
        return frozenset()
    statement: list[Token] = []
    with _silent():
        for token in tokens:
            if token.text == ";" and token.token_type is TokenType.SEMICOLON:
                _read_parts(statement, script)
                statement = []
            else:
                statement.append(token)
        _read_parts(statement, script)
    return frozenset(script.claimed)


def _to_sql(text: str, references: References, names: dict[int, str]) -> str:
    """Return the text with words that SQL can hold in the places of marks and references."""
    pieces = split_logical(text)
    for at in range(1, len(pieces), 3):
        names[int(pieces[at])] = pieces[at + 1]
        pieces[at], pieces[at + 1] = f"scope_call_{pieces[at]}_", ""
    filled = fill_references("".join(pieces), references, HOLE, PREFIX)[0].replace(HOLE, _HOLE)
    return re.sub(r"\bvector_search\b", _SEARCH, filled, flags=re.IGNORECASE)


def _without_bodies(text: str, bodies: list[str]) -> str:
    """Return the text with literals of as many lines in the places of what stands between double dollars."""

    def replace(match: re.Match[str]) -> str:
        bodies.append(match[1])
        return f"'{_BODY}{len(bodies) - 1}{match[1].count(chr(10)) * chr(10)}'"

    return _DOLLARS.sub(replace, text) if "$$" in text else text


def _read_parts(tokens: list[Token], script: _Script) -> None:
    for part in cut_script(tokens):
        match part.form:
            case Form.STATEMENT:
                _read_statement(part.tokens, script)
            case Form.TEXT:
                _read_text(part.tokens, script)
            case Form.VARIABLE:
                _read_variable(part, script)
            case Form.EXPRESSION:
                _read_expression(part.tokens, script)


def _read_expression(tokens: list[Token], script: _Script) -> None:
    """Read the queries in a value."""
    if not _QUERYING.isdisjoint(words_of(tokens)):
        _read_statement([Token(TokenType.SELECT, "SELECT"), *tokens], script)


def _read_variable(part: Part, script: _Script) -> None:
    _read_expression(part.tokens, script)
    value = _text_of(part.tokens, script)
    for name in part.names:
        script.tables.variables[name] = value


def _read_text(tokens: list[Token], script: _Script) -> None:
    """Read a text that is run as SQL."""
    text = _text_of(tokens, script)
    line = script.line(tokens[0].line if tokens else 1)
    if HOLE in text[:1] or script.depth >= _DEEPEST_TEXT:
        script.tables.unresolved.add(line)
    elif script.tables.may_read_sql(text, line):
        parse_sql(text, script.tables, line, line, {}, script.parameters, script.depth + 1)


def _text_of(tokens: list[Token], script: _Script) -> str:
    """Return the text that a value is, with holes for what only the run knows."""
    tree = _parsed([Token(TokenType.SELECT, "SELECT"), *tokens], script)
    values = tree.expressions if isinstance(tree, exp.Select) else []
    return _evaluate(values[0], script) if len(values) == 1 else HOLE


def _evaluate(value: exp.Expr, script: _Script) -> str:
    """Return the text of an expression, with holes for what only the run knows."""
    if isinstance(value, exp.Literal):
        return fill_marks(value.this)
    if isinstance(value, exp.DPipe | exp.Concat):
        sides = [value.left, value.right] if isinstance(value, exp.DPipe) else value.expressions
        return "".join(_evaluate(side, script) for side in sides)
    if isinstance(value, exp.Paren | exp.Cast | exp.Alias):
        return _evaluate(value.this, script)
    if isinstance(value, exp.Placeholder):
        return script.parameters.get(value.name.lower(), HOLE)
    if isinstance(value, exp.Column):
        return script.tables.variables.get(value.name.lower(), HOLE)
    return HOLE


def fill_marks(text: str) -> str:
    """Return a literal's text with holes in the place of the words that stand for them."""
    return re.sub(rf"{_HOLE}|{_CALL.pattern}", HOLE, text).replace(PREFIX, "")


def _read_statement(tokens: list[Token], script: _Script) -> None:
    words = words_of(tokens)
    if not words:
        return
    if "IDENTIFIER" in words:
        tokens = _with_names(tokens, script)
        words = words_of(tokens)
    if words[0] in _MAINTENANCE:
        _read_inner_query(words, tokens, script)
        return
    if "METRICS" in words and words[0] in ("ALTER", "CREATE"):
        _read_metric_view(words, tokens, script)
        return
    tree = None if words[0] == "ALTER" else _parsed(tokens, script)
    tree = tree or _parsed(plain_statement(tokens), script) or _parsed_without_clauses(tokens, script)
    if tree is not None:
        _add_tables(tree, tokens[0].line, script)
    elif words[0] == "ALTER" and "SELECT" not in words:
        return
    elif not _QUERYING.isdisjoint(words[words[0] == "SELECT" :]) or words[0] not in _SELDOM_QUERIES:
        _search(tokens, script)


def _read_inner_query(words: list[str], tokens: list[Token], script: _Script) -> None:
    """Read the query that a statement of maintenance asks about: `DESCRIBE QUERY SELECT …`."""
    if words[0] not in ("DESC", "DESCRIBE"):
        return
    start = next((i for i, word in enumerate(words) if word in ("SELECT", "WITH", "VALUES")), None)
    if start is not None:
        _read_statement(tokens[start:], script)


def _read_metric_view(words: list[str], tokens: list[Token], script: _Script) -> None:
    """Read a view whose definition is YAML in a literal: its sources are tables or queries."""
    kind = created_kind(words)
    if kind is not None:
        start, end = name_after(words, kind)
        script.add(tuple(token.text for token in tokens[start:end:2]), script.line(tokens[0].line), is_write=True)
    for token in tokens:
        number = token.text.strip().removeprefix(_BODY)
        if token.token_type is not TokenType.STRING or not number.isdecimal() or int(number[:9]) >= len(script.bodies):
            continue
        body = script.bodies[int(number[:9])]
        # A token's line is that of its end.
        first = script.line(token.line) - body.count("\n")
        for source in _METRICS.finditer(body):
            line = first + body.count("\n", 0, source.start())
            name = source[1].partition(" #")[0].strip().strip("\"'")
            if name_parts(name):
                script.add(name_parts(name), line, is_write=False)
            else:
                script.tables.unresolved.add(line)


def _with_names(tokens: list[Token], script: _Script) -> list[Token]:
    """Return a statement with names in the places of `IDENTIFIER(…)`, as far as they are known."""
    named: list[Token] = []
    closing = closing_brackets([token.text for token in tokens])
    at = 0
    while at < len(tokens):
        if tokens[at].text.upper() != "IDENTIFIER" or at + 1 not in closing:
            named.append(tokens[at])
            at += 1
            continue
        end = closing[at + 1]
        text = _text_of(tokens[at + 2 : end], script)
        for part in name_parts(text) or (HOLE,):
            dot = [Token(TokenType.DOT, ".", line=tokens[at].line)] if named and named[-1] is not tokens[at - 1] else []
            named += [*dot, Token(TokenType.IDENTIFIER, part.replace(HOLE, _HOLE), line=tokens[at].line)]
        at = end + 1
    return named


def _parsed_without_clauses(tokens: list[Token], script: _Script) -> exp.Expr | None:
    """Return the tree of a statement without the clauses that only the run knows, which may hold more tables."""
    kept = [
        token
        for at, token in enumerate(tokens)
        if token.text != _HOLE
        or at == 0
        or tokens[at - 1].text.upper() in (*FROM, "INTO", "TABLE", "UPDATE", "USING", ".", ",", "=")
    ]
    tree = _parsed(kept, script) if len(kept) < len(tokens) else None
    if tree is not None:
        script.tables.unresolved.add(script.line(tokens[0].line))
    return tree


def _parsed(tokens: list[Token], script: _Script) -> exp.Expr | None:
    """Return a statement's tree, or None if sqlglot doesn't know the statement."""
    if not tokens or not is_fast(words_of(tokens)):
        return None
    try:
        tree = script.parser.parse(tokens, script.text)[0]
    # Its parser is recursive, and answers some malformed texts by a failed look-up.
    except (SqlglotError, RecursionError, LookupError, AttributeError, TypeError, ValueError):
        return None
    known = exp.Query | exp.Values | exp.DDL | exp.DML | exp.Alter | exp.Cache | exp.Declare | exp.Set | exp.Use
    return tree if isinstance(tree, known) else None


def _add_tables(tree: exp.Expr, first_line: int, script: _Script) -> None:
    """Add the tables of a statement: its target is written; those in queries, and of CLONE and LIKE, are read."""
    if isinstance(tree, exp.Use):
        _use(tree, script)
        return
    nodes = list(tree.walk())
    is_temporary_view = any(isinstance(node, exp.TemporaryProperty) for node in nodes)
    visible = CommonTables(nodes)
    statements = (node for node in nodes if isinstance(node, exp.Create | exp.DML))
    targets = {id(target) for statement in statements if (target := _target(statement))}
    # A hint names aliases.
    for table in (node for node in nodes if isinstance(node, exp.Table) and node.find_ancestor(exp.Hint) is None):
        is_write = id(table) in targets
        if not is_write and table.find_ancestor(exp.Query, exp.DML, exp.Clone, exp.LikeProperty) is None:
            continue
        parts = _parts(table, script)
        if _HOLE in table.alias:
            # A clause that only the run knows, which may hold more tables.
            script.tables.unresolved.add(script.line(table.this.meta.get("line", first_line)))
        if is_write and is_temporary_view:
            script.tables.add_view(tuple(map(fill_marks, parts or ())))
        elif parts is not None and (is_write or len(parts) != 1 or not visible.has(parts[0], table)):
            script.add(parts, script.line(table.this.meta.get("line", first_line)), is_write=is_write)
    for function in (node for node in nodes if isinstance(node, exp.Anonymous)):
        for argument in _table_arguments(function, script):
            if len(argument) != 1 or not visible.has(argument[0], function):
                script.add(argument, script.line(first_line), is_write=False)


def _table_arguments(function: exp.Anonymous, script: _Script) -> Iterator[tuple[str, ...]]:
    """Yield the tables that a function is given: `TABLE(name)`, and the index of a search."""
    for argument in function.expressions:
        if function.name.upper() == "TABLE" and isinstance(argument, exp.Column | exp.Dot):
            yield tuple(part.name for part in argument.parts)
        elif function.name == _SEARCH and isinstance(argument, exp.Kwarg) and argument.this.name.lower() == "index":
            yield name_parts(_evaluate(argument.expression, script))


def _target(statement: exp.Expr) -> exp.Table | None:
    is_stored = not isinstance(statement, exp.Create) or statement.kind in ("TABLE", "VIEW")
    return statement.this.find(exp.Table) if is_stored and isinstance(statement.this, exp.Expr) else None


def _parts(table: exp.Table, script: _Script) -> tuple[str, ...] | None:
    """Return the parts of a table's name, none if only the run knows them, or None for a function or a folder."""
    if isinstance(table.this, exp.Func):
        is_read = table.this.name.lower() == "table_changes" and table.this.expressions
        return name_parts(_evaluate(table.this.expressions[0], script)) if is_read else None
    parts = tuple(part.name for part in table.parts if isinstance(part, exp.Identifier))
    if len(parts) != len(table.parts):
        return ()
    is_folder = len(parts) == 2 and "/" in parts[1]  # parquet.`/x`
    return None if is_folder else parts


def _use(tree: exp.Use, script: _Script) -> None:
    parts = _parts(tree.this, script) if isinstance(tree.this, exp.Table) else None
    names = tuple(map(fill_marks, parts or ()))
    if tree.text("kind").upper() == "CATALOG":
        script.tables.use_catalog(names[0] if len(names) == 1 else HOLE)
    elif tree.text("kind").upper() in ("", "SCHEMA", "DATABASE"):
        script.tables.use_schema(names)


def _search(tokens: list[Token], script: _Script) -> None:
    """Add the target of a statement that doesn't parse and the full names after FROM and JOIN; it stays unresolved."""
    words = words_of(tokens)
    kind = created_kind(words)
    script.tables.unresolved.add(script.line(tokens[0].line))
    for i, word in enumerate(words):
        if word not in FROM and word != "INTO" and i != kind:
            continue
        start, end = name_after(words, i)
        parts, line = tuple(token.text for token in tokens[start:end:2]), script.line(tokens[i].line)
        if i == kind and is_temporary(words[:i]):
            script.tables.add_view(tuple(map(fill_marks, parts)))
        elif word not in FROM or len(parts) == 3 or (parts and _CALL.fullmatch(parts[0])):
            script.add(parts, line, is_write=word not in FROM)


@contextmanager
def _silent() -> Iterator[None]:
    """Silence sqlglot's warnings about unsupported syntax: such statements are counted."""
    logger = logging.getLogger("sqlglot")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
