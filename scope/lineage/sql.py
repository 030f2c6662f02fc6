"""SQL → the tables it writes and reads, told to a collector.

sqlglot parses each statement on its own. Statements of pipelines that it doesn't know (`EXPECT`, `CREATE FLOW`, `AUTO CDC`)
are cut down to the plain CREATE or INSERT in them and parsed again. One that still doesn't parse counts as unresolved and is
searched for full names after FROM and JOIN.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import SqlglotError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokens import Token, TokenType

from scope.lineage.collector import LIVE, Placeholder, TableCollector, name_parts

# sqlglot tries some forms twice at each level, so these take time by powers of two; larger texts take seconds.
_MOST_STRUCTS = 6
_MOST_OPEN_JOINS = 8
# All SQL of one file, in characters.
LARGEST = 96 * 1024
# These are parsed again and again from within, or copied with everything before them.
_DEEPEST = 50
_MOST_PIPES = 20
_PLACEHOLDER = re.compile(r"scope_placeholder_\d+_")

_FROM = frozenset({"FROM", "JOIN"})
_QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})
# Statements that hold no query and neither fill a table nor read its rows.
_MAINTENANCE = frozenset(
    "ANALYZE CALL CLEAR COMMENT DENY DESC DESCRIBE DROP END EXPLAIN FSCK GRANT LIST MSCK OPTIMIZE REFRESH REORG REPAIR "  # noqa: SIM905
    "RESET RESTORE REVOKE SHOW SYNC TRUNCATE UNCACHE UNDROP VACUUM".split()
)
# Statements that need no query. Without one they concern no table's rows, and CREATE only if it creates a table or a view.
_SELDOM_QUERIES = frozenset({"ALTER", "BEGIN", "CACHE", "CREATE", "DECLARE", "SET"})


@dataclass(slots=True)
class _Script:
    """The SQL being read. `placeholders` are the names that stand in it for what a Python string inserts at run time."""

    parser: Parser
    text: str
    tables: TableCollector
    first_line: int
    placeholders: Mapping[str, Placeholder | None]
    # The catalog and schema of the last USE.
    default: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)

    def line(self, line: int) -> int:
        """Return the line in the file of a line of the text."""
        return self.first_line + line - 1

    def add(self, parts: tuple[str, ...], line: int, *, is_write: bool) -> None:
        """Add a table that is written or read; no parts stand for a name that only the run knows."""
        placeholder = self.placeholders.get(parts[0]) if len(parts) == 1 else None
        if placeholder is not None:
            self.seen.add(parts[0])
            parts, line = placeholder.parts, placeholder.line
        elif not parts or any(name in self.placeholders for part in parts for name in _PLACEHOLDER.findall(part)):
            self.tables.unresolved.add(line)
            return
        full = self._with_default(parts)
        if is_write:
            self.tables.add_write(full, line)
        else:
            self.tables.add_read(full, line, through_table=placeholder is not None)

    def _with_default(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        missing = 3 - len(parts)
        is_local = parts[0].lower() in self.tables.views or (len(parts) == 2 and parts[0].lower() == LIVE)
        return parts if missing < 1 or len(self.default) < missing or is_local else (*self.default[:missing], *parts)


def read_sql(
    text: str, tables: TableCollector, first_line: int = 1, placeholders: Mapping[str, Placeholder | None] | None = None
) -> None:
    """Collect the tables that SQL writes and reads. A placeholder of None stands for text that isn't known to be a table.

    SQL beyond what is read of one file is unresolved.
    """
    dialect = Databricks()
    script = _Script(dialect.parser(), text, tables, first_line, placeholders or {})
    tables.sql_length += len(text)
    try:
        tokens = dialect.tokenize(text) if tables.sql_length <= LARGEST else None
    except TokenError:
        tokens = None
    if tokens is None:
        tables.unresolved.add(first_line)
        return
    statement: list[Token] = []
    with _silent():
        for token in tokens:
            if token.text == ";":
                _read_statement(statement, script)
                statement = []
            else:
                statement.append(token)
        _read_statement(statement, script)
    for name, placeholder in script.placeholders.items():
        if placeholder is not None and name not in script.seen:
            tables.add_read(placeholder.parts, placeholder.line, through_table=True)


def _read_statement(tokens: list[Token], script: _Script) -> None:
    words = _words(tokens)
    if not words or words[0] in _MAINTENANCE:
        return
    tree = _parsed(tokens, script) or _parsed(_plain(tokens), script)
    if tree is not None:
        _add_tables(tree, tokens[0].line, script)
    elif words[0] not in _SELDOM_QUERIES or not {"SELECT", "TABLE", "VIEW", "FLOW"}.isdisjoint(words):
        _search(tokens, script)


def _words(tokens: list[Token]) -> list[str]:
    return [token.text.upper() for token in tokens]


def _parsed(tokens: list[Token], script: _Script) -> exp.Expr | None:
    """Return a statement's tree, or None if sqlglot doesn't know the statement."""
    if not tokens or not _is_fast(_words(tokens)):
        return None
    try:
        tree = script.parser.parse(tokens, script.text)[0]
    # Its parser is recursive, and answers some malformed texts by a failed look-up.
    except (SqlglotError, RecursionError, LookupError, AttributeError, TypeError, ValueError):
        return None
    known = exp.Query | exp.Values | exp.DDL | exp.DML | exp.Alter | exp.Cache | exp.Declare | exp.Set | exp.Use
    return tree if isinstance(tree, known) else None


def _is_fast(words: list[str]) -> bool:
    """Whether the parser takes no more than a moment."""
    joins = words.count("JOIN") - words.count("ON") - words.count("USING")
    structs: list[bool] = []
    for i, word in enumerate(words):
        if word == "(":
            structs.append(i > 0 and words[i - 1] == "STRUCT")
        elif word == ")" and structs:
            structs.pop()
        if len(structs) > _DEEPEST or structs.count(True) > _MOST_STRUCTS:
            return False
    return joins <= _MOST_OPEN_JOINS and words.count("|>") <= _MOST_PIPES


def _plain(tokens: list[Token]) -> list[Token]:
    """Return the plain statement in a statement of pipelines: a flow's INSERT, or CREATE without clauses but the query."""
    words = _words(tokens)
    outside = list(_outside_brackets(words))
    if words[:2] in (["APPLY", "CHANGES"], ["AUTO", "CDC"], ["CREATE", "FLOW"]):
        into = next((i for i in outside if words[i] == "INTO"), len(words))
        if "INSERT" in words[:into]:
            return tokens[into - 1 :]
        end = next((i for i in outside if words[i] == "KEYS"), len(words))
        return [Token(TokenType.INSERT, "INSERT"), *tokens[into:end]] if into < end else []
    kind = _created_kind(words)
    if kind is None:
        return []
    temporary = [Token(TokenType.TEMPORARY, "TEMPORARY")] if _is_temporary(words[:kind]) else []
    start, end = _name_after(words, kind)
    head = [tokens[0], *temporary, tokens[kind], *tokens[start:end]]
    for i in (i for i in outside if i >= end):
        if words[i] == "AS" and words[i + 1 : i + 2] and words[i + 1] in _QUERIES:
            return head + tokens[i:]
        if words[i] in ("CLONE", "LIKE"):
            return head + tokens[i : _name_after(words, i)[1]]
    return head if _FROM.isdisjoint(words[i] for i in outside) else []


