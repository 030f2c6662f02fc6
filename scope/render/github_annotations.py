"""Findings as GitHub's workflow commands, which show them beside the lines of a pull request."""

from collections.abc import Iterable

from scope.model import Finding


def annotations(findings: Iterable[Finding]) -> str:
    """Return one `::error …::message` line per finding."""
    return "".join(f"::error {_properties(finding)}::{_data(finding.message)}\n" for finding in findings)


def _properties(finding: Finding) -> str:
    found = {"file": finding.path, "line": finding.line, "col": finding.column, "title": f"scope check: {finding.code}"}
    return ",".join(f"{name}={_property(str(value))}" for name, value in found.items() if value)


def _data(text: str) -> str:
    """Escape a message: a line end would begin the next command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
