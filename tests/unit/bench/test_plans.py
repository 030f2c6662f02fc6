"""What is kept between runs is laid for each run that is timed: nothing for a cold one, the same for each of the others."""

from pathlib import Path

from tests.bench.plans import ScopeCommands


def test_cold_runs_find_nothing_and_others_what_the_cold_one_left_each_time(tmp_path: Path) -> None:
    root, aside = tmp_path / "repository", tmp_path / "aside"
    kept = root / ".git" / "scope"
    aside.mkdir()
    kept.mkdir(parents=True)
    kept.joinpath("of-somebody").touch()
    cold, warm, *_ = ScopeCommands(root, aside, {}).checks()
    cold.prepare()
    assert not kept.exists()
    kept.mkdir()
    kept.joinpath("of-the-cold-run").touch()
    for _ in range(2):
        warm.prepare()
        assert [file.name for file in kept.iterdir()] == ["of-the-cold-run"]
        kept.joinpath("of-the-timed-run").touch()
    cold.prepare()
    assert not kept.exists()


def test_no_command_runs_as_in_ci_where_nothing_is_kept(tmp_path: Path) -> None:
    assert {command.env["CI"] for command in ScopeCommands(tmp_path, tmp_path, {"CI": "true"}).checks()} == {""}
