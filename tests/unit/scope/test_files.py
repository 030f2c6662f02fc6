"""Files that appear whole or not at all, and what must never be replaced by one."""

import os
import threading
from pathlib import Path

import pytest

from scope.errors import UsageError
from scope.files import prepare_own_file, require_no_link, write_atomic


def test_a_file_is_replaced_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "manifest.json"
    for content in (b"one", b"two"):
        write_atomic(path, content)
        assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["manifest.json"]


def test_scope_s_own_folder_is_one_that_git_ignores_and_stays_as_it_is(tmp_path: Path) -> None:
    path = prepare_own_file(tmp_path, Path(".scope", "logs", "prod", "finance.log"))
    assert path == tmp_path / ".scope" / "logs" / "prod" / "finance.log"
    ignored = tmp_path / ".scope" / ".gitignore"
    assert ignored.read_bytes() == b"*\n"
    ignored.unlink()
    prepare_own_file(tmp_path, Path(".scope", "manifest.json"))
    assert not ignored.exists()


def test_a_link_in_the_place_of_scope_s_own_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".scope").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        write_atomic(prepare_own_file(tmp_path, Path(".scope", "manifest.json")), b"x")
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_link_is_refused_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with pytest.raises(UsageError, match="is a link"):
        write_atomic(link, b"x")
    assert link.is_symlink()
    assert target.read_bytes() == b"old"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    contents: list[bytes] = []
    reader = threading.Thread(target=lambda: contents.append(pipe.read_bytes()))
    reader.start()
    write_atomic(pipe, b"x")
    reader.join(timeout=10)
    assert contents == [b"x"]
    assert pipe.is_fifo()


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        write_atomic(tmp_path, b"x")


@pytest.mark.parametrize("link", [".scope", ".scope/logs", ".scope/logs/prod", ".scope/logs/prod/finance.log"])
def test_a_link_anywhere_on_the_way_is_found(tmp_path: Path, link: str) -> None:
    root, elsewhere = tmp_path / "repository", tmp_path / "elsewhere"
    log = root / ".scope" / "logs" / "prod" / "finance.log"
    elsewhere.mkdir()
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    require_no_link(log, root)
    (root / link).symlink_to(elsewhere)
    with pytest.raises(UsageError, match="is a link, so nothing is written there"):
        require_no_link(log, root)


def test_a_repository_that_is_itself_reached_by_a_link_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    root = tmp_path / "link"
    root.symlink_to(tmp_path / "real")
    require_no_link(root / ".scope" / "logs" / "a.log", root)
