"""The tokens of SQL → the plain statements and expressions in them, without what sqlglot doesn't know.

Scripts (`BEGIN … END`, `IF`, loops, handlers, procedures) are cut into the statements and the conditions that they hold;
statements of pipelines (`EXPECT`, `CREATE FLOW`, `AUTO CDC`) are cut down to the plain CREATE or INSERT in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from sqlglot.tokens import Token, TokenType

# sqlglot tries some forms twice at each level, so these take time by powers of two; larger texts take seconds.
_MOST_STRUCTS = 6
_MOST_OPEN_JOINS = 8
# These are parsed again and again from within, or copied with everything before them.
_DEEPEST = 50
_MOST_PIPES = 20

QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})
FROM = frozenset({"FROM", "JOIN"})
_BLOCKS = frozenset({"BEGIN", "LOOP", "WHILE", "FOR", "REPEAT"})
# Statements begin with a condition, or a query, that ends at a word.
_UNTIL = {"IF": "THEN", "ELSEIF": "THEN", "CASE": "THEN", "WHEN": "THEN", "WHILE": "DO", "FOR": "DO", "UNTIL": "END"}
_EXPLAINED = frozenset({"ANALYZED", "CODEGEN", "COST", "EXPLAIN", "EXTENDED", "FORMATTED", "LOGICAL"})
_HANDLED = frozenset({"BEGIN", "DELETE", "INSERT", "MERGE", "SET", "UPDATE"})
# So deep a script is no person's.
_MOST_LEVELS = 100


class Form(Enum):
    """What tokens are."""

    STATEMENT = auto()
    EXPRESSION = auto()
    """A value, in which queries may stand."""
    VARIABLE = auto()
    """The value of a variable; the name stands before it."""
    TEXT = auto()
    """A value whose text is run as SQL."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a script. `names` are the variables that get its value."""

    form: Form
    tokens: list[Token]
    names: tuple[str, ...] = ()


def words_of(tokens: list[Token]) -> list[str]:
    """Return the words of tokens in capitals."""
    return [token.text.upper() for token in tokens]


def cut_script(tokens: list[Token]) -> Iterator[Part]:
    """Yield the parts of what stands between two semicolons, in order."""
    for _ in range(_MOST_LEVELS):
        words = words_of(tokens)
        if not words or words[0] == "END":
            return
        if words[1:2] == [":"] and words[2:3] and words[2] in _BLOCKS:
            tokens = tokens[2:]
        elif words[0] == "BEGIN":
            if words[1:2] and words[1] in ("TRANSACTION", "WORK"):
                return
            tokens = tokens[3 if words[1:3] == ["NOT", "ATOMIC"] else 2 if words[1:2] == ["ATOMIC"] else 1 :]
        elif words[0] in ("ELSE", "LOOP", "REPEAT"):
            tokens = tokens[1:]
        elif words[0] in _UNTIL:
            end = _find(words, _UNTIL[words[0]])
            yield _condition(words, tokens[1:end])
            tokens = tokens[end + 1 :]
        elif words[0] == "EXPLAIN":
            tokens = tokens[next((i for i, word in enumerate(words) if word not in _EXPLAINED), len(words)) :]
        elif words[0] == "DECLARE" and "HANDLER" in words:
            tokens = tokens[next((i for i, word in enumerate(words) if word in _HANDLED), len(words)) :]
        elif words[0] == "CREATE" and (kind := _routine_kind(words)):
            tokens = _routine_body(tokens, words, kind)
            if kind == "FUNCTION":
                yield from _value(tokens)
                return
        else:
            yield from _simple(words, tokens)
            return
    yield Part(Form.STATEMENT, tokens)


def _simple(words: list[str], tokens: list[Token]) -> Iterator[Part]:
    if words[0] == "DECLARE":
        yield _declaration(words, tokens)
    elif words[0] == "SET":
        yield _assignment(words, tokens)
    elif words[0] == "CALL":
        yield Part(Form.EXPRESSION, tokens[1:])
    elif words[0] == "RETURN":
        yield from _value(tokens[1:])
    elif words[:2] == ["EXECUTE", "IMMEDIATE"]:
        end = next((i for i, word in enumerate(words) if word in ("INTO", "USING")), len(words))
        yield Part(Form.TEXT, tokens[2:end])
        yield Part(Form.EXPRESSION, tokens[end + 1 :])
    else:
        yield Part(Form.STATEMENT, tokens)


def _condition(words: list[str], tokens: list[Token]) -> Part:
    if words[0] == "CASE":
        # `CASE a WHEN b THEN`: two values.
        tokens = [Token(TokenType.COMMA, ",") if token.text.upper() == "WHEN" else token for token in tokens]
        tokens = tokens[tokens[:1] != [] and tokens[0].text == "," :]
    if words[0] != "FOR":
        return Part(Form.EXPRESSION, tokens)
    return Part(Form.STATEMENT, tokens[2 if words[2:3] == ["AS"] else 0 :])


def _value(tokens: list[Token]) -> Iterator[Part]:
    words = words_of(tokens)
    is_query = bool(words) and words[0] in QUERIES and words[0] != "("
    yield Part(Form.STATEMENT if is_query else Form.EXPRESSION, tokens)