def _created_kind(words: list[str]) -> int | None:
    """Return where CREATE says that it is of a table or a view, or None if it is of something else."""
    return next((i for i, word in enumerate(words) if word in ("TABLE", "VIEW")), None) if words[0] == "CREATE" else None


def _is_temporary(modifiers: list[str]) -> bool:
    return not {"PRIVATE", "TEMPORARY", "TEMP"}.isdisjoint(modifiers)


def _name_after(words: list[str], at: int) -> tuple[int, int]:
    """Return where the name after a word begins and ends: parts with dots between, or IDENTIFIER with its argument."""
    start = at + 1
    while words[start : start + 1] and words[start] in ("IF", "NOT", "EXISTS", "STREAM"):
        start += 1
    if words[start : start + 2] == ["IDENTIFIER", "("]:
        return start, start + 4
    end = start + 1
    while words[end : end + 1] == ["."]:
        end += 2
    return start, end


def _outside_brackets(words: list[str]) -> Iterator[int]:
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0:
            yield i


def _add_tables(tree: exp.Expr, first_line: int, script: _Script) -> None:
    """Add the tables of a statement: its target is written; those in queries, and of CLONE and LIKE, are read."""
    if isinstance(tree, exp.Use):
        _use(tree, first_line, script)
        return
    is_temporary = tree.find(exp.TemporaryProperty) is not None
    common = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    targets = {id(target) for statement in tree.find_all(exp.Create, exp.DML) if (target := _target(statement))}
    for table in tree.find_all(exp.Table):
        is_write = id(table) in targets
        if not is_write and table.find_ancestor(exp.Query, exp.DML, exp.Clone, exp.LikeProperty) is None:
            continue
        parts = _parts(table)
        if is_write and is_temporary:
            script.tables.add_view(parts or ())
        elif parts is not None and (len(parts) != 1 or parts[0].lower() not in common):
            script.add(parts, script.line(table.this.meta.get("line", first_line)), is_write=is_write)


