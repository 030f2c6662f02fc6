"""What is written into a stage."""

from pathlib import Path

import pytest

from scope.errors import Refused
from scope.stage.folder import StageFacts, write_stage
from tests.support.fake_git import FakeGit

FACTS = StageFacts("dev", "finance", commit=None, branch=None, origin=None)


@pytest.mark.parametrize(
    "path",
    [
        "src/finance/../../../out.py",
        "../out.py",
        "/out.py",
        "src//out.py",
        "src/./out.py",
        "src/finance/.git/config",
        "src/finance/.GIT/hooks/x",
        ".git/config",
        ".venv/bin/python",
        ".stage/stage.yml",
        ".databricks/bundle/dev/variable-overrides.json",
        "src/finance\\..\\out.py",
        "src/fin\0ance.py",
    ],
)
def test_a_name_that_leads_out_of_the_stage_or_into_its_own_files_is_refused_before_anything_is_written(
    tmp_path: Path, path: str
) -> None:
    folder = tmp_path / "deep" / "stage"
    folder.mkdir(parents=True)
    snapshot = FakeGit().snapshot({path: "X = 1\n", "src/finance/a.py": ""})
    with pytest.raises(Refused, match="can't be written into a stage"):
        write_stage(folder, snapshot, (path, "src/finance/a.py"), FACTS)
    assert [item for item in tmp_path.rglob("*") if item.is_file()] == []


def test_names_that_only_look_like_those_are_written(tmp_path: Path) -> None:
    names = ("src/finance/..a.py", "src/finance/.gitkeep", "src/finance/a..py")
    write_stage(tmp_path, FakeGit().snapshot(dict.fromkeys(names, "")), names, FACTS)
    assert all((tmp_path / name).is_file() for name in names)
