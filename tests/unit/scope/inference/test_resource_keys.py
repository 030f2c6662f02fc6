"""The resources that files define."""

import pytest

from scope.inference.generated_modules import GENERATED
from scope.inference.resource_keys import defined_resources, read_resources, unread_resources

JOB = "from databricks.bundles.jobs import Job\n\nrefresh = Job.from_dict({'name': 'refresh'})\n"
COMMON = "resources: {jobs: {a: {name: one}}}\n"
OF_PROD = "targets: {prod: {resources: {jobs: {a: {x: 1}}}}}\n"


@pytest.mark.parametrize(
    ("files", "resources"),
    [
        ({"a.yml": COMMON}, [("jobs.a", "one")]),
        ({"a.yml": "targets: {prod: {resources: {jobs: {a: {name: one}}}}}\n"}, [("jobs.a", "one")]),
        # What only one target says of a job doesn't take its name away.
        (
            {"a.yml": COMMON, "b.yml": OF_PROD},
            [("jobs.a", "one")],
        ),
        ({"a.yml": OF_PROD + COMMON}, [("jobs.a", "one")]),
        ({"jobs/a.py": JOB, "jobs/_targets/prod/a.py": JOB}, [("jobs.refresh", "refresh")]),
        ({"jobs/a.py": JOB, "jobs/_targets/prod/a.py": "# Nothing there.\n"}, [("jobs.refresh", "refresh")]),
        ({"a.json": "{}", "a.yml": "a: ["}, []),
    ],
)  # fmt: skip
def test_each_resource_is_there_once_whatever_target_has_it(
    files: dict[str, str], resources: list[tuple[str, str | None]]
) -> None:
    contents = {path: text.encode() for path, text in files.items()}
    assert [(one.key.short, one.name) for one in defined_resources(contents)] == resources


@pytest.mark.parametrize(
    ("text", "keys", "unread"),
    [
        ("a = Job()\nb: Job = Job()\n", ["jobs.a", "jobs.b"], ()),
        ("if x:\n    a = Job()\nelse:\n    b = Pipeline()\n", ["jobs.a", "pipelines.b"], ()),
        ("for name in ():\n    last = Job()\n", ["jobs.last"], ()),
        ("try:\n    pass\nexcept E:\n    a = Job()\nfinally:\n    b = Job()\n", ["jobs.a", "jobs.b"], ()),
        ("match x:\n    case 1:\n        a = Job()\n", ["jobs.a"], ()),
        ("for name in ():\n    globals()[name] = Job.from_dict({})\n", [], (2,)),
        ("def make():\n    return Job()\n\na = make()\n", [], (2,)),
        ("ALL = [Job(name=n) for n in ()]\n", [], (1,)),
        ("from common.jobs import make\n\na = make('x')\n", [], (3,)),
        ("from os import getenv\n\nA = getenv('x')\n", [], ()),
        ("a = Job(", [], ()),
    ],
)
def test_what_is_made_under_a_key_that_only_a_run_knows_is_told(text: str, keys: list[str], unread: tuple[int, ...]) -> None:
    assert [one.key.short for one in defined_resources({"a.py": text.encode()})] == keys
    assert unread_resources(text.encode()) == unread
    contents = {"a.py": text.encode(), "b.yml": b"resources: {jobs: {last: {name: x}}}"}
    assert read_resources(contents) == (defined_resources(contents), tuple(("a.py", line) for line in unread))
    contents = {"a.py": GENERATED + text.encode()}
    assert read_resources(contents) == (defined_resources(contents), ())
