"""The sandbox is real git, the same for everybody, and untouched by what lies around it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scope.stage.folder import write_venv
from tests.support.builders import monorepo
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import REPOSITORY, SCRATCH, Sandbox, git_environment


def test_the_same_steps_make_the_same_commits(tmp_path: Path) -> None:
    heads: list[str] = []
    for name in ("one", "another"):
        sandbox = Sandbox.create(tmp_path / name, {"a.py": "1\n"})
        sandbox.move("a.py", "b/c.py")
        heads.append(sandbox.commit("Move"))
    assert heads[0] == heads[1]


@pytest.mark.parametrize("ends", ["", "raise SystemExit(1)"])
def test_what_killed_programs_leave_behind_goes_with_the_run_of_the_tests(ends: str) -> None:
    program = (
        "import tests.conftest, pathlib\n"
        "from tests.support.sandbox import git_environment\n"
        "left = pathlib.Path(git_environment()['TMPDIR'], 'scope-stage')\n"
        f"left.mkdir()\nprint(left)\n{ends}"
    )
    environment = {name: value for name, value in os.environ.items() if name != SCRATCH}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    left = Path(done.stdout.strip())
    assert left.name == "scope-stage", done.stderr
    assert left.parent.parent.is_dir()
    assert not left.parent.exists()


def test_the_persons_git_configuration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[core]\n\tautocrlf = true\n[user]\n\tname = Somebody\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    sandbox = Sandbox.create(tmp_path / "sandbox", {"a.py": b"1\r\n"})
    assert sandbox.git("cat-file", "blob", "HEAD:a.py") == "1\r"
    assert sandbox.git("log", "--format=%an <%ae> %aI") == "Sandbox <sandbox@example.invalid> 2026-01-01T00:01:00+00:00"


def test_a_deleted_file_takes_its_empty_folders_with_it(sandbox: Sandbox) -> None:
    sandbox.write_all({"a/b/c.py": "1\n", "a/d.py": "1\n"})
    sandbox.delete("a/b/c.py")
    assert not sandbox.path("a/b").exists()
    assert sandbox.path("a/d.py").exists()


def test_a_copy_goes_on_from_where_it_was_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.write("a.py", "1\n")
    sandbox.commit("One")
    copied = sandbox.copy(tmp_path / "copy")
    assert copied.git("diff-files") == ""
    for one in (sandbox, copied):
        one.append("a.py", "2\n")
        one.commit("Two")
    assert copied.head == sandbox.head


def test_a_clone_is_as_shallow_as_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(3):
        sandbox.write("a.py", f"{number}\n")
        sandbox.commit(f"Write {number}")
    clone = sandbox.clone(tmp_path / "clone", "--depth=1")
    assert clone.git("rev-list", "--count", "HEAD") == "1"
    assert clone.head == sandbox.head


def test_a_copy_of_the_repository_holds_what_git_tracks(tmp_path: Path) -> None:
    sandbox = Sandbox.of_repository(tmp_path / "copy", leaving_out=["tests/"])
    assert {"databricks.yml", "pyproject.toml", "src/pyproject.toml", "targets/prod.yml"} <= set(sandbox.tracked)
    assert not any(path.startswith(("tests/", ".bin/", ".venv/")) for path in sandbox.tracked)


def test_the_named_targets_get_the_fake_workspace_as_host(sandbox: Sandbox) -> None:
    for target in ("dev", "prod"):
        sandbox.write(f"targets/{target}.yml", f"workspace:\n  host: https://{target}.invalid # replace\n  root_path: /x\n")
    sandbox.point_at(FakeWorkspace("http://127.0.0.1:1", "token"), "prod")
    assert sandbox.read("targets/prod.yml") == "workspace:\n  host: http://127.0.0.1:1\n  root_path: /x\n"
    assert "https://dev.invalid" in sandbox.read("targets/dev.yml")


def test_a_platform_has_as_many_domains_and_sources_as_asked() -> None:
    files = monorepo(3, 2)
    jobs = [path for path in files if path.endswith("/jobs/refresh.py")]
    assert sorted(jobs) == [
        f"resources/d{domain:02}/s{source:02}/jobs/refresh.py" for domain in range(3) for source in range(2)
    ]
    assert "databricks.yml" in files


def test_a_small_venv_sees_installed_packages_and_no_checkout(tmp_path: Path) -> None:
    write_venv(tmp_path / ".venv")

    def imports(name: str) -> bool:
        command = [tmp_path / ".venv/bin/python", "-c", f"import {name}"]
        return subprocess.run(command, cwd=tmp_path, env=git_environment(), check=False, capture_output=True).returncode == 0

    assert imports("databricks.bundles")
    assert imports("hatchling")
    assert not imports("scope")
    assert not imports("common")


def git_only(tmp_path: Path) -> str:
    """Return a PATH with git on it and nothing else."""
    folder = tmp_path / "git-only"
    folder.mkdir()
    (folder / "git").symlink_to(str(shutil.which("git")))
    return str(folder)


# All of them, and those that need the CLI only through a fixture of their own.
SOME_END_TO_END = ("tests/acceptance/test_adopt.py", "tests/acceptance/workflows")


def without_cli(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run some end-to-end tests in a checkout where nothing was installed by `just install-cli`."""
    sandbox = Sandbox.of_repository(tmp_path / "checkout", leaving_out=["uv.lock"])
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-qp",
            "no:cacheprovider",
            "tests/acceptance/test_adopt.py",
            "tests/acceptance/workflows",
        ],
        cwd=sandbox.root,
        env={**git_environment(), "PATH": git_only(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_cli_end_to_end_tests_are_skipped_and_say_so_in_one_line(tmp_path: Path) -> None:
    result = without_cli(tmp_path)
    assert result.returncode == 0, result.stdout
    assert "passed" not in result.stdout
    assert [line.partition(": ")[2] for line in result.stdout.splitlines() if "SKIPPED" in line] == [
        "End-to-end tests need the Databricks CLI: run `just install-cli`."
    ]


def test_in_ci_they_may_not_be_skipped(tmp_path: Path) -> None:
    result = without_cli(tmp_path, CI="true")
    assert result.returncode == 1, result.stdout
    assert "With CI=true these tests may not be skipped." in result.stdout
