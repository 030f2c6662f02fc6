"""Text from a repository, made harmless before a person sees it."""

import json
import re
import unicodedata
from collections.abc import Mapping

# What misleads terminals, browsers and reviewers: controls, bidi overrides, invisible format characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and the marks of plain sentences: nothing that Markdown, or GitHub after it, makes into something else.
_SENTENCE = r"[A-Za-z][A-Za-z ,.;'()/-]*"
_LINKED_WORD = r"(?i)www\.|\b[a-f]{7,}\b"
_TEXT_LENGTH = 240
# Nearly all of a document is something else, and is looked at no further.
_NOT_PLAIN = re.compile(r"[^\n -~]")
# What the log of a job acts on anywhere in a line: GitHub on `##[x]`, Azure Pipelines on `##vso[x]` as well.
_LOG_COMMAND = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
# How Azure Pipelines has what would end the line, or a property, of its commands.
_VSO_MESSAGE = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_VSO_PROPERTY = _VSO_MESSAGE | {";": "%3B", "]": "%5D"}


def escape_invisible(text: str) -> str:
    r"""Return the text with every character that can't be seen written as an escape, such as `\u202e`.

    What a job's log acts on anywhere in a line, such as `##[x]`, is taken apart.
    """
    shown = (_escaped(character) if _is_hidden(character) else character for character in text)
    return _LOG_COMMAND.sub("## ", "".join(shown))


def escape_message(text: str) -> str:
    """Return a message of several lines with nothing in it that a terminal or a workflow's log would act on."""
    return "\n".join(map(neutralize, escape_lines(text).split("\n")))


def escape_lines(text: str) -> str:
    """Return a text of several lines with every other character that can't be seen written as an escape."""
    return "\n".join(map(escape_invisible, text.split("\n")))


def escape_json(document: str) -> str:
    """Return a JSON document that means the same, with nothing in it that a terminal or a workflow's log would act on."""
    shown = _NOT_PLAIN.sub(lambda match: json.dumps(match[0])[1:-1] if _is_hidden(match[0]) else match[0], document)
    return _LOG_COMMAND.sub(r"#\\u0023", shown)


def render_vso(command: str, properties: Mapping[str, str], message: str) -> str:
    r"""Return a command to the agent of Azure Pipelines, as one line; nothing in a value or the message can end it.

    >>> render_vso("task.logissue", {"type": "error"}, "two\nlines")
    '##vso[task.logissue type=error]two%0Alines'
    """
    given = ";".join(f"{name}={_escape_vso(value, _VSO_PROPERTY)}" for name, value in properties.items())
    return f"##vso[{command}{' ' if given else ''}{given}]{_escape_vso(message, _VSO_MESSAGE)}"


def _escape_vso(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)


def neutralize(line: str) -> str:
    """Return an escaped line that begins with no GitHub workflow command, `::x::`."""
    return f"| {line}" if line.lstrip().startswith("::") else line


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters, shortened in its middle."""
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"


def code_span(text: str, length: int = _TEXT_LENGTH) -> str:
    r"""Return a text as a Markdown code span, for any place in a line and for cells of tables.

    In a code span neither Markdown nor GitHub, which links names, numbers and addresses afterwards, finds anything. What
    could end the span or the cell is written as an escape, `\x60` or `\x7c`.
    """
    inside = shortened(escape_invisible(text), length).replace("`", r"\x60").replace("|", r"\x7c")
    # A span of spaces alone stays as it is; one space at both ends would be taken off; an empty one is none.
    if not inside:
        return '`""`'
    return f"` {inside} `" if inside[0] == " " or inside[-1] == " " else f"`{inside}`"


def markdown_text(text: str, length: int = _TEXT_LENGTH) -> str:
    """Return a text as words of a Markdown sentence where it is plain words; as a code span where it isn't."""
    is_plain = len(text) <= length and re.fullmatch(_SENTENCE, text) and not re.search(_LINKED_WORD, text)
    return text if is_plain else code_span(text, length)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
