"""The record: read strictly, believed only where everything beside it agrees."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scope.deployment.approval import Approval
from scope.deployment.evidence import PendingCreates
from scope.deployment.inventory import Inventory
from scope.deployment.record import (
    Applied,
    Attempt,
    InvalidRecord,
    Record,
    dumps,
    new_attempt,
    parse_record,
    repository_name,
    untrusted_reason,
)
from scope.deployment.state import DeploymentState, FileState, ResourceState, UploadState
from scope.deployment.target import DeploymentId
from scope.model import ResourceKey

SCHEMA = ResourceKey("schemas", "s")
ATTEMPT = new_attempt(
    "deploy",
    commit="c" * 40,
    fingerprint="v1:f",
    dirty=False,
    actor="deployer",
    run_url="https://ci/42",
    cli_version="1.13.0",
    creates=PendingCreates().with_planned({SCHEMA: "finance.stripe"}, "me", datetime(2026, 1, 1, tzinfo=UTC)),
    approval=Approval("0f", ("delete jobs.a (1)",)),
)
INVENTORY = Inventory({ResourceKey("volumes", "v"): "finance.stripe.landing"})
RECORD = Record(
    "github.com/acme/data",
    "prod",
    "finance",
    ATTEMPT,
    Applied(ATTEMPT, "2026-01-01T00:00:00+00:00", "l", 3, 7, "d"),
    INVENTORY,
)
STATE = DeploymentState(ResourceState(FileState.READABLE, "l", 3), UploadState(FileState.READABLE, 7, digest="d"))


def why(record: Record | InvalidRecord | None = RECORD, state: DeploymentState = STATE) -> str | None:
    return untrusted_reason(record, state, repository="github.com/acme/data", deployment=DeploymentId("prod", "finance"))


def test_a_record_comes_back_as_it_was_written() -> None:
    assert parse_record(dumps(RECORD)) == RECORD


def test_the_file_is_plain_json_that_a_person_can_read() -> None:
    tree = json.loads(dumps(RECORD))
    assert next(iter(tree)) == "record_version"
    assert tree["inventory"] == {"resources.volumes.v": "finance.stripe.landing"}
    assert tree["attempted"]["creates"] == {
        "names": {"resources.schemas.s": "finance.stripe"},
        "since": {"resources.schemas.s": "2026-01-01T00:00:00+00:00"},
        "creators": ["me"],
    }
    assert tree["attempted"]["approval"] == {"digest": "0f", "items": ["delete jobs.a (1)"]}


def test_a_record_that_agrees_with_everything_is_believed() -> None:
    assert why() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * 2_000_000,
        dumps(RECORD)[:-40],
        dumps(RECORD).replace(b'"target"', b'"tarjet"'),
        dumps(RECORD).replace(b'"serial": 3', b'"serial": "3"'),
        dumps(RECORD).replace(b'"dirty": false', b'"dirty": 0'),
        dumps(RECORD).replace(b'"record_version": 1', b'"record_version": true'),
        dumps(RECORD).replace(b'"record_version": 1', b'"record_version": 1, "more": 1'),
        # It isn't the key of a resource.
        *(
            dumps(RECORD).replace(b"resources.schemas.s", key)
            for key in (b"x", b"resources.schemas.a.grants", b"resources.Schemas.a", b"resources.schemas")
        ),
        # It goes to git, which would take it for an option.
        dumps(RECORD).replace(b"c" * 40, b"--upload-pack=touch x"),
    ],
)
def test_an_invalid_record_is_reported_and_not_believed(content: bytes) -> None:
    record = parse_record(content)
    assert isinstance(record, InvalidRecord)
    assert why(record) is not None


def test_a_record_of_a_newer_scope_is_not_believed() -> None:
    content = json.dumps(json.loads(dumps(RECORD)) | {"record_version": 3}).encode()
    assert parse_record(content) == InvalidRecord("a newer scope wrote it (version 3)")


@pytest.mark.parametrize(
    "record",
    [
        replace(RECORD, repository="github.com/fork/data"),
        replace(RECORD, target="dev"),
        replace(RECORD, domain="sales"),
    ],
)
def test_a_record_of_something_else_is_not_believed(record: Record) -> None:
    assert why(record) is not None


def test_a_later_attempt_that_was_not_applied_is_not_believed() -> None:
    later: Attempt = replace(ATTEMPT, id="another")
    assert "did not complete" in (why(replace(RECORD, attempted=later)) or "")
    assert why(replace(RECORD, applied=None)) is not None


@pytest.mark.parametrize(
    "state",
    [
        DeploymentState(STATE.resources, UploadState(FileState.READABLE, 8, digest="d")),
        DeploymentState(STATE.resources, UploadState(FileState.READABLE, 7, digest="another upload, counted anew")),
        DeploymentState(STATE.resources, UploadState(FileState.ABSENT)),
        DeploymentState(STATE.resources, UploadState(FileState.BROKEN)),
        DeploymentState(ResourceState(FileState.READABLE, "l", 4), STATE.files),
        DeploymentState(ResourceState(FileState.READABLE, "m", 3), STATE.files),
        DeploymentState(ResourceState(FileState.ABSENT), STATE.files),
        DeploymentState(ResourceState(FileState.NEWER), STATE.files),
    ],
)
def test_a_record_that_the_state_contradicts_is_not_believed(state: DeploymentState) -> None:
    assert why(state=state) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/acme/data",
        "https://github.com/Acme/Data.git",
        "https://user:secret@github.com/acme/data.git/",
        "git@github.com:acme/data.git",
        "ssh://git@github.com/acme/data.git",
    ],
)
def test_a_repository_has_one_name_however_its_origin_is_written(origin: str) -> None:
    assert repository_name(origin) == "github.com/acme/data"


def test_a_repository_without_origin_has_no_name() -> None:
    assert repository_name(None) == ""
    assert repository_name("/srv/git/data.git") == "srv/git/data"
