"""Findings as GitHub's workflow commands, which show them next to the lines of a pull request."""

from collections.abc import Iterable

from scope.escaping import escape_lines
from scope.model import Finding


def render_annotations(findings: Iterable[Finding]) -> str:
    """Return one `::error …::message` line per finding."""
    return "".join(f"::error {_render_properties(finding)}::{_escape_data(finding.message)}\n" for finding in findings)


def _render_properties(finding: Finding) -> str:
    properties = {
        "file": finding.path,
        "line": finding.line,
        "col": finding.column,
        "title": f"scope check: {finding.code}",
    }
    return ",".join(f"{name}={_escape_property(str(value))}" for name, value in properties.items() if value)


def _escape_data(text: str) -> str:
    """Escape a text: a line break would start another command, and what can't be seen mislead who reads it."""
    return escape_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