def _declaration(words: list[str], tokens: list[Token]) -> Part:
    if "CURSOR" in words:
        return Part(Form.STATEMENT, tokens[_find(words, "FOR") + 1 :])
    start = 3 if words[1:3] == ["OR", "REPLACE"] else 1
    start += words[start : start + 1] in (["VAR"], ["VARIABLE"])
    equals = min(_find(words, "DEFAULT"), _find(words, "="))
    names = [tokens[start].text.lower()] if start < len(tokens) else []
    names += [tokens[i + 1].text.lower() for i in range(start, min(equals, len(tokens) - 1)) if words[i] == ","]
    return Part(Form.VARIABLE, tokens[equals + 1 :], tuple(names))


def _assignment(words: list[str], tokens: list[Token]) -> Part:
    equals = _find(words, "=")
    start = 2 if words[1:2] in (["VAR"], ["VARIABLE"]) else 1
    plain = [token.text.lower() for token in tokens[start:equals] if token.text not in "(),"]
    return Part(Form.VARIABLE, tokens[equals + 1 :], tuple(plain) if "." not in plain else ())


def _routine_kind(words: list[str]) -> str | None:
    """Return whether CREATE is of a function or a procedure, or None if it is of something else."""
    return next((word for word in words[1:5] if word in ("FUNCTION", "PROCEDURE")), None)


def _routine_body(tokens: list[Token], words: list[str], kind: str) -> list[Token]:
    start = "RETURN" if kind == "FUNCTION" else "BEGIN"
    return tokens[_find(words, start) + (kind == "FUNCTION") :]


def _find(words: list[str], word: str) -> int:
    """Return where a word stands outside of brackets and of CASE, or the end."""
    cases = 0
    for i in outside_brackets(words):
        if words[i] == word and (cases == 0 or (word == "THEN" and words[0] in ("CASE", "WHEN"))):
            return i
        if i > 0:
            cases += (words[i] == "CASE") - (words[i] == "END")
    return len(words)


def is_fast(words: list[str]) -> bool:
    """Whether sqlglot takes no more than a moment."""
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


def plain_statement(tokens: list[Token]) -> list[Token]:
    """Return the plain statement in a statement of pipelines: a flow's INSERT, or CREATE without clauses but the query."""
    words = words_of(tokens)
    outside = list(outside_brackets(words))
    if words[1:4] == ["WITH", "SCHEMA", "EVOLUTION"]:
        return [tokens[0], *tokens[4:]]
    if words[:1] == ["TABLE"]:
        return [Token(TokenType.FROM, "FROM"), *tokens[1:]]
    if words[:1] == ["ALTER"]:
        query = next((i for i in outside if words[i] == "AS" and words[i + 1 : i + 2] and words[i + 1] in QUERIES), None)
        return tokens[query + 1 :] if query is not None else []
    if words[:2] in (["APPLY", "CHANGES"], ["AUTO", "CDC"], ["CREATE", "FLOW"]):
        into = next((i for i in outside if words[i] == "INTO"), len(words))
        if "INSERT" in words[:into]:
            return tokens[into - 1 :]
        end = next((i for i in outside if words[i] == "KEYS"), len(words))
        return [Token(TokenType.INSERT, "INSERT"), *tokens[into:end]] if into < end else []
    kind = created_kind(words)
    if kind is None:
        return []
    temporary = [Token(TokenType.TEMPORARY, "TEMPORARY")] if is_temporary(words[:kind]) else []
    start, end = name_after(words, kind)
    head = [tokens[0], *temporary, tokens[kind], *tokens[start:end]]
    for i in (i for i in outside if i >= end):
        if words[i] == "AS" and words[i + 1 : i + 2] and words[i + 1] in QUERIES:
            return head + tokens[i:]
        if words[i] in ("CLONE", "LIKE"):
            return head + tokens[i : name_after(words, i)[1]]
    return head if FROM.isdisjoint(words[i] for i in outside) else []


def created_kind(words: list[str]) -> int | None:
    """Return where CREATE says that it is of a table or a view, or None if it is of something else."""
    return next((i for i, word in enumerate(words) if word in ("TABLE", "VIEW")), None) if words[0] == "CREATE" else None


def is_temporary(modifiers: list[str]) -> bool:
    """Return whether words before TABLE or VIEW say that it lives no longer than a run."""
    return not {"PRIVATE", "TEMPORARY", "TEMP"}.isdisjoint(modifiers)


def name_after(words: list[str], at: int) -> tuple[int, int]:
    """Return where the name after a word begins and ends: parts with dots between."""
    start = at + 1
    while words[start : start + 1] and words[start] in ("IF", "NOT", "EXISTS", "STREAM", "TABLE"):
        start += 1
    end = start + 1
    while words[end : end + 1] == ["."]:
        end += 2
    return start, end


def closing_brackets(words: list[str]) -> dict[int, int]:
    """Return where the brackets close that open at some positions."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for i, word in enumerate(words):
        if word == "(":
            opened.append(i)
        elif word == ")" and opened:
            closing[opened.pop()] = i
    return closing


def outside_brackets(words: list[str]) -> Iterator[int]:
    """Yield the positions of the words that stand in no brackets."""
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0:
            yield i
