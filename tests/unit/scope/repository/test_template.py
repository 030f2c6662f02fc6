"""What an update of a repository that was made of a template does with each file."""

import json

import pytest

from scope.errors import UsageError
from scope.repository.template import FileUpdate, Merged, Outcome, TemplateFile, check_version, plan_update, read_answers

OLD, NEW, MINE, BOTH = b"old\n", b"new\n", b"mine\n", b"mine\nnew\n"


def update(
    path: str, old: bytes | None, new: bytes | None, mine: bytes | None, *, conflicts: bool = False
) -> FileUpdate | None:
    def files(content: bytes | None) -> dict[str, TemplateFile]:
        return {} if content is None else {path: TemplateFile(content, is_executable=True)}

    def merge(one: bytes, base: bytes, other: bytes) -> Merged:
        assert (one, base, other) == (mine, old or b"", new)
        return Merged(BOTH, conflicts)

    (found,) = plan_update(files(old), files(new), {path: mine}.get, merge) or (None,)
    return found


@pytest.mark.parametrize(
    ("old", "new", "mine", "outcome", "content"),
    [
        (OLD, NEW, OLD, Outcome.UPDATED, NEW),
        (None, NEW, None, Outcome.ADDED, NEW),
        (OLD, None, OLD, Outcome.REMOVED, None),
        (OLD, NEW, MINE, Outcome.MERGED, BOTH),
        (None, NEW, MINE, Outcome.MERGED, BOTH),
        (OLD, NEW, None, Outcome.KEPT, None),
        (OLD, None, MINE, Outcome.KEPT, None),
    ],
)
def test_a_file_that_the_template_has_changed_is_taken_merged_or_left(
    old: bytes | None, new: bytes | None, mine: bytes | None, outcome: Outcome, content: bytes | None
) -> None:
    found = update("justfile", old, new, mine)
    assert found is not None
    assert found.outcome is outcome
    assert found.file == (None if content is None else TemplateFile(content, is_executable=True))
    assert bool(found.why) == (outcome is Outcome.KEPT)


@pytest.mark.parametrize(
    ("old", "new", "mine"), [(OLD, OLD, MINE), (OLD, OLD, None), (OLD, NEW, NEW), (None, NEW, NEW), (OLD, None, None)]
)
def test_what_the_template_has_not_changed_or_is_so_already_is_left_alone(
    old: bytes | None, new: bytes | None, mine: bytes | None
) -> None:
    assert update("justfile", old, new, mine) is None


def test_a_conflict_is_one() -> None:
    found = update("justfile", OLD, NEW, MINE, conflicts=True)
    assert found is not None
    assert found.outcome is Outcome.CONFLICT


@pytest.mark.parametrize(
    "path",
    ["specs/jobs/a/b/c.yml", "src/common/money.py", "src/pyproject.toml", "targets/prod.yml", "resources/_models/x.yml",
     "resources/finance/__init__.py", "tests/unit/common/test_money.py", "README.md", ".github/CODEOWNERS"],
)  # fmt: skip
def test_the_team_s_own_files_are_never_touched(path: str) -> None:
    assert update(path, OLD, NEW, OLD) is None
    assert update(path, None, NEW, None) is None


@pytest.mark.parametrize(
    "path", ["databricks.yml", "resources/__init__.py", "tests/support/engines.py", ".github/workflows/ci.yml"]
)
def test_the_tool_s_files_are_kept_up(path: str) -> None:
    found = update(path, OLD, NEW, OLD)
    assert found is not None
    assert found.outcome is Outcome.UPDATED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "wasn't made by `databricks bundle init`"),
        (b"{", "can't be read"),
        (b"[]", "isn't a list of names with texts"),
        (b'{"repository": 1}', "isn't a list of names with texts"),
        (b'{"version": "v1"}', "`repository` is a git URL, not None"),
        (b'{"repository": "--upload-pack=x", "version": "v1"}', "`repository` is a git URL, not '--upload-pack=x'"),
        (b'{"repository": "ext::sh -c x", "version": "v1"}', "`repository` is a git URL"),
        (b'{"repository": "https://x/y", "version": "--x"}', "`version` is a tag, not '--x'"),
    ],
)
def test_answers_that_can_t_be_used_are_refused(content: bytes | None, said: str) -> None:
    with pytest.raises(UsageError, match=r"\.bundle-template\.json") as caught:
        read_answers(content)
    assert said in str(caught.value)


def test_answers_are_read() -> None:
    answers = {"repository": "ssh://git@git.example/x/y.git", "version": "v0.1.0", "name": "acme"}
    assert read_answers(json.dumps(answers).encode()) == answers


@pytest.mark.parametrize("version", ["", "-v1", "v1 x", "v1\n", "../x"])
def test_a_version_that_can_t_be_a_tag_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match="is no version"):
        check_version(version)
