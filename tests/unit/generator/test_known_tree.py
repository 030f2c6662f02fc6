"""What a build remembers changes no answer: a tree that was found in order is known again, any other one is built anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import generator.build
import generator.known_tree
from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, Ran, SpecTree, spec_tree

MODULE = "resources/finance/stripe/pipelines/final_payments.py"
DOMAIN = "specs/domains/finance.yml"
VARIABLES = "resources/finance/stripe/variables.yml"
KNOWN = ".git/generator/known-tree"
CHECK = ("build", "--all", "--check")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpecTree:
    """Give a clone of a person, in which everything is built."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return made(tmp_path / "repository")


def made(root: Path) -> SpecTree:
    chain = "layers: [raw, base, staging, final]\nsettings:\n  channel: ${var.channel}\n"
    job = (
        "schedule: schedules.nightly\ntasks:\n"
        "  - task_key: report\n    notebook_task: {notebook_path: src/finance/stripe/tasks/report.py}\n"
    )
    tree = spec_tree(root, {PIPELINE: IDENTITY + chain, JOB: IDENTITY + job, DOMAIN: "owner: payers\n"})
    tree.write("src/finance/stripe/tasks/report.py", '"""Report."""\n')
    tree.write(VARIABLES, "variables:\n  channel: {default: CURRENT}\n")
    tree.write(".git/HEAD", "ref: refs/heads/main\n")
    (tree.root / "src/marketing/hubspot/final/campaign_revenue.py").unlink()
    assert tree.run("build", "--all").exit_code == 0
    return tree


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of the builds that weren't saved."""
    done: list[str] = []

    def build(*arguments: object) -> object:
        done.append("all")
        return build_all(*arguments)

    build_all: Callable[..., object] = generator.build.build_all
    monkeypatch.setattr(generator.build, "build_all", build)
    return done


def in_ci(tree: SpecTree, *arguments: str) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CI", "true")
        return tree.run(*arguments)


@pytest.mark.parametrize("command", [("build", "--all"), CHECK, ("build", "--all", "--prune", "--force")])
def test_a_tree_that_was_just_built_is_not_built_again(tree: SpecTree, builds: list[str], command: tuple[str, ...]) -> None:
    assert tree.run(*command) == Ran(0, "", "")
    assert builds == []


def test_a_tree_that_was_found_in_order_is_not_built_again(tree: SpecTree, builds: list[str]) -> None:
    (tree.root / KNOWN).unlink()
    assert tree.run(*CHECK) == tree.run(*CHECK) == Ran(0, "", "")
    assert builds == ["all"]


def test_one_spec_is_built_whatever_is_known(tree: SpecTree) -> None:
    (tree.root / MODULE).unlink()
    assert tree.run("build", PIPELINE).stderr == f"wrote {MODULE}\n"


@pytest.mark.parametrize("command", [("build", "--all"), CHECK])
def test_ci_believes_nothing_and_keeps_nothing(tree: SpecTree, builds: list[str], command: tuple[str, ...]) -> None:
    assert in_ci(tree, *command).exit_code == 0
    (tree.root / KNOWN).unlink()
    assert in_ci(tree, *command).exit_code == 0
    assert builds == ["all", "all"]
    assert not (tree.root / KNOWN).exists()


def append(path: str, text: str) -> Callable[[SpecTree], object]:
    return lambda tree: tree.write(path, (tree.root / path).read_bytes() + text.encode())


def write(path: str, text: str) -> Callable[[SpecTree], object]:
    return lambda tree: tree.write(path, text)


def remove(path: str) -> Callable[[SpecTree], object]:
    return lambda tree: (tree.root / path).unlink()


def replace(path: str, old: str, new: str) -> Callable[[SpecTree], object]:
    return lambda tree: tree.write(path, (tree.root / path).read_text(encoding="utf-8").replace(old, new))


def link(path: str, to: str) -> Callable[[SpecTree], object]:
    def change(tree: SpecTree) -> None:
        (tree.root / path).unlink(missing_ok=True)
        (tree.root / path).symlink_to(to)

    return change


