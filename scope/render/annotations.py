"""Findings as what CI systems show next to the lines of a pull or merge request."""

import hashlib
import json
from collections.abc import Iterable

from scope.escaping import escape_json, escape_lines, render_vso
from scope.model import CiKind, Finding


def render_annotations(findings: Iterable[Finding], kind: CiKind) -> str:
    """Return the findings as commands in a job's log, a line each; for GitLab, as its report on code quality."""
    match kind:
        case CiKind.GITHUB:
            return "".join(
                f"::error {_render_properties(finding)}::{_escape_data(finding.message)}\n" for finding in findings
            )
        case CiKind.AZURE_DEVOPS:
            return "".join(f"{_render_issue(finding)}\n" for finding in findings)
        case CiKind.GITLAB:
            entries = [_render_entry(finding) for finding in findings]
            return escape_json(json.dumps(entries, indent=2, sort_keys=True)) + "\n"


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


def _render_issue(finding: Finding) -> str:
    properties = {
        "type": "error",
        "sourcepath": escape_lines(finding.path),
        "linenumber": str(finding.line or ""),
        "columnnumber": str(finding.column or ""),
        "code": finding.code,
    }
    known = {name: value for name, value in properties.items() if value}
    return render_vso("task.logissue", known, escape_lines(finding.message))


def _render_entry(finding: Finding) -> dict[str, object]:
    """Return an entry of GitLab's report; what two findings differ in makes their fingerprints different."""
    whole = json.dumps([finding.code, finding.path, finding.line, finding.column, finding.message])
    return {
        "check_name": f"scope check: {finding.code}",
        "description": finding.message,
        "fingerprint": hashlib.sha256(whole.encode()).hexdigest(),
        "location": {"path": finding.path, "lines": {"begin": finding.line or 1}},
        "severity": "major",
    }
