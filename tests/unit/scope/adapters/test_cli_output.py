"""What the CLI prints: plans strictly, the class of a failure loosely, with a safe answer for what isn't known."""

import json

import pytest

from scope.adapters.cli_output import classify_failure, first_error, masked_failure, parse_plan, parse_version
from scope.errors import CliError, Fault
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, PlanAction


def test_a_plan_is_read_with_names_and_what_the_catalog_calls_them() -> None:
    tree = {
        "lineage": "l",
        "serial": 3,
        "plan": {
            "resources.schemas.s": {
                "action": "create",
                "new_state": {"value": {"catalog_name": "finance", "name": "stripe"}},
            },
            "resources.jobs.j": {"action": "delete", "gone": True},
            "resources.jobs.j.permissions": {"action": "new word"},
        },
    }
    plan = parse_plan(json.dumps(tree).encode())
    assert (plan.lineage, plan.serial) == ("l", 3)
    assert plan.actions == (
        PlanAction(ResourceKey("jobs", "j"), ActionKind.DELETE, is_gone=True),
        PlanAction(ResourceKey("jobs", "j", "permissions"), ActionKind.UNKNOWN),
        PlanAction(ResourceKey("schemas", "s"), ActionKind.CREATE, "stripe", "finance.stripe"),
    )
    assert [action.kind for action in plan.actions] == ["jobs", "permissions", "schemas"]


def test_a_plan_tells_which_built_files_it_needs_and_that_it_hides_values() -> None:
    wheel = "/Workspace/x/artifacts/.internal/y-1-py3-none-any.whl"
    job = {"action": "create", "new_state": {"value": {"tasks": [{"libraries": [{"whl": wheel}]}]}}}
    secret = {"action": "create", "new_state": {"value": {"value": "[redacted]"}}}
    plain = parse_plan(json.dumps({"plan": {"resources.jobs.j": job}}).encode())
    assert (plain.wheels, plain.hides_values) == ((wheel,), False)
    assert parse_plan(json.dumps({"plan": {"resources.secrets.s": secret}}).encode()).hides_values


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"plan": []}',
        b'{"plan": {"jobs.x": {"action": "skip"}}}',
        b'{"plan": {"resources.jobs.x": {}}}',
        b"[" * 99999,
    ],
)
def test_what_is_no_plan_is_a_failure(content: bytes) -> None:
    with pytest.raises(CliError, match="printed no plan"):
        parse_plan(content)


API = "Error: cannot create resources.jobs.x: {0}\n\nEndpoint: POST https://x/api/2.2/jobs/create\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Error: plan serial 1 does not match state serial 2; the state has been modified", Fault.STALE_PLAN),
        ('Error: plan lineage "a" does not match state lineage "b"', Fault.STALE_PLAN),
        ("Error: cannot skip resources.jobs.x: failed to refresh: Job 7 does not exist. (404 <nil>)", Fault.STALE_PLAN),
        (API.format("Too fast (429 RESOURCE_EXHAUSTED)"), Fault.THROTTLED),
        (API.format("Oops (500 INTERNAL_ERROR)"), Fault.SERVER),
        (API.format("Oops (503 TEMPORARILY_UNAVAILABLE)"), Fault.SERVER),
        (API.format("No (403 PERMISSION_DENIED)"), Fault.PERMISSION),
        (API.format("No (401 UNAUTHENTICATED)"), Fault.CREDENTIALS),
        (API.format("Full (400 QUOTA_EXCEEDED)"), Fault.QUOTA),
        (API.format("Schema 'x' already exists (400 SCHEMA_ALREADY_EXISTS)"), Fault.ALREADY_EXISTS),
        (API.format('Post "https://x": EOF'), Fault.NETWORK),
        (API.format('Post "https://x": read tcp: connection reset by peer'), Fault.NETWORK),
        (API.format("Odd (418 TEAPOT)"), Fault.UNKNOWN),
        ("Error: Failed to acquire deployment lock: deploy lock acquired by x at y\n", Fault.LOCKED),
        ("Error: lineage mismatch in state files\n", Fault.STATE),
        ("Error: invalid dependency\n", Fault.INVALID),
        ("Error: src/a.ipynb: error loading Jupyter notebook file: EOF\n", Fault.INVALID),
        ("panic: runtime error", Fault.UNKNOWN),
        ("", Fault.UNKNOWN),
    ],
)
def test_a_failure_has_a_class(text: str, fault: Fault) -> None:
    assert classify_failure(text) is fault


def test_of_several_failures_the_one_that_does_not_pass_counts() -> None:
    text = API.format("Oops (500 INTERNAL_ERROR)") + API.format("No (403 PERMISSION_DENIED)")
    assert classify_failure(text) is Fault.PERMISSION


def test_what_failed_because_of_another_says_nothing_new() -> None:
    text = API.format("Oops (500 INTERNAL_ERROR)") + API.format("dependency failed: resources.pipelines.x")
    assert classify_failure(text) is Fault.SERVER


def test_only_what_passes_by_itself_is_tried_again() -> None:
    transient = {Fault.THROTTLED, Fault.SERVER, Fault.NETWORK, Fault.KILLED, Fault.STALE_PLAN}
    assert {fault for fault in Fault if fault.is_transient} == transient


def test_a_success_that_is_none_is_found() -> None:
    text = "Warning: Ignoring permission error when deleting resources.jobs.x (403)\nDeployment complete!\n"
    assert masked_failure(text) == "Ignoring permission error when deleting resources.jobs.x (403)"
    assert masked_failure("Deployment complete!") is None


def test_the_first_error_is_the_summary() -> None:
    assert first_error("Building...\nError: cannot  create\nx\n\nError: second") == "cannot create x"
    assert first_error("panic: oh\n\n") == "panic: oh"
    assert first_error("") == ""


@pytest.mark.parametrize(
    ("text", "version"),
    [("Databricks CLI v1.13.0-dev+25d80af", (1, 13)), ("v0.210.3", (0, 210)), ("Version 0.18.0", (0, 18)), ("hello", None)],
)
def test_a_version_is_read_where_there_is_one(text: str, version: tuple[int, int] | None) -> None:
    parsed = parse_version(text)
    assert (parsed.numbers if parsed else None) == version