# Each makes the tree one that isn't in order.
CHANGES: dict[str, Callable[[SpecTree], object]] = {
    "a spec's field": append(PIPELINE, "serverless: false\n"),
    "a spec's fault": append(JOB, "sheduled: x\n"),
    "a new spec": write("specs/jobs/finance/stripe/raw_payments.yml", IDENTITY.replace("final", "raw") + "tasks: []\n"),
    "a spec that is gone": remove(JOB),
    "what is no spec": write("specs/jobs/finance/notes.txt", ""),
    "a spec behind a link": link(PIPELINE, "/dev/null"),
    "a preset": replace("resources/_models/schedules.yml", "UTC", "Europe/Zurich"),
    "a preset that is gone": replace("resources/_models/schedules.yml", "nightly", "daily"),
    "a domain's settings": write(DOMAIN, "owner: others\n"),
    "a domain's settings that are gone": remove(DOMAIN),
    "a new domain's settings": write("specs/domains/marketing.yml", "run_as: {prod: {user_name: a@example.com}}\n"),
    "a module": append(MODULE, "# by hand\n"),
    "a module's format": replace(MODULE, "    ", "  "),
    "a module that is gone": remove(MODULE),
    "a module behind a link": link(MODULE, "../jobs/final_payments.py"),
    "a module without a spec": write("resources/finance/stripe/jobs/own.py", "x = 1\n"),
    "a package that is gone": remove("resources/finance/stripe/jobs/__init__.py"),
    "a file that no pipeline loads": write("src/marketing/hubspot/final/other.py", ""),
    "a layer without files": remove("src/finance/stripe/base/payments.py"),
    "a script that is gone": remove("src/finance/stripe/tasks/report.py"),
    "a variable that is gone": write(VARIABLES, ""),
    "a file of variables that is gone": remove(VARIABLES),
    "a resource's YAML that is none": write(VARIABLES, "a: [\n"),
    "a target": replace("targets/staging.yml", "  staging:", "  stage:"),
    "the bundle": append("databricks.yml", "  - [\n"),
    "ruff's settings": replace("pyproject.toml", "line-length = 125", "line-length = 40"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_as_if_nothing_were_known(tree: SpecTree, change: Callable[[SpecTree], object]) -> None:
    if change is CHANGES["a target"]:
        tree.write(DOMAIN, "run_as: {staging: {user_name: a@example.com}, prod: {user_name: a@example.com}}\n")
        assert tree.run("build", "--all").exit_code == 0
    known = (tree.root / KNOWN).read_bytes()
    change(tree)
    told = in_ci(tree, *CHECK)
    assert told.exit_code != 0
    assert (tree.root / KNOWN).read_bytes() == known
    assert tree.run(*CHECK) == told


@pytest.mark.parametrize("kept", [b"", b"0" * 128, b"\xff", b"\n" * 10_000], ids=["empty", "another", "no text", "long"])
def test_what_is_torn_is_built_and_replaced(tree: SpecTree, builds: list[str], kept: bytes) -> None:
    known = (tree.root / KNOWN).read_bytes()
    (tree.root / KNOWN).write_bytes(kept)
    assert tree.run(*CHECK) == Ran(0, "", "")
    assert (builds, (tree.root / KNOWN).read_bytes()) == (["all"], known)


def test_what_another_user_kept_is_not_believed(
    tree: SpecTree, builds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert tree.run(*CHECK).exit_code == 0
    assert builds == ["all"]


def test_a_torn_key_is_made_anew(tree: SpecTree, builds: list[str], tmp_path: Path) -> None:
    (tmp_path / "state/generator/known-tree.key").write_bytes(b"short")
    assert [tree.run(*CHECK).exit_code for _ in range(2)] == [0, 0]
    assert builds == ["all"]


@pytest.mark.parametrize(
    "name", ["sys.version", "sys.path", "year", "RUFF_", "generator"], ids=["Python", "packages", "the year", "ruff", "code"]
)
def test_another_tool_builds_anew(
    tree: SpecTree, builds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "sys.version":
        monkeypatch.setattr("sys.version", "3.99")
    elif name == "sys.path":
        (tmp_path / "site-packages/new").mkdir(parents=True)
        monkeypatch.syspath_prepend(tmp_path / "site-packages")
    elif name == "year":

        class Later(generator.known_tree.datetime):
            @classmethod
            def now(cls, tz: object = None) -> "Later":
                return cls(2999, 1, 1, tzinfo=None if tz is None else generator.known_tree.UTC)

        monkeypatch.setattr(generator.known_tree, "datetime", Later)
    elif name == "RUFF_":
        monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "full")
    else:
        own = tmp_path / "generator"
        own.mkdir()
        (own / "emit.py").write_text("", encoding="utf-8")
        monkeypatch.setattr(generator.known_tree, "__file__", str(own / "known_tree.py"))
    assert tree.run(*CHECK).exit_code == 0
    assert builds == ["all"]


def test_settings_of_ruff_in_other_files_are_never_known(tree: SpecTree, builds: list[str]) -> None:
    replace("pyproject.toml", "[tool.ruff]\n", '[tool.ruff]\nextend = "ruff.toml"\n')(tree)
    tree.write("ruff.toml", "line-length = 125\n")
    assert [tree.run(*CHECK).exit_code for _ in range(2)] == [0, 0]
    tree.write("ruff.toml", "line-length = 125\n[format]\nquote-style = 'single'\n")
    assert tree.run(*CHECK) == in_ci(tree, *CHECK)
    assert builds == ["all"] * 4


def test_a_tree_with_links_is_never_known(tree: SpecTree, builds: list[str]) -> None:
    link("src/finance/stripe/final/more", "../base")(tree)
    assert [tree.run(*CHECK).exit_code for _ in range(2)] == [0, 0]
    assert builds == ["all", "all"]


def test_what_changes_during_a_build_is_not_remembered(tree: SpecTree, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree.root / KNOWN).unlink()
    build_all = generator.build.build_all

    def build(*arguments: object) -> object:
        built = build_all(*arguments)  # pyrefly: ignore[bad-argument-type]
        append(PIPELINE, "serverless: false\n")(tree)
        return built

    monkeypatch.setattr(generator.build, "build_all", build)
    assert tree.run(*CHECK).exit_code == 0
    assert not (tree.root / KNOWN).exists()


def test_without_a_git_folder_or_a_home_everything_is_built(
    tree: SpecTree, builds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert tree.run(*CHECK) == Ran(0, "", "")
    shutil.rmtree(tree.root / ".git")
    assert tree.run(*CHECK) == Ran(0, "", "")
    assert builds == ["all", "all"]


def test_a_second_work_tree_knows_its_own(tree: SpecTree, builds: list[str]) -> None:
    folder = tree.root / ".git"
    folder.rename(tree.root / "its-folder")
    tree.write(".git", f"gitdir: {tree.root / 'its-folder'}\n")
    assert tree.run(*CHECK) == Ran(0, "", "")
    assert builds == []
