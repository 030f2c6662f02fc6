"""Whom a path deploys by layout and by rule, and what `scope plan` writes, prints and ends with."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scope.cli import COMMANDS
from tests.support.five_bundles import five_bundles
from tests.support.imported import modules_after
from tests.support.plans import FINANCE, MARKETING, deployed, plan, platform
from tests.support.sandbox import Sandbox, git_environment
from tests.support.scope_command import run_scope, run_scope_process

A = "src/finance/stripe/base/a.py"
EVERYTHING = FINANCE | MARKETING


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return platform(tmp_path / "platform")


# Rules


@pytest.mark.parametrize(
    ("path", "expected", "reason"),
    [
        ("targets/prod.yml", {"prod/finance", "prod/marketing"}, None),
        ("databricks.yml", EVERYTHING, "part of every deployment"),
        ("resources/__init__.py", EVERYTHING, "the loader of every deployment's resources"),
        ("src/pyproject.toml", EVERYTHING, "part of every deployment"),
        ("pyproject.toml", EVERYTHING, "tooling that shapes what is deployed"),
        ("uv.lock", EVERYTHING, "tooling that shapes what is deployed"),
        ("generator/emit.py", EVERYTHING, "the generator shapes every resource"),
        ("unknown/deep/x.bin", EVERYTHING, "unowned"),
        ("docs/a.md", set(), "documentation"),
        ("tests/x.py", set(), "never leaves this repository"),
        (".github/workflows/x.yml", set(), "never leaves this repository"),
        (".vscode/settings.json", set(), "editor and git settings"),
        ("specs/jobs/finance/stripe/a.yml", FINANCE, None),
        ("specs/domains/marketing.yml", MARKETING, None),
        ("resources/_models/clusters.yml", FINANCE, None),
        ("resources/_models/tags.yml", set(), "no domain uses it"),
    ],
)
def test_a_path_deploys_whom_it_belongs_to(sandbox: Sandbox, path: str, expected: set[str], reason: str | None) -> None:
    sandbox.write(path, f"{sandbox.read(path) if sandbox.path(path).exists() else ''}# changed\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == expected
    assert manifest["mode"] == {0: "none", 2: "scoped", 4: "full"}[len(expected)]
    change = manifest["changes"][0]
    assert (change["reason"], change["reaches"]) == (reason, len(expected))


def test_a_path_nobody_owns_is_named_to_a_person(sandbox: Sandbox) -> None:
    sandbox.write("Makefile", "all:\n")
    assert "Makefile (no rule covers it)" in run_scope(sandbox.root, "plan").stdout


def test_what_deploys_by_rule_only_says_so(sandbox: Sandbox) -> None:
    sandbox.append("uv.lock", "# raised\n")
    assert {item["because"] for item in plan(sandbox)["deploy"]} == {"rule"}


def test_rules_of_the_repository_count(sandbox: Sandbox) -> None:
    rules = '[[tool.scope.rules]]\npaths = ["tools/**"]\ndeploys = "nothing"\nwhy = "for people"\n'
    sandbox.write("pyproject.toml", rules)
    sandbox.commit("Rules")
    sandbox.write("tools/a.sh", "true\n")
    manifest = plan(sandbox, "--base", "HEAD")
    assert (manifest["mode"], manifest["changes"][0]["reason"]) == ("none", "for people")


def test_a_change_can_not_hide_itself_behind_a_rule_that_it_brings(sandbox: Sandbox) -> None:
    sandbox.write("pyproject.toml", '[[tool.scope.rules]]\npaths = ["**"]\ndeploys = "nothing"\n')
    sandbox.write("Makefile", "all:\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == EVERYTHING
    assert {item["path"]: item["reason"] for item in manifest["changes"]} == {
        "Makefile": "unowned",
        "pyproject.toml": "the rules themselves changed",
    }


def test_rules_that_can_not_be_read_stop_with_their_lines(sandbox: Sandbox) -> None:
    sandbox.write("pyproject.toml", "[tool.scope]\nmatrix-jobs = 1000\nrulez = []\n")
    result = run_scope(sandbox.root, "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pyproject.toml:2: `matrix-jobs`" in result.stderr
    assert "pyproject.toml:3: `rulez`" in result.stderr


def test_a_limit_of_jobs_packs_the_matrix_and_loses_nothing(sandbox: Sandbox) -> None:
    sandbox.write("pyproject.toml", "[tool.scope]\nmatrix-jobs = 2\n")
    entries = plan(sandbox)["matrix"]["include"]
    assert entries == [
        {
            "id": f"{target}-finance-to-marketing",
            "target": target,
            "domains": "finance marketing",
            "environment": target,
            "folder": ".",
        }
        for target in ("dev", "prod")
    ]


# Output


def test_the_manifest_goes_to_its_file_and_its_digest_to_the_person(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan")
    assert result.exit_code == 0
    assert "finance" in result.stdout
    content = sandbox.path(".scope/manifest.json").read_bytes()
    digest = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout.split()[0].decode()
    assert f"sha256:{digest}" in result.stderr
    assert [path.name for path in sandbox.path(".scope").glob(".*")] == [".gitignore"], "nothing half written stays"


def test_the_manifest_on_stdout_leaves_the_table_to_stderr_and_no_file(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan", "--output", "-")
    assert deployed(result.json) == FINANCE
    assert "finance" in result.stderr
    assert not sandbox.path(".scope").exists()


def test_json_on_stdout_is_the_manifest_of_the_file(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan", "--format", "json")
    assert result.stdout.encode() == sandbox.path(".scope/manifest.json").read_bytes()
    both = run_scope(sandbox.root, "plan", "--format", "json", "--output", "-")
    assert both.stdout == result.stdout


def test_quiet_leaves_only_what_was_asked_for(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "--quiet", "plan")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert sandbox.path(".scope/manifest.json").exists()


def test_nothing_to_deploy_is_said(sandbox: Sandbox) -> None:
    result = run_scope(sandbox.root, "plan", "--detailed-exitcode")
    assert result.exit_code == 0
    assert "nothing to deploy" in result.stdout


def test_something_to_deploy_is_an_exit_code_where_asked_for(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    assert run_scope(sandbox.root, "plan").exit_code == 0
    assert run_scope(sandbox.root, "plan", "--detailed-exitcode").exit_code == 5


def test_a_target_narrows_the_manifest(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    manifest = plan(sandbox, "--target", "prod")
    assert (manifest["targets"], deployed(manifest), manifest["mode"]) == (["prod"], {"prod/finance"}, "scoped")
    sandbox.append("databricks.yml", "# changed\n")
    assert plan(sandbox, "--target", "prod")["mode"] == "full"


def test_an_unknown_target_is_bad_input_and_names_those_there_are(sandbox: Sandbox) -> None:
    result = run_scope(sandbox.root, "plan", "--target", "qa")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "dev, prod" in result.stderr


def test_an_unknown_domain_is_bad_input_and_the_nearest_is_named(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan", "--domain", "finanse")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == ("scope: There is no domain `finanse`. Did you mean `finance`? Known: finance, marketing.\n")


def test_targets_stand_in_the_order_of_promotion(sandbox: Sandbox) -> None:
    sandbox.write("pyproject.toml", '[tool.scope]\ntargets = ["prod", "dev"]\n')
    assert plan(sandbox)["targets"] == ["prod", "dev"]
    assert "deploy  prod, dev  finance, marketing\n" in run_scope(sandbox.root, "plan").stdout
    assert "| domain | `prod` | `dev` |" in run_scope(sandbox.root, "comment").stdout
    assert "  src/common/text.py  [prod, dev]\n" in run_scope(sandbox.root, "why", "src/common/text.py").stdout


def test_what_is_run_after_a_plan_is_of_a_target_that_it_concerns(sandbox: Sandbox) -> None:
    sandbox.append("targets/prod.yml", "# changed\n")
    lines = run_scope(sandbox.root, "plan").stdout.splitlines()
    assert [line for line in lines if line.startswith("  scope deploy")] == [
        "  scope deploy --target prod --domain finance --domain marketing"
    ]


def test_the_end_of_a_plan_says_what_to_run_next_and_names_the_manifest_last(sandbox: Sandbox) -> None:
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan", as_terminal=True)
    *_, title, why, deploy, manifest = result.stdout.splitlines()
    assert (title, why, deploy) == ("Next:", "  scope why finance", "  scope deploy --target dev --domain finance")
    said = re.fullmatch(r"Manifest: \.scope/manifest\.json (sha256:[0-9a-f]{64})", manifest)
    assert said is not None
    # What is printed is what other commands take.
    assert run_scope(sandbox.root, "comment", "--manifest-sha256", said[1]).exit_code == 0
    assert (
        run_scope(sandbox.root, "results", "--manifest", ".scope/manifest.json", "--manifest-sha256", said[1], "x").exit_code
        == 1
    )


@pytest.mark.parametrize("arguments", [["plan", "--bass", "x"], ["plan", "--format", "yaml"], ["plna"]])
def test_wrong_usage_ends_with_2(sandbox: Sandbox, arguments: list[str]) -> None:
    result = run_scope(sandbox.root, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def _unwritable(sandbox: Sandbox) -> None:
    sandbox.write(".scope", "a file\n")


def _linked(sandbox: Sandbox) -> None:
    sandbox.path(".scope").symlink_to(sandbox.root.parent)


def _occupied(sandbox: Sandbox) -> None:
    sandbox.path(".scope/manifest.json/x").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [_unwritable, _linked, _occupied])
def test_a_manifest_that_can_not_be_written_is_one_message(sandbox: Sandbox, spoil: Any) -> None:  # noqa: ANN401  a function above
    spoil(sandbox)
    sandbox.append(A, "Y = 1\n")
    result = run_scope(sandbox.root, "plan")
    assert result.exit_code == 2
    assert result.stderr.startswith("scope: ")
    assert ".scope" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (sandbox.root.parent / "manifest.json").exists()


def test_a_manifest_file_that_is_a_link_is_refused_and_not_followed(sandbox: Sandbox, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    sandbox.path(".scope").mkdir()
    sandbox.path(".scope/manifest.json").symlink_to(victim)
    result = run_scope(sandbox.root, "plan")
    assert result.exit_code == 2
    assert "manifest.json is a link" in result.stderr
    assert victim.read_text() == "mine\n"


def test_a_manifest_goes_through_a_pipe_that_stays_one(sandbox: Sandbox, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    contents: list[bytes] = []
    reader = threading.Thread(target=lambda: contents.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert run_scope(sandbox.root, "plan", "--output", str(pipe)).exit_code == 0
    reader.join(timeout=30)
    assert pipe.is_fifo()
    assert json.loads(contents[0])["schema_version"] == 1


def test_what_scope_wrote_itself_deploys_nothing(tmp_path: Path) -> None:
    sandbox = platform(tmp_path / "platform")
    sandbox.write(".gitignore", "")
    sandbox.commit("Ignore nothing")
    run_scope(sandbox.root, "plan")
    result = run_scope(sandbox.root, "plan", "--base", "HEAD", "--output", "-")
    assert json.loads(result.stdout)["deploy"] == []


def test_rules_of_the_base_that_can_not_be_read_deploy_everything_and_say_so(sandbox: Sandbox) -> None:
    sandbox.switch("main")
    sandbox.write("pyproject.toml", "[tool.scope]\nmatrix-jobs = 0\n")
    sandbox.commit("Break the rules")
    sandbox.switch("repair", create=True)
    sandbox.write("pyproject.toml", "[tool.scope]\nmatrix-jobs = 3\n")
    sandbox.commit("Repair them")
    result = run_scope(sandbox.root, "plan", "--base", "main", "--output", "-")
    assert json.loads(result.stdout)["mode"] == "full"
    assert "[tool.scope] of the base can't be read, so everything deploys." in result.stderr


def test_a_reader_that_leaves_early_gets_no_traceback(sandbox: Sandbox) -> None:
    sandbox.write_all({f"src/finance/stripe/raw/n{number}.py": "" for number in range(2000)})
    command = f"{sys.executable} -m scope.cli plan --output - | head -c 10"
    done = subprocess.run(
        ["sh", "-c", command], cwd=sandbox.root, env=git_environment(), capture_output=True, check=False, text=True
    )
    assert done.stdout == '{\n  "schem'
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


# The same inputs, the same bytes


def test_the_same_inputs_give_the_same_bytes_anywhere_and_anytime(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append("src/common/text.py", "# né\n")
    sandbox.write("src/finance/stripe/né.txt", "x")
    sandbox.write("Makefile", "all:\n")
    sandbox.commit("Work")
    clone = sandbox.clone(tmp_path / "somewhere else", "--branch", "work")
    clone.git("branch", "main", "origin/main")
    settings: list[dict[str, str]] = [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "POSIX"},
        {"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "COLUMNS": "20", "PYTHONUTF8": "0", "FORCE_COLOR": "1"},
    ]
    answers = {run_scope_process(sandbox.root, "plan", "--output", "-", env=setting).stdout for setting in settings}
    answers.add(run_scope_process(clone.root / "src", "plan", "--output", "-").stdout)
    assert len(answers) == 1
    tree = json.loads(answers.pop())
    assert tree["mode"] == "full"
    assert str(sandbox.root) not in json.dumps(tree)


# What it costs


HEAVY = ("networkx", "pydantic", "git", "databricks", "requests", "sqlglot", "yaml", "importlib.metadata", "rich", "shtab")


# Of the standard library and of scope, what takes a millisecond or more, and would be imported without being missed.
UNUSED = {"dataclasses", "inspect", "shutil", "tempfile", "shlex", "scope.workspace_model"}


def packages_after(sandbox: Sandbox, *commands: Sequence[str]) -> list[set[str]]:
    """Return which packages, and modules directly in one, a process has imported after each of these commands."""
    modules = modules_after(sandbox.root, {**git_environment(), "HOME": os.devnull}, *commands)
    return [{".".join(name.split(".")[:depth]) for name in names for depth in (1, 2)} for names in modules]


def heavy_after(sandbox: Sandbox, *arguments: str) -> set[str]:
    """Return which of the slow packages a command has imported."""
    return packages_after(sandbox, arguments)[0] & set(HEAVY)


@pytest.mark.parametrize("change", ["added", "modified", "shared"])
def test_a_plan_imports_only_what_it_needs(sandbox: Sandbox, change: str) -> None:
    if change == "added":
        sandbox.write("src/finance/stripe/base/new.py", "X = 1\n")
    else:
        sandbox.append(A if change == "modified" else "src/common/text.py", "Y = 2\n")
    assert not heavy_after(sandbox, "--quiet", "plan")


@pytest.mark.parametrize("path", [A, "src/common/text.py"])
def test_a_plan_of_a_commit_imports_no_more_of_the_standard_library_than_it_needs(sandbox: Sandbox, path: str) -> None:
    sandbox.append(path, "Y = 2\n")
    sandbox.commit("Change a file")
    command = ["--quiet", "plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]
    (names,) = modules_after(sandbox.root, {**git_environment(), "HOME": os.devnull}, command)
    assert not names & UNUSED


def test_only_a_change_of_shared_code_looks_for_dependents(sandbox: Sandbox) -> None:
    for path, is_shared in ((A, False), ("src/common/text.py", True)):
        sandbox.append(path, "Y = 2\n")
        (names,) = modules_after(sandbox.root, {**git_environment(), "HOME": os.devnull}, ["plan"])
        assert ("scope.graph.dependents" in names) == is_shared


def test_help_imports_only_what_it_needs(sandbox: Sandbox) -> None:
    commands = [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
    # Nothing is unloaded, so the first with a slow package is the one to blame.
    heavy = [names & set(HEAVY) for names in packages_after(sandbox, *commands)]
    assert dict(zip(map(" ".join, commands), heavy, strict=True)) == {" ".join(command): set() for command in commands}


def test_a_check_imports_only_what_it_needs(sandbox: Sandbox) -> None:
    # What databricks.yml names must be in the stage.
    assert heavy_after(sandbox, "check") == {"yaml"}


@pytest.mark.parametrize("changed", [A, "src/common/text.py"])
@pytest.mark.parametrize("subject", [A, "docs/a.md", "finance", "src/common/text.py"])
def test_an_answer_to_why_imports_only_what_it_needs(sandbox: Sandbox, subject: str, changed: str) -> None:
    sandbox.append(changed, "Y = 2\n")
    assert not heavy_after(sandbox, "why", subject)


def test_only_a_picture_needs_the_graph_of_networkx(sandbox: Sandbox) -> None:
    sandbox.append("src/common/text.py", "Y = 2\n")
    # It brings one more.
    assert heavy_after(sandbox, "graph") == {"networkx", "importlib.metadata"}


def test_only_the_page_of_a_graph_reads_the_built_page(sandbox: Sandbox) -> None:
    sandbox.append("src/common/text.py", "Y = 2\n")
    other = [["plan"], ["comment"], ["why", "finance"], ["graph"], ["graph", "--all", "--format", "json"]]
    modules = modules_after(sandbox.root, {**git_environment(), "HOME": os.devnull}, *other, ["graph", "--format", "html"])
    assert ["scope.render.graph_page" in names for names in modules] == [*(False for _ in other), True]


def test_a_comment_imports_only_what_it_needs(sandbox: Sandbox) -> None:
    sandbox.append("src/common/text.py", "Y = 2\n")
    assert run_scope(sandbox.root, "plan").exit_code == 0
    assert heavy_after(sandbox, "comment") == {"pydantic", "importlib.metadata"}


def test_a_table_is_what_needs_rich(sandbox: Sandbox) -> None:
    sandbox.write("src/finance/stripe/base/new.py", "X = 1\n")
    assert "rich" in packages_after(sandbox, ["plan"])[0]
    assert "rich" not in packages_after(sandbox, ["plan", "--format", "json"])[0]


def test_a_glob_that_names_no_bundle_is_told_wherever_it_came_from(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "team", five_bundles())
    sandbox.commit("Begin")
    assert "names has a databricks.yml" not in run_scope(sandbox.root, "plan").stdout
    sandbox.write("pyproject.toml", '[tool.scope]\nbundles = ["bundles/*", "domain/*"]\n')
    planned = run_scope(sandbox.root, "plan")
    assert planned.exit_code == 0, planned
    assert "pyproject.toml: No folder that `domain/*` in `bundles` names has a databricks.yml." in planned.stdout
