"""Which resource modules the generator wrote, and which do nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.emit import Module, digest, format_texts, module_text
from generator.layout import Kind
from scope.inference.generated_modules import Origin, module_origin, runs_nothing
from tests.support.characters import CHARACTERS
from tests.support.sandbox import REPOSITORY, tracked_files

SPEC = "specs/jobs/finance/stripe/final_report.yml"
MODULE = module_text(Module(SPEC, Kind.JOBS, "report_job", {"name": "report", "tags": {"a": "é"}}, digest("spec")))
HEADER, _, BODY = MODULE.partition("\n")
GENERATED = sorted(
    path
    for path in tracked_files(REPOSITORY)
    if path.startswith("resources/") and path.endswith(".py") and path.count("/") == 4
)


def origin(text: str) -> Origin:
    return module_origin(text.encode())


def test_what_the_generator_writes_is_generated_before_and_after_formatting() -> None:
    assert origin(MODULE) is Origin.GENERATED
    formatted = format_texts({"a.py": MODULE}, REPOSITORY / "pyproject.toml")["a.py"]
    assert formatted != MODULE
    assert origin(formatted) is Origin.GENERATED


@pytest.mark.parametrize("path", [path for path in GENERATED if not path.endswith("__init__.py")])
def test_this_repository_s_own_modules_are_generated(path: str) -> None:
    assert module_origin(Path(REPOSITORY, path).read_bytes()) is Origin.GENERATED


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(CHARACTERS) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inside, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(CHARACTERS, min_size=1, max_size=9), _VALUES, max_size=4), st.sampled_from(list(Kind)))
def test_whatever_the_generator_writes_is_generated(value: dict[str, object], kind: Kind) -> None:
    assert origin(module_text(Module(f"specs/{kind}/a/b/c.yml", kind, "x", value, digest(value)))) is Origin.GENERATED


@pytest.mark.parametrize(
    "text",
    [
        MODULE.replace("'report'", "'another'"),
        MODULE.replace("report_job", "other_job"),
        MODULE + "print(1)\n",
        MODULE.replace("from databricks.bundles.jobs import Job", "from evil import Job"),
        MODULE.replace("import Job", "import Pipeline").replace("= Job", "= Pipeline"),
        MODULE.replace("'report'", "__import__('os').system('id')"),
        MODULE.replace("from_dict(", "from_dict(**"),
        MODULE.replace("Job.from_dict(\n", "Job.from_dict(print(), "),
        MODULE.replace("import Job", "import Job as J"),
        f"{HEADER}\nimport os\n{BODY}",
        f"{HEADER}\nX = 1\n",
        f"{HEADER}\nthis is (no Python\n",
        f"{HEADER}\n\0",
        HEADER,
    ],
)
def test_a_generated_module_that_was_changed_is_told(text: str) -> None:
    assert origin(text) is Origin.EDITED


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        BODY,
        f"\n{MODULE}",
        f"\ufeff{MODULE}",
        MODULE.replace("\n", "\r\n", 1),
        MODULE.replace("edit that instead.", "coding: utf-7"),
        MODULE.replace(SPEC, "specs/coding:utf-7/a.yml"),
        MODULE.replace(SPEC, "coding=utf-7"),
    ],
)
def test_a_module_without_exactly_such_a_first_line_is_hand_written(text: str) -> None:
    assert origin(text) is Origin.HAND_WRITTEN


def test_what_is_read_is_what_python_imports_whatever_encoding_the_file_names() -> None:
    # In UTF-7, `+AAo-` is a line end: what looks like one more comment is a statement.
    text = f"{HEADER}\n# coding: utf-7 +AAo-import os\n{BODY}"
    assert origin(text) is Origin.EDITED
    assert not runs_nothing(b"# coding: utf-7 +AAo-import os\n")


def test_only_a_docstring_runs_nothing() -> None:
    assert all(runs_nothing(text) for text in (b"", b"\n", b"# a comment\n", b'"""A docstring."""\n'))
    assert not any(runs_nothing(text) for text in (b"X = 1", b'"""A"""\nimport os\n', b"f'{print()}'", b"(", b"\0", b"..."))
