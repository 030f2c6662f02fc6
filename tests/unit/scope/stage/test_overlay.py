"""A stage's own file is included by one more line, and everything else of the bundle stays as it is."""

import pytest
import yaml

from scope.errors import UsageError
from scope.stage.overlay import include_overlay

NAME = ".stage.yml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bundle:\n  name: x\n", "bundle:\n  name: x\ninclude: [.stage.yml]\n"),
        ("bundle: {name: x}", "bundle: {name: x}\ninclude: [.stage.yml]\n"),
        ("include:\n  - a.yml\n  - b/*.yml\nbundle: {}\n", "include:\n  - a.yml\n  - b/*.yml\n  - .stage.yml\nbundle: {}\n"),
        ("include:\n- 'a.yml' # why\nbundle: {}\n", "include:\n- 'a.yml' # why\n- .stage.yml\nbundle: {}\n"),
        ("include:\n  - a.yml", "include:\n  - a.yml\n  - .stage.yml\n"),
        ("include:\n  -   a.yml\n\n# end\n", "include:\n  -   a.yml\n  - .stage.yml\n\n# end\n"),
        ("include: [a.yml, b.yml] # two\nbundle: {}\n", "include: [a.yml, b.yml, .stage.yml] # two\nbundle: {}\n"),
        ("include: [\n  a.yml,\n]\n", "include: [\n  a.yml, .stage.yml,\n]\n"),
        ("include: []\nbundle: {}\n", "bundle: {}\ninclude: [.stage.yml]\n"),
        ("include:\nbundle: {}\n", "bundle: {}\ninclude: [.stage.yml]\n"),
        ("---\nbundle: {}\n...\n", "---\nbundle: {}\ninclude: [.stage.yml]\n...\n"),
    ],
)
def test_one_line_is_added(before: str, after: str) -> None:
    written = include_overlay("databricks.yml", before.encode(), NAME).decode()
    assert written == after
    assert yaml.safe_load(written)["include"] == [*(yaml.safe_load(before).get("include") or []), NAME]


@pytest.mark.parametrize(
    "content", ["{bundle: {name: x}}\n", "include: a.yml\n", "- a\n", "include:\n  - >\n    a.yml\n", "a: [\n"]
)
def test_what_can_not_take_a_line_is_refused_with_its_file(content: str) -> None:
    with pytest.raises(UsageError, match=r"^a/databricks\.yml"):
        include_overlay("a/databricks.yml", content.encode(), NAME)
