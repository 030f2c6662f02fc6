"""Several deployments at once: no one's end is another's."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from scope.adapters.git import GitRepository
from scope.controller.approval import ApprovalRequired
from scope.controller.operation import Operation, OperationResult
from scope.controller.pool import run_all
from scope.controller.session import Options, Revision, Session
from scope.deployment.target import TargetSettings
from scope.documents.results import Counts, Outcome, Result
from scope.errors import CliError, Fault, Locked, Refused
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from scope.workspace_model import User
from scope.workspace_ports import BundleCli
from tests.support.fakes import InMemoryWorkspace
from tests.support.sandbox import Sandbox

SETTINGS = TargetSettings("prod", "x", "https://x.com", "p:1", "/Workspace/${var.domain}", "p:2", "production", "main")


def no_cli(_folder: Path, _domain: str) -> BundleCli:
    raise AssertionError("No CLI is needed here.")


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    sandbox.write("a", "1")
    commit = sandbox.commit("one")
    with GitRepository(sandbox.root) as git:
        yield Session(
            root=sandbox.root,
            git=git,
            index=DomainIndex(Snapshot(git, git.root_tree(commit))),
            head=Revision(commit, False, "main", None, ""),
            settings=SETTINGS,
            workspace=InMemoryWorkspace(),
            user=User("me", "me"),
            options=Options(),
            cli_version="1.13.0",
            make_cli=no_cli,
        )


def failing(error: Exception) -> Callable[[], OperationResult]:
    def work() -> OperationResult:
        raise error

    return work


def outcomes(results: tuple[Result, ...]) -> list[str]:
    return [result.outcome for result in results]


def test_each_way_to_end_is_told_and_ends_no_other(session: Session) -> None:
    works: list[Callable[[], OperationResult]] = [
        lambda: OperationResult(Outcome.DEPLOYED, Counts(1, 2, 3)),
        failing(CliError(Fault.SERVER, "server")),
        failing(Refused("refused")),
        failing(ApprovalRequired("approval", ("delete jobs.a",), "d")),
        failing(Locked("locked")),
        failing(ZeroDivisionError("surprise")),
    ]
    operations = tuple(Operation(f"d{number}", "deploy", "changed", work) for number, work in enumerate(works))
    finished: list[Result] = []
    results = run_all(session, operations, 2, finished.append)
    assert outcomes(results) == ["deployed", "failed", "refused", "refused", "locked", "failed"]
    assert (results[0].created, results[0].changed, results[0].deleted) == (1, 2, 3)
    assert results[1].fault == "server"
    assert (results[3].destructive, results[3].digest) == (("delete jobs.a",), "d")
    assert "ZeroDivisionError: surprise" in (results[5].message or "")
    assert sorted(finished, key=lambda result: result.id) == list(results)


def test_no_more_than_asked_for_are_at_work_at_once(session: Session) -> None:
    lock, at_work, most = threading.Lock(), 0, 0

    def work() -> OperationResult:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        threading.Event().wait(0.02)
        with lock:
            at_work -= 1
        return OperationResult(Outcome.DEPLOYED)

    run_all(session, tuple(Operation(f"d{number}", "deploy", None, work) for number in range(8)), 3, lambda _: None)
    assert 1 < most <= 3


@pytest.mark.parametrize(
    ("actions", "at_once", "shares"),
    [
        (["deploy"], 8, ["100"]),
        (["deploy", "deploy"], 8, ["50", "50"]),
        (["deploy"] * 3, 2, ["50"] * 3),
        # What is destroyed begins when all deploys have ended.
        (["deploy", "destroy", "destroy"], 8, ["100", "50", "50"]),
    ],
)
def test_what_runs_at_once_shares_the_requests_that_there_may_be(
    session: Session, actions: list[Literal["deploy", "destroy"]], at_once: int, shares: list[str]
) -> None:
    def work() -> OperationResult:
        return OperationResult(Outcome.DEPLOYED, message=str(session.rate.share()))

    operations = tuple(Operation(f"d{number}", action, None, work) for number, action in enumerate(actions))
    assert [item.message for item in run_all(session, operations, at_once, lambda _: None)] == shares


def test_asked_to_stop_nothing_new_begins(session: Session) -> None:
    def work() -> OperationResult:
        session.stop.set()
        return OperationResult(Outcome.DEPLOYED)

    operations = tuple(Operation(f"d{number}", "deploy", None, work) for number in range(3))
    assert outcomes(run_all(session, operations, 1, lambda _: None)) == ["deployed", "stopped", "stopped"]
