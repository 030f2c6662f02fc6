"""Which paths a change names, and whom they belong to, on real git."""

import os
from pathlib import Path

import pytest

from tests.support.builders import domain
from tests.support.plans import FINANCE, MARKETING, changed, deployed, plan, platform
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

A = "src/finance/stripe/base/a.py"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return platform(tmp_path / "platform")


# Moves


def test_a_move_between_domains_touches_both(sandbox: Sandbox) -> None:
    sandbox.write("src/finance/stripe/base/moving.py", "ROWS = 1\n" * 50)
    sandbox.commit("Before")
    sandbox.move("src/finance/stripe/base/moving.py", "src/marketing/hubspot/base/moving.py")
    sandbox.commit("Move")
    manifest = plan(sandbox, "--base", "HEAD~1")
    assert changed(manifest) == {
        "src/finance/stripe/base/moving.py": "deleted",
        "src/marketing/hubspot/base/moving.py": "added",
    }
    assert [item["moved_to"] for item in manifest["changes"]] == ["src/marketing/hubspot/base/moving.py", None]
    assert deployed(manifest) == FINANCE | MARKETING


def test_a_move_out_of_the_shared_code_reaches_who_used_it(sandbox: Sandbox) -> None:
    sandbox.move("src/common/text.py", "src/marketing/hubspot/base/text.py")
    assert deployed(plan(sandbox)) == FINANCE | MARKETING


@pytest.mark.parametrize(
    ("shared", "use"),
    [
        ("src/common/数据.py", "from common import 数据\n"),
        ("src/common/数据/__init__.py", "import common.数据\n"),
        ("src/common/数/据.py", "from common.数 import 据\n"),
    ],
)
def test_a_shared_module_with_no_plain_letter_in_its_name_reaches_who_uses_it(
    sandbox: Sandbox, shared: str, use: str
) -> None:
    sandbox.write(shared, "X = 1\n")
    sandbox.write("src/finance/stripe/base/uses.py", use)
    sandbox.commit("Before")
    sandbox.append(shared, "Y = 1\n")
    sandbox.commit("Change")
    assert deployed(plan(sandbox, "--base", "HEAD~1")) == FINANCE


