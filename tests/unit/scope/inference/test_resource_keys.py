"""The resources that files define."""

import pytest

from scope.inference.resource_keys import defined_resources

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
