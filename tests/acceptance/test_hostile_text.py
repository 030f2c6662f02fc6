"""Text of a repository, a workspace, a run or the CLI does nothing in a terminal, a log or on a page: it is shown."""

import json
import unicodedata
from pathlib import Path

import pytest

from scope.escaping import escape_invisible
from tests.property.test_inert import LINKED, TAGS, rendered
from tests.support.builders import domain
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

HOSTILE = (
    "a\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x9b2J\u202egnp.exe\u2066\u200b\u2028"
    "\n::error::pwned\n  ::add-mask::x\n##[error]x\r[a](http://evil.example)\t<b>`x`</b> |cell| @team #1 [red]x[/red]\ue000"
)
LOCK = {"ID": "6f7f5b6c-5d5e-4a3c-9d7e-0a1b2c3d4e5f", "AcquisitionTime": HOSTILE, "IsForced": False, "User": HOSTILE}


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": (), "ads": (), "ops": (), "web": ()})
    platform.env["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary.md")
    done = platform.deploy()
    assert done.exit_code == 0, str(done)
    return platform


def check(platform: Platform, *arguments: str) -> CliResult:
    """Run a command, and assert that nothing raw is in what it printed and wrote."""
    summary = Path(platform.env["GITHUB_STEP_SUMMARY"])
    summary.unlink(missing_ok=True)
    done = platform.scope(*arguments)
    assert done.exit_code in {0, 1, 2, 3, 4, 5}, str(done)
    pages = {"summary": summary.read_text()} if summary.exists() else {}
    # Between the columns of a list for programs stand tabs.
    is_list = arguments[0] == "destroy" and "--domain" not in arguments
    texts = {"stdout": done.stdout.replace("\t", " ") if is_list else done.stdout, "stderr": done.stderr, **pages}
    for name, text in texts.items():
        hidden = {hex(ord(one)) for one in text if one != "\n" and escape_invisible(one) != one}
        assert not hidden, (arguments, name, hidden, text)
        for line in text.split("\n"):
            assert not line.lstrip().startswith("::"), (arguments, name, line)
            assert "##[" not in line, (arguments, name, line)
    for text in pages.values():
        page = rendered(text)
        assert {tag for tag, _ in page.tags} <= TAGS
        assert not LINKED.findall("\n".join(page.text)), (arguments, text)
    return done


def check_all(platform: Platform, name: str) -> None:
    """Run every command that meets a deployment of prod."""
    target = ("--target", "prod")
    check(platform, "status", *target, "--summary")
    check(platform, "status", *target, "--format", "json")
    check(platform, "doctor", *target)
    check(platform, "plan", "--base", "deployed", *target)
    check(platform, "comment", "--summary")
    check(platform, "destroy", *target)
    check(platform, "recover", *target, "--domain", name)
    check(platform, "adopt", *target, "--lock-timeout", "0")
    check(platform, "reconcile", *target, "--dry-run")
    check(platform, "deploy", *target, "--domain", name, "--lock-timeout", "0", "--retry-seconds", "0")
    check(platform, "reconcile", *target, "--lock-timeout", "0", "--retry-seconds", "0")
    check(platform, "destroy", *target, "--domain", name, "--lock-timeout", "0")
    check(platform, "recover", *target, "--domain", name, "--yes")
    check(platform, "recover", *target, "--domain", name, "--yes", "--delete-id", "17")


def test_what_a_record_says_is_shown_only(platform: Platform) -> None:
    record = platform.record("sales")
    # Who did it, when, from where and with what; what is invalid in a record is told as well.
    told = ("actor", "started_at", "run_url", "scope_version", "cli_version")
    plain = {**record["attempted"], **dict.fromkeys(told, HOSTILE)}
    creates = {"names": {"resources.schemas.s": HOSTILE}, "since": {"resources.schemas.s": HOSTILE}, "creators": [HOSTILE]}
    moved = [{"id": HOSTILE, "source": f"sales.{HOSTILE}", "destination": f"ads.{HOSTILE}"}]
    tree = {**record, "attempted": {**plain, "creates": creates}, "moved": moved}
    tree["inventory"] = {"resources.schemas.s": HOSTILE, "resources.alerts.a": HOSTILE}
    platform.workspace.write(f"{BASE}/sales/state/scope.json", json.dumps(tree).encode())
    check_all(platform, "sales")
    foreign = {**record, "repository": HOSTILE}
    platform.workspace.write(f"{BASE}/ads/state/scope.json", json.dumps({**foreign, "domain": "ads"}).encode())
    platform.workspace.write(f"{BASE}/ops/state/scope.json", json.dumps({**record, HOSTILE: HOSTILE}).encode())
    platform.workspace.write(f"{BASE}/web/state/scope.json", json.dumps({**record, "domain": HOSTILE}).encode())
    check(platform, "status", "--target", "prod", "--summary")
    check(platform, "reconcile", "--target", "prod", "--lock-timeout", "0", "--retry-seconds", "0")


def test_who_holds_a_lock_is_shown_only(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/web/state/deploy.lock", json.dumps(LOCK).encode())
    platform.workspace.write(f"{BASE}/state/deploy.lock", json.dumps({**LOCK, "ID": HOSTILE}).encode())
    state = {"state_version": 2, "lineage": "l", "serial": 1, "state": {f"resources.jobs.{HOSTILE}": {"__id__": HOSTILE}}}
    platform.workspace.write(f"{BASE}/state/resources.json", json.dumps(state).encode())
    check_all(platform, "web")


def test_what_resources_are_called_is_shown_only(platform: Platform) -> None:
    settings = {"name": HOSTILE, "deployment": {"kind": "BUNDLE", "metadata_file_path": f"{BASE}/sales/state/metadata.json"}}
    platform.workspace.call("POST", "/api/2.2/jobs/create", settings)
    platform.workspace.write(f"{BASE}/sales/files/src/{HOSTILE.replace('/', '_')}.py", b"")
    platform.sandbox.write_all(domain("sales", ("orders",)))
    platform.push("Make it due")
    check_all(platform, "sales")


def test_what_the_workspace_and_the_cli_answer_is_shown_only(platform: Platform) -> None:
    platform.sandbox.write_all(domain("sales", ("orders",)))
    platform.push("Make it due")
    body = {"error_code": "PERMISSION_DENIED", "message": HOSTILE}
    platform.workspace.add_rule("POST", "/api/2.2/jobs/create", status=400, body=body, times=0)
    check(platform, "deploy", "--target", "prod", "--retry-seconds", "0")
    platform.workspace.add_rule("", under=f"{BASE}/ads", status=403, body=body, times=0)
    check_all(platform, "ads")


def test_the_hostile_text_has_every_kind_of_what_is_escaped() -> None:
    assert {unicodedata.category(one) for one in HOSTILE} >= {"Cc", "Cf", "Co", "Zl"}