@pytest.mark.parametrize(
    "setting",
    [
        ("diff.renames", "copies"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "/bin/false"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.relative", "true"),
        ("diff.orderFile", "/dev/null"),
        ("core.quotePath", "true"),
        ("core.attributesFile", "attributes"),
        ("grep.patternType", "fixed"),
        ("grep.fullName", "false"),
        ("color.ui", "always"),
        ("color.grep", "always"),
        ("grep.lineNumber", "true"),
        ("submodule.recurse", "true"),
        ("status.showUntrackedFiles", "no"),
        ("core.ignoreCase", "true"),
        ("log.showSignature", "true"),
        ("core.pager", "false"),
    ],
    ids=lambda setting: setting[0],
)
def test_a_persons_git_settings_change_nothing(sandbox: Sandbox, setting: tuple[str, str]) -> None:
    sandbox.move("src/common/text.py", "src/common/né text.py")
    sandbox.append("src/common/readers/csv.py", "# changed\n")
    sandbox.write("src/finance/stripe/base/new.py", "")
    expected = plan(sandbox)
    sandbox.write(".git/attributes", "* -diff -text binary\n")
    sandbox.git("config", *setting)
    assert plan(sandbox) == expected


def test_a_persons_environment_changes_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.append(A, "# changed\n")
    expected = plan(sandbox)
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_WORK_TREE": "/nowhere",
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_DIFF_OPTS": "--unified=0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_ICASE_PATHSPECS": "1",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    assert plan(sandbox) == expected


def test_replaced_objects_are_not_believed(sandbox: Sandbox) -> None:
    original = sandbox.head
    sandbox.append(A, "# changed\n")
    sandbox.commit("Work")
    sandbox.git("replace", "HEAD", original)
    assert deployed(plan(sandbox, "--base", original, "--head", "work")) == FINANCE


# Names

NAMES = (
    *(
        "né.csv",
        "sp ace.txt",
        "quote'\".txt",
        "tab\t.txt",
        "new\nline.txt",
        "$(touch x).txt",
        "${{ x }}.txt",
        "-rf",
        "*",
        "?",
    ),
    *("[a]", "\\", ":(top)x", "!x", "#x", "{x}", "a=b", "\u202egnp.txt", "é" * 60, '"quoted"'),
)


@pytest.mark.parametrize("folder", ["src/finance/stripe", "src/common/readers"])
def test_odd_names_are_paths_like_any_other(sandbox: Sandbox, folder: str) -> None:
    sandbox.write_all({f"{folder}/{name}": "1\n" for name in NAMES})
    manifest = plan(sandbox)
    assert changed(manifest) == {f"{folder}/{name}": "added" for name in NAMES}
    assert {item["reaches"] for item in manifest["changes"]} == {2}
    assert deployed(manifest) == (FINANCE if "finance" in folder else MARKETING)


@pytest.mark.parametrize("folder", ["src/finance/stripe", "src/common/readers"])
def test_a_name_that_is_not_utf_8_is_written_as_git_quotes_it(sandbox: Sandbox, folder: str) -> None:
    sandbox.write(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"), "1\n")
    manifest = plan(sandbox)
    assert changed(manifest) == {f'"{folder}/caf\\351.txt"': "added"}
    assert deployed(manifest) == (FINANCE if "finance" in folder else MARKETING)
    result = run_scope(sandbox.root, "plan", "--output", "-")
    assert result.exit_code == 0, result
    assert "caf\\351" in result.stderr


def test_names_can_not_reach_out_of_the_table(sandbox: Sandbox) -> None:
    sandbox.write("docs/\x1b[31mred\u202e [bold]x.md", "1\n")
    result = run_scope(sandbox.root, "plan")
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "\\x1b[31mred\\u202e [bold]x.md" in result.stdout


def test_domains_whose_names_begin_alike_are_not_taken_for_each_other(sandbox: Sandbox) -> None:
    sandbox.write_all(domain("sales") | domain("sales_eu"))
    sandbox.commit("Two more")
    sandbox.append("src/sales_eu/orders/base/facts.py", "# changed\n")
    assert deployed(plan(sandbox, "--base", "HEAD")) == {"dev/sales_eu", "prod/sales_eu"}
    sandbox.git("checkout", "--quiet", ".")
    sandbox.append("src/sales/orders/base/facts.py", "# changed\n")
    assert deployed(plan(sandbox, "--base", "HEAD")) == {"dev/sales", "prod/sales"}


def test_a_folder_that_differs_from_a_domain_in_case_only_belongs_to_nobody(sandbox: Sandbox) -> None:
    sandbox.write("src/Finance/stripe/a.py", "")
    manifest = plan(sandbox)
    assert (manifest["mode"], [item["reason"] for item in manifest["changes"]]) == ("full", ["unowned"])


# Kinds


def test_only_the_executable_bit_deploys_nothing_and_says_why(sandbox: Sandbox) -> None:
    sandbox.path(A).chmod(0o755)
    manifest = plan(sandbox)
    assert manifest["deploy"] == []
    assert [(item["path"], item["reaches"]) for item in manifest["changes"]] == [(A, 0)]
    assert "executable bit" in manifest["changes"][0]["reason"]


def test_a_file_that_becomes_a_link_a_submodule_and_a_file_again_deploys_each_time(sandbox: Sandbox) -> None:
    sandbox.path(A).unlink()
    sandbox.path(A).symlink_to("../final/b.py")
    manifest = plan(sandbox)
    assert (changed(manifest), deployed(manifest)) == ({A: "type"}, FINANCE)
    assert [(item["code"], item["path"]) for item in manifest["warnings"]] == [("symlink", A)]
    sandbox.commit("A link")
    sandbox.path(A).unlink()
    sandbox.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{A}")
    sandbox.git("commit", "--quiet", "--message", "A submodule")
    manifest = plan(sandbox, "--base", "HEAD~1", "--head", "HEAD")
    assert (changed(manifest), deployed(manifest)) == ({A: "type"}, FINANCE)
    assert [item["code"] for item in manifest["warnings"]] == ["submodule"]
    sandbox.git("rm", "--quiet", "--cached", A)
    sandbox.write(A, "X = 1\n")
    sandbox.commit("A file again")
    assert deployed(plan(sandbox, "--base", "HEAD~1", "--head", "HEAD")) == FINANCE


def test_a_submodule_that_moves_on_is_a_change(sandbox: Sandbox) -> None:
    for number in "12":
        sandbox.git("update-index", "--add", "--cacheinfo", f"160000,{number * 40},src/finance/vendor/x")
        sandbox.git("commit", "--quiet", "--message", "Submodule")
    manifest = plan(sandbox, "--base", "HEAD~1", "--head", "HEAD")
    assert (changed(manifest), deployed(manifest)) == ({"src/finance/vendor/x": "modified"}, FINANCE)


def test_a_folder_that_becomes_a_file_and_a_file_that_becomes_a_folder(sandbox: Sandbox) -> None:
    sandbox.delete("src/common/readers")
    sandbox.write("src/common/readers", "a file\n")
    sandbox.delete("src/common/text.py")
    sandbox.write("src/common/text.py/deep.txt", "a folder\n")
    assert deployed(plan(sandbox)) == FINANCE | MARKETING


def test_the_shared_folder_replaced_by_a_link_deploys_everything(sandbox: Sandbox) -> None:
    sandbox.delete("src/common")
    sandbox.path("src/common").symlink_to("finance")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE | MARKETING
    assert "symlink" in {item["code"] for item in manifest["warnings"]}


# Places to run it from


def test_a_subfolder_a_worktree_and_a_folder_with_spaces_give_the_same_bytes(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append("src/common/text.py", "# work\n")
    sandbox.commit("Work")
    other = tmp_path / "sp ace né 'x' $(y)"
    sandbox.git("worktree", "add", "--quiet", "--detach", str(other))
    (other / ".git").stat()
    answers = {
        run_scope(folder, "plan", "--output", "-").stdout
        for folder in (sandbox.root, sandbox.root / "src" / "finance", other, other / "docs")
    }
    assert len(answers) == 1
    assert '"prod/finance"' in answers.pop()


def test_a_clone_with_another_object_format_works(tmp_path: Path) -> None:
    root = tmp_path / "sha256"
    root.mkdir()
    sandbox = Sandbox(root)
    sandbox.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    sandbox.write_all(domain("finance") | {"targets/dev.yml": "", "databricks.yml": ""})
    sandbox.commit("Start")
    sandbox.append("src/finance/orders/base/facts.py", "# changed\n")
    assert deployed(plan(sandbox)) == {"dev/finance"}


def test_a_bare_repository_says_that_it_needs_a_work_tree(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.git("clone", "--quiet", "--bare", str(sandbox.root), str(tmp_path / "bare"))
    result = run_scope(tmp_path / "bare", "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "work tree" in result.stderr
