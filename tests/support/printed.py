"""What commands print, without what differs from run to run and from machine to machine."""

import re
from collections.abc import Iterator
from itertools import groupby

_VARYING = (
    (re.compile(r"/\S*?scope-(?:demo|stage|play)-\w+"), "FOLDER"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{9,64}\b|\b\d{5,}\b"), "ID"),
    (re.compile(r"(?<=\()\d+(?=\)$)", re.MULTILINE), "ID"),
    (re.compile(r"\b\d+\.\d s\b|\bin \d+ s\b"), "N s"),
    (re.compile(r"(?<= )\d+\.\d(?= |$)", re.MULTILINE), "N"),
    (re.compile(r"(?<=/jobs/)\d+|(?<=/pipelines/)[\w-]+"), "ID"),
    (re.compile(r"─+"), "─"),
    (re.compile(r" {2,}"), "  "),
)
# A line of progress: of which deployment it tells, and what.
_PROGRESS = re.compile(r"\w+/\w+: ")


def normalized(text: str) -> Iterator[str]:
    """Yield the lines of an output without what varies; of deployments that go on at once, the lines are sorted."""
    for pattern, constant in _VARYING:
        text = pattern.sub(constant, text)
    for is_progress, lines in groupby(text.splitlines(), lambda line: _PROGRESS.match(line) is not None):
        listed = list(lines)
        yield from sorted(listed) if is_progress else listed
