"""The values of unquoted YAML texts, if all YAML readers agree on them.

Specs are read by the generator, by editors (YAML 1.2) and by people who know other readers (YAML 1.1, Go's mix of both). A
text that one of them takes for a number, a date or a truth value and another one for text needs quotes.
"""

import math
import re

import yaml

_RESOLVER = yaml.SafeLoader("")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
# Of 64 bits, as those of the API and of all readers.
_INTEGERS = range(-(2**63), 2**63)
# With an exponent, YAML 1.1 wants a sign in it.
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+([eE][-+][0-9]+)?")
# Numbers and dates of any reader, in addition to those of YAML 1.1, which PyYAML resolves.
_NUMBER = re.compile(
    r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?)", re.IGNORECASE
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]\s*[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}.*)?")
_LETTERS = frozenset("yYnN")


class UnclearScalarError(Exception):
    """An unquoted text that YAML readers don't agree on."""


def read_scalar(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted text. Raises UnclearScalarError if readers disagree."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text) and int(text) in _INTEGERS:
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if tag == "timestamp" or _DATE.fullmatch(text):
        raise UnclearScalarError("reads as a date, and no field takes dates")
    if tag == "bool" or text in _LETTERS:
        raise UnclearScalarError("reads as true or false in one YAML reader and as text in another; write true or false")
    if tag != "str" or _NUMBER.fullmatch(text):
        raise UnclearScalarError("reads differently in different YAML readers; write numbers as plain decimals")
    return text


def is_text(text: str) -> bool:
    """Whether all YAML readers take an unquoted text for text."""
    try:
        return isinstance(read_scalar(text), str)
    except UnclearScalarError:
        return False
