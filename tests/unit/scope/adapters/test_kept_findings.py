"""What is kept of earlier runs: a file that may be torn, locked, somebody else's or impossible, and changes no answer."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from scope.adapters import kept_findings
from scope.adapters.forks import Forks
from scope.adapters.kept_findings import KeptFindings
from tests.support.builders import domain, skeleton
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

FILE = Path(".git", "scope", "kept.sqlite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    state = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.delenv("CI", raising=False)
    return state


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return root


def put(root: Path, name: str, value: str) -> None:
    with KeptFindings(root) as kept:
        kept.put(name, value)


def get(root: Path, name: str) -> str | None:
    with KeptFindings(root) as kept:
        return kept.get(name)


def change(root: Path, statement: str) -> None:
    connection = sqlite3.connect(root / FILE)
    with connection:
        connection.execute(statement)
    connection.close()


def test_a_value_is_found_again_by_its_name_alone(root: Path) -> None:
    put(root, "a", "one")
    put(root, "a", "two")
    assert (get(root, "a"), get(root, "b")) == ("two", None)


def test_the_key_is_the_user_s_alone_and_lies_outside_of_the_clone(root: Path, home: Path) -> None:
    put(root, "a", "one")
    key = home / "scope" / "kept.key"
    assert (len(key.read_bytes()), key.stat().st_mode & 0o777) == (32, 0o600)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kept SET value = 'evil'",
        "UPDATE kept SET mac = x'00'",
        "UPDATE kept SET mac = 'text'",
        "UPDATE kept SET value = x'00'",
        "DROP TABLE kept",
        "ALTER TABLE kept RENAME COLUMN mac TO other",
    ],
)
def test_a_value_that_somebody_changed_is_none(root: Path, statement: str) -> None:
    put(root, "a", "one")
    change(root, statement)
    assert get(root, "a") is None


def test_a_value_under_another_s_key_is_none(root: Path, home: Path) -> None:
    put(root, "a", "one")
    (home / "scope" / "kept.key").write_bytes(b"x" * 32)
    assert get(root, "a") is None
    (home / "scope" / "kept.key").write_bytes(b"short")
    put(root, "a", "two")
    assert get(root, "a") == "two"


@pytest.mark.parametrize(
    "damage", [lambda content: content[:0] + b"garbage" * 99, lambda content: content[:5000], lambda content: content[100:]]
)
def test_a_torn_file_is_begun_anew(root: Path, damage: Callable[[bytes], bytes]) -> None:
    put(root, "a", "one" * 5000)
    file = root / FILE
    file.write_bytes(damage(file.read_bytes()))
    assert get(root, "a") is None
    put(root, "a", "two")
    put(root, "a", "two")
    assert get(root, "a") == "two"


def test_what_another_version_of_the_code_kept_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a", "one")
    monkeypatch.setattr(kept_findings, "_version", lambda: "other")
    assert get(root, "a") is None


def test_the_oldest_go_first_and_the_longest_is_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_findings, "MOST", 3)
    monkeypatch.setattr(kept_findings, "LONGEST", 10)
    for name in "abcde":
        put(root, name, name)
    put(root, "long", "x" * 11)
    assert [get(root, name) for name in ("a", "b", "c", "d", "e", "long")] == [None, None, "c", "d", "e", None]


def test_a_locked_file_costs_a_moment_and_no_answer(root: Path) -> None:
    put(root, "a", "one")
    other = sqlite3.connect(root / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert get(root, "a") is None
    put(root, "b", "two")
    other.execute("COMMIT")
    other.close()
    assert (get(root, "a"), get(root, "b")) == ("one", None)


def test_nothing_is_kept_where_nothing_can_be(root: Path, home: Path, tmp_path: Path) -> None:
    home.write_text("a file where the folder would be")
    put(root, "a", "one")
    assert get(root, "a") is None
    home.unlink()
    (root / ".git" / "scope").write_text("a file where the folder would be")
    put(root, "a", "one")
    assert get(root, "a") is None
    assert get(tmp_path, "a") is None


def test_nothing_is_kept_or_read_in_ci(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a", "one")
    monkeypatch.setenv("CI", "true")
    put(root, "a", "two")
    assert get(root, "a") is None
    assert KeptFindings(root).usable is None
    monkeypatch.delenv("CI")
    assert get(root, "a") == "one"


def test_a_second_work_tree_has_its_own(root: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    folder = root / ".git" / "worktrees" / "second"
    folder.mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/other\n")
    (second / ".git").write_text(f"gitdir: {folder}\n")
    put(second, "a", "one")
    assert (get(second, "a"), get(root, "a")) == ("one", None)
    assert (folder / "scope" / "kept.sqlite").is_file()


def test_commands_print_the_same_whatever_was_kept(tmp_path: Path, home: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "platform", {**skeleton(), **domain("sales"), **domain("ads")})
    sandbox.commit("Begin")
    sandbox.append("src/sales/orders/base/facts.py", "import ads.gone\n")
    commands = (("check",), ("plan", "--base", "HEAD", "--fingerprints", "--output", "-"))

    def printed() -> list[tuple[int, str]]:
        return [
            (done.exit_code, done.stdout)
            for command in commands
            if (done := run_scope(sandbox.root, *command, env={"XDG_STATE_HOME": str(home)}))
        ]

    file = sandbox.root / FILE
    cold = printed()
    assert [code for code, _ in cold] == [1, 0]
    assert file.stat().st_size
    assert printed() == cold
    file.write_bytes(b"torn")
    assert printed() == cold
    assert printed() == cold
    (home / "scope" / "kept.key").write_bytes(b"x" * 32)
    assert printed() == cold
    file.unlink()
    file.mkdir()
    assert printed() == cold


def test_a_full_file_makes_room_for_what_comes_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_findings, "LARGEST", 40 * 4096)
    for number in range(8):
        put(root, f"large {number}", "x" * 30_000)
        put(root, f"small {number}", "y")
    assert (root / FILE).stat().st_size <= 40 * 4096
    assert get(root, "small 7") == "y"
    assert get(root, "large 0") is None


def test_what_is_put_is_known_before_it_is_written(root: Path) -> None:
    with KeptFindings(root) as kept:
        kept.put("a", "one")
        assert (kept.get("a"), get(root, "a")) == ("one", None)
    assert get(root, "a") == "one"


def test_a_copy_writes_what_it_finds_and_leaves_the_original_alone(root: Path) -> None:
    with KeptFindings(root) as kept:
        kept.put("of the original", "one")
        assert list(Forks(kept).map(lambda name: kept.put(name, "two") or kept.get("of the original"), "ab")) == [None] * 2
        assert [kept.get(name) for name in ("a", "b", "of the original")] == ["two", "two", "one"]