def _target(statement: exp.Expr) -> exp.Table | None:
    is_stored = not isinstance(statement, exp.Create) or statement.kind in ("TABLE", "VIEW")
    return statement.this.find(exp.Table) if is_stored and isinstance(statement.this, exp.Expr) else None


def _parts(table: exp.Table) -> tuple[str, ...] | None:
    """Return the parts of a table's name, none if only the run knows them, or None for a function or a folder."""
    arguments: list[exp.Expr] | None = None
    if isinstance(table.this, exp.Func):
        if table.this.name.lower() not in ("identifier", "table_changes"):
            return None
        arguments = table.this.expressions
    elif table.name.upper() == "IDENTIFIER" and isinstance(table.parent, exp.Schema):
        arguments = table.parent.expressions
    if arguments is not None:
        name = arguments[0] if arguments else None
        return name_parts(name.this) if isinstance(name, exp.Literal) and name.is_string else ()
    parts = tuple(part.name for part in table.parts if isinstance(part, exp.Identifier))
    if len(parts) != len(table.parts):
        return ()
    is_folder = len(parts) == 2 and "/" in parts[1]  # parquet.`/x`
    return None if is_folder else parts


def _use(tree: exp.Use, first_line: int, script: _Script) -> None:
    parts = _parts(tree.this) if isinstance(tree.this, exp.Table) else None
    if not parts:
        script.tables.unresolved.add(script.line(first_line))
    elif tree.text("kind").upper() == "CATALOG":
        script.default = (*parts, "default")
    else:
        catalog = script.default[:1] or (script.tables.home or ())[:1]
        script.default = parts if len(parts) == 2 else (*catalog, *parts)


def _search(tokens: list[Token], script: _Script) -> None:
    """Add the target of a statement that doesn't parse and the full names after FROM and JOIN; it stays unresolved."""
    words = _words(tokens)
    kind = _created_kind(words)
    script.tables.unresolved.add(script.line(tokens[0].line))
    for i, word in enumerate(words):
        if word not in _FROM and word != "INTO" and i != kind:
            continue
        start, end = _name_after(words, i)
        parts, line = tuple(token.text for token in tokens[start:end:2]), script.line(tokens[i].line)
        if i == kind and _is_temporary(words[:i]):
            script.tables.add_view(parts)
        elif word not in _FROM or len(parts) == 3 or (parts and parts[0] in script.placeholders):
            script.add(parts, line, is_write=word not in _FROM)


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
