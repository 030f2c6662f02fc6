"""Scala and R → the tables they write and read, by the calls of Spark's readers and writers. They aren't parsed.

A call whose name, or query, is one literal is read; any other counts as unresolved.
"""

import re

from scope.lineage.collector import TableCollector
from scope.lineage.names import HOLE, read_name, without_marks
from scope.lineage.sql import read_sql

_LITERAL = r'"""(?:(?!""")(?s:.))*+"""|"(?:[^"\\\n]|\\(?s:.))*+"|\'[^\'\n]*+\''
# Literals first: what stands in them is no comment.
_COMMENT = re.compile(rf"(?P<literal>{_LITERAL})|//[^\n]*+|/\*(?:(?!\*/)(?s:.))*+\*/|\#[^\n]*+")
_CALL = re.compile(
    rf"""
    (?:
        (?P<read> (?:\bspark|\bsqlContext|\bread|\breadStream|\)) \s*+ \.\s*+ table | \btableToDF | \bspark_read_table )
      | (?P<query> (?:\bspark|\bsqlContext) \s*+ \.\s*+ sql | (?<![.\w]) sql | \bspark_sql | \bdbGetQuery )
      | (?P<write> \.\s*+ (?:saveAsTable|insertInto|writeTo|toTable) | \bsaveAsTable | \bspark_write_table )
      | (?P<view> \bcreateOrReplaceTempView | \bcreateTempView | \bcreateOrReplaceGlobalTempView )
    )
    \s*+ \(
    # R hands the connection, or what is written, before the name.
    (?: \s*+ [A-Za-z]\w*+ \s*+ , )?+
    \s*+ (?: (?P<kind>[sf])?+ (?P<given>{_LITERAL}) \s*+ (?P<end>[,)]) )?+
    """,
    re.VERBOSE,
)
_INSERTED = re.compile(r"\$\{[^}]*\}|\$\w+")


def read_other_language(text: str, tables: TableCollector, first_line: int) -> None:
    """Collect the tables that Scala or R writes and reads."""
    code = _COMMENT.sub(_blank_comment, without_marks(text))
    line, position = first_line, 0
    for match in _CALL.finditer(code):
        line += code.count("\n", position, match.start())
        position = match.start()
        if match["given"] is None:
            if not match["view"]:
                tables.unresolved.add(line)
            continue
        given = match["given"].strip("\"'")
        known = _INSERTED.sub(HOLE, given) if match["kind"] else given
        if match["query"]:
            read_sql(known, tables, line)
        elif match["view"]:
            tables.add_view(read_name(known).parts)
        elif match["write"]:
            tables.add_write(read_name(known, tables.references).parts, line)
        else:
            tables.add_text(known, line)


def _blank_comment(match: re.Match[str]) -> str:
    """Return a literal as it is, and of a comment only its lines."""
    return match[0] if match["literal"] is not None else "\n" * match[0].count("\n")
