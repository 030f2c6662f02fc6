"""The CLI's own list of what it has uploaded: only its times are changed, and only in a list of the known form."""

import json

import pytest

from scope.adapters.stage_uploads import set_times

SNAPSHOT = {
    "version": "v1",
    "host": "https://x.com",
    "remote_path": "/Workspace/x/files",
    "last_modified_times": {"src/a.py": "1970-01-01T00:00:00Z", "src/b.py": "1970-01-01T00:00:00Z"},
    "local_to_remote_names": {"src/a.py": "src/a.py", "src/b.py": "src/b"},
    "remote_to_local_names": {"src/a.py": "src/a.py", "src/b": "src/b.py"},
}
TIME = 1_764_507_600_000_000_009


def test_a_file_gets_its_time_to_the_nanosecond_and_all_else_stays() -> None:
    content, kept = set_times(json.dumps(SNAPSHOT).encode(), {"src/b.py": TIME, "src/unlisted.py": TIME})
    times = {"src/a.py": "1970-01-01T00:00:00Z", "src/b.py": "2025-11-30T13:00:00.000000009Z"}
    assert json.loads(content) == SNAPSHOT | {"last_modified_times": times}
    assert kept == {"src/b.py"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[" * 100_000,
        json.dumps(SNAPSHOT | {"version": "v2"}).encode(),
        json.dumps(SNAPSHOT | {"last_modified_times": None}).encode(),
        json.dumps(SNAPSHOT | {"local_to_remote_names": ["src/b.py"]}).encode(),
        json.dumps(SNAPSHOT | {"local_to_remote_names": {"src/b.py": "src/b"}}).encode(),
    ],
)
def test_a_list_of_another_form_stays_as_it_is_so_that_everything_is_uploaded(content: bytes) -> None:
    assert set_times(content, {"src/b.py": TIME}) == (content, frozenset())
