"""What the property tests share.

They are judged by what they find: how long an example takes on a busy machine says nothing. What they count while they run
is printed at the end of the run, whichever process counted it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from scope.graph import uses_cache

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_NAME = "counts"


@pytest.fixture(scope="module")
def each_text_is_read_once() -> Iterator[None]:
    """Remember what a text says at a path, whatever tree it is in: what is compared is made of it.

    By the whole text, so that a cache of scope's that took one file for another still would.
    """
    with patch.object(uses_cache, "file_uses", lru_cache(maxsize=None)(uses_cache.file_uses)):
        yield


@pytest.fixture
def counts(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[Counter[str]]:
    """Give what a test counts into, by kind."""
    counted: Counter[str] = Counter()
    yield counted
    lines = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    record_property(_NAME, f"{request.node.name}: {lines}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _NAME and report.when == "teardown":
                    terminalreporter.write_line(str(value))
