"""A domain's stage: the same bytes from every clone, no trace in the repository, a deployment that stands alone."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scope.adapters.git import GitRepository
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from scope.stage.checks import check_stage
from scope.stage.folder import StageFacts, open_stage
from tests.support.builders import allow_code, domain, resource_yaml, skeleton, source
from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope, run_scope_process

PLATFORM = skeleton() | domain("finance") | domain("marketing")


@contextmanager
def staged(root: Path, target: str, domain_name: str, *, has_permit: bool = False, commit: str = "HEAD") -> Iterator[Path]:
    """Make the stage of a deployment at a commit."""
    with GitRepository(root) as git:
        head = git.commit(commit)
        assert head is not None
        index = DomainIndex(Snapshot(git, git.root_tree(head)))
        facts = StageFacts(target, domain_name, head, git.branch, git.origin, has_permit=has_permit)
        with open_stage(index.snapshot, index.staged(target, domain_name), facts) as folder:
            yield folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return the repository's files in a stage: all but what the stage's maker writes."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith((".git", ".venv/", ".stage/"))}


def findings(sandbox: Sandbox, domain_name: str = "finance") -> list[tuple[str, str]]:
    """Return the code and place of what keeps a stage from standing on its own."""
    sandbox.commit("Change")
    with GitRepository(sandbox.root) as git:
        head = git.commit("HEAD")
        assert head is not None
        findings = check_stage(DomainIndex(Snapshot(git, git.root_tree(head))), "dev", domain_name)
        return [(finding.code, f"{finding.path}:{finding.line}") for finding in findings]


@pytest.fixture
def platform(sandbox: Sandbox) -> Sandbox:
    """Give a committed platform of two domains."""
    sandbox.write_all(PLATFORM)
    sandbox.commit("Start")
    return sandbox


# Bytes


def test_a_stage_holds_one_domain_one_target_and_nothing_else(platform: Sandbox) -> None:
    with staged(platform.root, "prod", "finance") as folder:
        names = set(contents(folder))
    assert {"databricks.yml", "targets/prod.yml", "resources/__init__.py", "src/pyproject.toml"} <= names
    assert all("marketing" not in name for name in names)
    assert not names & {"targets/dev.yml", "targets/staging.yml", "pyproject.toml"}


def _shallow(origin: Sandbox, root: Path) -> Path:
    return origin.clone(root, "--depth", "1").root


def _partial(origin: Sandbox, root: Path) -> Path:
    clone = origin.clone(root, "--filter=blob:none", "--no-checkout")
    clone.git("config", "extensions.partialClone", "origin")
    return clone.root


def _linked(origin: Sandbox, root: Path) -> Path:
    origin.git("worktree", "add", "--quiet", "--detach", str(root))
    return root


def _crlf(origin: Sandbox, root: Path) -> Path:
    clone = origin.clone(root, "--config", "core.autocrlf=true", "--config", "core.eol=crlf")
    assert b"\r\n" in clone.path("databricks.yml").read_bytes()
    return clone.root


@pytest.mark.parametrize("make", [_shallow, _partial, _linked, _crlf])
def test_every_kind_of_clone_gives_the_same_bytes(
    platform: Sandbox, tmp_path: Path, make: Callable[[Sandbox, Path], Path]
) -> None:
    platform.write(".gitattributes", "*.py export-ignore ident eol=crlf\n")
    platform.append("src/finance/orders/base/facts.py", "# $Id$\n")
    platform.commit("Give attributes that a checkout or an archive would follow")
    with staged(platform.root, "prod", "finance") as folder:
        expected = contents(folder)
    with staged(make(platform, tmp_path / "other clone"), "prod", "finance") as folder:
        assert contents(folder) == expected


def test_names_that_shells_and_parsers_trip_over_are_staged_as_they_are(platform: Sandbox) -> None:
    names = [
        "a b#?%.py",
        "né.txt",
        "quote'\".txt",
        "tab\t.txt",
        "new\nline.txt",
        "$(touch x).txt",
        "${{ x }}.txt",
        "-rf.txt",
    ]
    platform.write_all({f"src/finance/orders/{name}": name for name in names})
    platform.commit("Add odd names")
    with staged(platform.root, "prod", "finance") as folder:
        assert {f"src/finance/orders/{name}" for name in names} <= set(contents(folder))


# No trace


def test_staging_leaves_no_trace_in_the_repository_and_no_folder_behind(platform: Sandbox, tmp_path: Path) -> None:
    platform.write("src/finance/orders/base/new.py", "ROWS = 2\n")
    before = (platform.git("status", "--porcelain"), platform.git("count-objects", "-v"), platform.read(".git/config"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    result = run_scope_process(
        platform.root, "bundle", "finance", "--", "schema", env={"TMPDIR": str(temporary), "PATH": _path(tmp_path)}
    )
    assert result.exit_code == 0, result
    assert (
        platform.git("status", "--porcelain"),
        platform.git("count-objects", "-v"),
        platform.read(".git/config"),
    ) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_takes_its_stage_with_it(platform: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    temporary, started = tmp_path / "temporary", tmp_path / "started"
    temporary.mkdir()
    path = _path(tmp_path, f"touch {started}; exec sleep 30")
    command = [sys.executable, "-m", "scope.cli", "bundle", "finance", "--", "schema"]
    environment = {**os.environ, "TMPDIR": str(temporary), "PATH": path}
    with subprocess.Popen(
        command,
        cwd=platform.root,
        env=environment,
        stderr=subprocess.PIPE,
        # A shell lets what it starts in the background ignore interrupts, and tests may be there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no thread of ours is needed there
    ) as process:
        deadline = time.monotonic() + 30
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [folder.name.partition("-stage-")[0] for folder in temporary.glob("scope-stage-*")] == ["scope"]
        process.send_signal(number)
        process.wait(timeout=20)
    assert list(temporary.iterdir()) == []


def _path(folder: Path, body: str = "exit 0") -> str:
    """Return a PATH on which `databricks` is a script: these tests are about what surrounds it."""
    program = folder / "bin" / "databricks"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return os.pathsep.join([str(program.parent), os.environ["PATH"]])


# Findings


def test_a_complete_domain_has_no_findings(platform: Sandbox) -> None:
    assert findings(platform) == []


def test_an_import_of_nothing_is_named_with_its_line(platform: Sandbox) -> None:
    platform.append("src/finance/orders/base/facts.py", "\nfrom common.gone import x\n")
    assert findings(platform) == [("import", "src/finance/orders/base/facts.py:5")]


def test_an_import_of_another_domain_is_named_with_its_line(platform: Sandbox) -> None:
    platform.write("src/finance/orders/base/other.py", "import marketing.orders.base.facts\n")
    assert findings(platform) == [("import", "src/finance/orders/base/other.py:1")]


def test_a_path_that_a_resource_names_must_be_there(platform: Sandbox) -> None:
    platform.write(
        "resources/finance/orders/report.yml",
        resource_yaml(
            "jobs", "report", {"tasks": [{"task_key": "x", "notebook_task": {"notebook_path": "../../../src/finance/n"}}]}
        ),
    )
    assert findings(platform) == [("reference", "resources/finance/orders/report.yml:7")]


def test_a_glob_that_matches_nothing_is_named(platform: Sandbox) -> None:
    platform.delete("src/finance/orders")
    assert [code for code, _ in findings(platform)] == ["reference"]


def test_links_and_submodules_are_named_instead_of_left_out_silently(platform: Sandbox) -> None:
    platform.path("src/finance/link.py").symlink_to("__init__.py")
    platform.git("update-index", "--add", "--cacheinfo", f"160000,{platform.head},src/finance/module")
    platform.git("add", "src/finance/link.py")
    platform.git("commit", "--quiet", "--message", "Add a link and a submodule")
    with GitRepository(platform.root) as git:
        index = DomainIndex(Snapshot(git, git.root_tree(platform.head)))
        assert [finding.code for finding in check_stage(index, "dev", "finance")] == ["symlink", "submodule"]


def test_a_pointer_of_large_file_storage_is_named(platform: Sandbox) -> None:
    platform.write("src/finance/rates.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert findings(platform) == [("lfs-pointer", "src/finance/rates.csv:0")]


def test_two_sources_of_one_notebook_are_named(platform: Sandbox) -> None:
    platform.write("src/finance/report.py", "# Databricks notebook source\n")
    platform.write("src/finance/report.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    assert [code for code, _ in findings(platform)] == ["notebook-twin"]


def test_what_is_tracked_but_never_uploaded_is_named(platform: Sandbox) -> None:
    platform.write("src/finance/__pycache__/x.pyc", b"\0")
    platform.git("add", "--force", "src/finance/__pycache__/x.pyc")
    assert findings(platform) == [("ignored", "src/finance/__pycache__/x.pyc:0")]


def test_a_name_that_is_not_utf_8_is_named(platform: Sandbox) -> None:
    Path(os.fsdecode(os.fsencode(platform.path("src/finance")) + b"/caf\xe9.csv")).write_bytes(b"")
    assert findings(platform) == [("file-name", '"src/finance/caf\\351.csv":0')]


def test_a_file_with_another_encoding_in_a_checkout_is_named(platform: Sandbox) -> None:
    platform.write(".gitattributes", "*.csv working-tree-encoding=UTF-16\n")
    platform.write("src/finance/rates.csv", "a".encode("utf-16"))
    assert findings(platform) == [("encoding", "src/finance/rates.csv:0")]


def test_yaml_that_the_cli_would_not_load_is_named(platform: Sandbox) -> None:
    platform.write("resources/finance/orders/volume.yaml", "resources: {}\n")
    platform.write("resources/finance/orders/jobs/deep/volume.yml", "resources: {}\n")
    assert [code for code, _ in findings(platform)] == ["unloaded-resource"] * 2


def test_a_tracked_file_cannot_stand_in_for_what_the_stage_brings(platform: Sandbox) -> None:
    platform.write(".stage/stage.yml", "targets: {}\n")
    platform.git("add", "--force", ".stage/stage.yml")
    assert findings(platform) == [("reserved", ".stage:0")]


def test_a_stage_that_does_not_stand_alone_never_reaches_the_cli(platform: Sandbox, tmp_path: Path) -> None:
    platform.append("src/finance/orders/base/facts.py", "\nimport common.gone\n")
    result = run_scope(platform.root, "bundle", "finance", "--", "plan", env={"PATH": _path(tmp_path, "echo started")})
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "src/finance/orders/base/facts.py:5: `common.gone` isn't in the repository" in result.stderr


# What `scope bundle` takes


@pytest.mark.parametrize("command", ["deploy", "destroy", "deployment"])
def test_what_writes_goes_round_no_lock(platform: Sandbox, command: str) -> None:
    result = run_scope(platform.root, "bundle", "finance", "-t", "prod", "--", command, "--auto-approve")
    assert result.exit_code == 3
    assert "Run: " in result.stderr


@pytest.mark.parametrize(
    "arguments", [["plan", "-t", "dev"], ["plan", "--var", "domain=marketing"], ["--debug", "plan"], ["init"]]
)
def test_options_that_are_scopes_own_and_other_commands_are_refused(platform: Sandbox, arguments: list[str]) -> None:
    result = run_scope(platform.root, "bundle", "finance", "--", *arguments)
    assert result.exit_code == 2, result
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["nobody"], "There is no domain `nobody`"), (["finance", "-t", "qa"], "There is no target `qa`")],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    platform: Sandbox, arguments: list[str], words: str
) -> None:
    result = run_scope(platform.root, "bundle", *arguments, "--", "plan")
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("command", ["status", "deploy", "reconcile", "doctor", "bundle finance"])
def test_where_there_is_no_bundle_every_command_says_so(sandbox: Sandbox, command: str) -> None:
    sandbox.write("README.md", "# Empty\n")
    sandbox.commit("Start")
    words, rest = command.split(), ["--", "plan"] if command.startswith("bundle") else []
    result = run_scope(sandbox.root, *words, "-t", "prod", *rest)
    assert result.exit_code != 0
    assert "There is no databricks.yml in this git repository." in result.stdout + result.stderr
    assert "no target" not in result.stdout + result.stderr


# With the real CLI


@pytest.fixture
def hosted(platform: Sandbox, fake_workspace: FakeWorkspace) -> Sandbox:
    """Give the platform with the fake workspace as its host."""
    platform.point_at(fake_workspace)
    platform.commit("Name the host")
    return platform


def deploy(cli: DatabricksCli, workspace: FakeWorkspace, sandbox: Sandbox, target: str, name: str) -> CliResult:
    """Deploy with the CLI alone, in a stage with the permit."""
    with staged(sandbox.root, target, name, has_permit=True) as folder:
        return cli.bundle("deploy", cwd=folder, workspace=workspace, target=target, domain=name)


def environment_of(cli: DatabricksCli, workspace: FakeWorkspace) -> dict[str, str]:
    """Return the environment for a scope that starts the CLI, whose Pythons hand their work over."""
    return cli.environment(workspace, cli.handing_over())


@pytest.mark.parametrize("target", ["dev", "staging", "prod"])
def test_harmless_commands_run_in_a_stage(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str
) -> None:
    environment = environment_of(databricks_cli, fake_workspace)
    for command in ("validate", "plan", "summary"):
        result = run_scope_process(hosted.root, "bundle", "finance", "-t", target, "--", command, env=environment)
        assert result.exit_code == 0, result
        assert "marketing" not in result.stdout


@pytest.mark.parametrize("arguments", [("bundle", "finance", "--", "plan"), ("run", "finance_orders_refresh_job")])
def test_an_edited_target_cannot_lead_the_token_elsewhere(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, arguments: tuple[str, ...]
) -> None:
    environment = environment_of(databricks_cli, fake_workspace) | {"DATABRICKS_HOST": "https://dev.example.com"}
    fake_workspace.clear_requests()
    result = run_scope(hosted.root, *arguments, env=environment)
    assert result.exit_code == 3, result
    assert f"dev is at {fake_workspace.url}, but the credentials are for https://dev.example.com" in result.stderr
    assert "targets/dev.yml:11: " in result.stderr
    assert fake_workspace.requests() == []


def test_a_secret_of_an_unknown_workspace_is_sent_nowhere(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    environment = {**environment_of(databricks_cli, fake_workspace), "DATABRICKS_HOST": ""}
    fake_workspace.clear_requests()
    result = run_scope(hosted.root, "bundle", "finance", "--", "validate", env=environment)
    assert result.exit_code == 3, result
    assert "DATABRICKS_TOKEN is set, but not DATABRICKS_HOST" in result.stderr
    assert fake_workspace.requests() == []


def test_the_stage_pins_the_host_that_was_compared(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    # The CLI reads it after the target's own file.
    hosted.write("resources/finance/orders/late.yml", "targets: {dev: {workspace: {host: 'https://elsewhere.invalid'}}}\n")
    hosted.write("pyproject.toml", allow_code(hosted.read("pyproject.toml"), "finance"))
    environment = environment_of(databricks_cli, fake_workspace)
    result = run_scope_process(hosted.root, "bundle", "finance", "--", "validate", env=environment)
    assert result.exit_code == 0, result
    assert fake_workspace.url in result.stdout


def test_the_environment_cannot_lead_the_cli_elsewhere(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    environment = environment_of(databricks_cli, fake_workspace)
    led = {"DATABRICKS_BUNDLE_ROOT": str(hosted.root), "BUNDLE_ROOT": str(hosted.root), "BUNDLE_VAR_domain": "marketing"}
    plain = run_scope_process(hosted.root, "bundle", "finance", "--", "plan", env=environment)
    assert run_scope_process(hosted.root, "bundle", "finance", "--", "plan", env={**environment, **led}) == plain


def test_deploying_a_domain_uploads_exactly_its_staged_files_and_touches_no_other(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    assert deploy(databricks_cli, fake_workspace, hosted, "prod", "marketing").exit_code == 0
    before = fake_workspace.snapshot("/Workspace/deploy/.bundle/data-platform/prod/marketing")
    result = deploy(databricks_cli, fake_workspace, hosted, "prod", "finance")
    assert result.exit_code == 0, result
    after = fake_workspace.snapshot("/Workspace/deploy/.bundle/data-platform/prod")
    with staged(hosted.root, "prod", "finance") as folder:
        sources = {name: content for name, content in contents(folder).items() if name.startswith("src/")}
    assert after.below("/Workspace/deploy/.bundle/data-platform/prod/finance/files") == sources
    assert all("marketing" not in name for name in sources)
    assert fake_workspace.snapshot("/Workspace/deploy/.bundle/data-platform/prod/marketing").files == before.files


def test_what_was_uploaded_installs_into_a_fresh_environment_and_imports(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, tmp_path: Path
) -> None:
    hosted.write("src/common/rates.py", "EUR = 1\n")
    hosted.write("src/common/unused.py", "")
    hosted.write("src/finance/orders/base/prices.py", "from common.rates import EUR\n\nPRICE = EUR + 1\n")
    hosted.commit("Use shared code")
    assert deploy(databricks_cli, fake_workspace, hosted, "prod", "finance").exit_code == 0
    root = "/Workspace/deploy/.bundle/data-platform/prod/finance/files"
    uploaded = tmp_path / "uploaded"
    for name, content in fake_workspace.snapshot(root).below(root).items():
        (uploaded / name).parent.mkdir(parents=True, exist_ok=True)
        (uploaded / name).write_bytes(content)
    python = tmp_path / "fresh/bin/python"
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, tmp_path / "fresh"], check=True)
    # As a pipeline installs it, but for the build backend, which the tests' environment lends.
    options = ["--offline", "--no-deps", "--no-build-isolation", "--python", python, "--editable", uploaded / "src"]
    lent = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    subprocess.run(["uv", "pip", "install", "-q", *options], check=True, env=lent)
    code = (
        "import importlib.util, finance.orders.base.prices as prices\n"
        "hidden = ('marketing', 'common.unused', 'scope', 'generator', 'resources')\n"
        "print(prices.PRICE, [name for name in hidden if importlib.util.find_spec(name)])"
    )
    run = subprocess.run([python, "-I", "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert run.stdout == "2 []\n"


def test_two_domains_deployed_at_once_stay_apart(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    with (
        staged(hosted.root, "prod", "finance", has_permit=True) as one,
        staged(hosted.root, "prod", "marketing", has_permit=True) as other,
    ):
        environment = environment_of(databricks_cli, fake_workspace)
        running = [
            subprocess.Popen(
                [databricks_cli.path, "bundle", "deploy", "-t", "prod", "--var", f"domain={name}"],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for name, folder in (("finance", one), ("marketing", other))
        ]  # fmt: skip
        assert [process.wait(timeout=60) for process in running] == [0, 0]
    for name in ("finance", "marketing"):
        result = run_scope_process(hosted.root, "bundle", name, "-t", "prod", "--", "plan", env=environment)
        assert "Plan: 0 to add, 0 to change, 0 to delete, 4 unchanged" in result.stdout, result


def test_kinds_of_resources_that_only_yaml_has_deploy_with_their_domain_alone(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    home = "resources/finance/orders"
    dashboard = {"display_name": "Orders", "warehouse_id": "w", "file_path": "../../../src/finance/orders/d.lvdash.json"}
    hosted.write_all(
        {
            f"{home}/dashboard.yml": resource_yaml("dashboards", "finance_orders_dashboard", dashboard),
            f"{home}/scope.yml": resource_yaml("secret_scopes", "finance_orders_scope", {"name": "finance-orders"}),
            f"{home}/volume.yml": resource_yaml(
                "volumes", "finance_orders_volume",
                {"catalog_name": "finance", "schema_name": "orders", "name": "landing", "volume_type": "MANAGED"},
            ),
            "src/finance/orders/d.lvdash.json": "{}",
        }
    )  # fmt: skip
    hosted.commit("Add a dashboard, a volume and a secret scope")
    for name in ("finance", "marketing"):
        result = deploy(databricks_cli, fake_workspace, hosted, "prod", name)
        assert result.exit_code == 0, result
    root = "/Workspace/deploy/.bundle/data-platform/prod"
    own = ["dashboards.finance_orders_dashboard", "secret_scopes.finance_orders_scope", "volumes.finance_orders_volume"]
    state = fake_workspace.read(f"{root}/finance/state/resources.json") or b""
    assert all(f"resources.{name}".encode() in state for name in own)
    other = fake_workspace.read(f"{root}/marketing/state/resources.json") or b""
    assert b"resources.jobs.marketing" in other
    assert not any(f"resources.{name}".encode() in other for name in own)


def test_the_stage_of_a_domain_that_is_gone_plans_its_deletion(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    assert deploy(databricks_cli, fake_workspace, hosted, "prod", "marketing").exit_code == 0
    hosted.delete("src/marketing")
    hosted.delete("resources/marketing")
    hosted.commit("Remove marketing")
    with staged(hosted.root, "prod", "marketing") as folder:
        result = databricks_cli.bundle("plan", cwd=folder, workspace=fake_workspace, target="prod", domain="marketing")
    assert "Plan: 0 to add, 0 to change, 4 to delete, 0 unchanged" in result.stdout, result


def test_the_cli_sees_commit_branch_and_origin_but_no_credentials(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    hosted.git("remote", "add", "origin", "https://user:secret@example.com/data/platform.git")
    assert deploy(databricks_cli, fake_workspace, hosted, "prod", "finance").exit_code == 0
    metadata = fake_workspace.read("/Workspace/deploy/.bundle/data-platform/prod/finance/state/metadata.json") or b""
    assert hosted.head.encode() in metadata
    assert b'"branch": "main"' in metadata
    assert b"https://example.com/data/platform.git" in metadata
    assert b"secret@" not in metadata


def test_code_in_a_stage_does_not_see_the_checkout(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    hidden = ("scope", "generator", "common", "marketing")
    look = f"SEEN = [name for name in {hidden} if importlib.util.find_spec(name)]"
    probe = f"import importlib.util\n\n{look}\nassert not SEEN, SEEN\n"
    hosted.write("resources/finance/orders/probe.py", probe)
    hosted.write("pyproject.toml", allow_code(hosted.read("pyproject.toml"), "finance"))
    hosted.commit("Look around while loading")
    result = run_scope_process(
        hosted.root, "bundle", "finance", "--", "validate", env=databricks_cli.environment(fake_workspace)
    )
    assert result.exit_code == 0, result


def test_a_second_source_needs_no_word_anywhere_else(
    hosted: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    hosted.write_all(source("finance", "refunds"))
    result = run_scope_process(
        hosted.root, "bundle", "finance", "--", "plan", env=environment_of(databricks_cli, fake_workspace)
    )
    assert "create jobs.finance_refunds_refresh_job" in result.stdout, result
