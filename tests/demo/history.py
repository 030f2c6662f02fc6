"""The demo's history: what somebody changes in the copy, and which commands they run then."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.sandbox import Sandbox

TARGET = "prod"
APPROVAL = "DIGEST"
"""Stands in a command for the digest that the refusal before it has printed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A `scope` command and the exit code with which it has to end."""

    arguments: tuple[str, ...]
    exit_code: int = 0
    dies: bool = False
    """Whether the Databricks CLI is killed while it runs."""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the demo: a change, committed, and the commands that follow. A proposal is taken back afterwards."""

    title: str
    commands: tuple[Command, ...]
    change: Callable[[Sandbox], None] | None = None
    is_proposal: bool = False


PLAN = Command(("plan", "--base", "HEAD~1", "--head", "HEAD"))
DEPLOY = Command(("deploy", "--target", TARGET))
STATUS = Command(("status", "--target", TARGET))
RECONCILE = Command(("reconcile", "--target", TARGET))


def edit_one_layer(sandbox: Sandbox) -> None:
    """Change a file that nothing imports."""
    sandbox.append("src/finance/stripe/staging/payments.py", "\nREFUNDS_ARE_NEGATIVE = True\n")


def edit_shared_module(sandbox: Sandbox) -> None:
    """Change what both domains import."""
    sandbox.append("src/common/columns.py", '\nUNKNOWN = "unknown"\n')


def edit_overlay(sandbox: Sandbox) -> None:
    """Change what differs in prod."""
    sandbox.append(
        f"targets/{TARGET}.yml",
        """\
    variables:
      permissions:
        - level: CAN_MANAGE
          user_name: ${workspace.current_user.userName}
        - level: CAN_VIEW
          group_name: users
""",
    )


def remove_table(sandbox: Sandbox) -> None:
    """Remove the table that marketing reads, with the job and the pipeline that fill it."""
    for folder, ending in (("specs", ".yml"), ("resources", ".py")):
        for kind in ("jobs", "pipelines"):
            source = f"{kind}/finance/stripe" if folder == "specs" else f"finance/stripe/{kind}"
            sandbox.delete(f"{folder}/{source}/final_payments{ending}")
    sandbox.delete("src/finance/stripe/final/payments.py")


def remove_domain(sandbox: Sandbox) -> None:
    """Remove a domain with all it has."""
    for path in sandbox.tracked:
        if "/marketing/" in path and path.startswith(("src/", "specs/", "resources/")):
            sandbox.delete(path)


STEPS = (
    Step("A target in which nothing is deployed yet: everything is due", (DEPLOY, STATUS)),
    Step("An edit in one layer of finance", (PLAN, DEPLOY), edit_one_layer),
    Step("A shared module that both domains import", (PLAN, DEPLOY), edit_shared_module),
    Step(
        "An overlay of prod, and a deploy that dies half-way",
        (
            PLAN,
            Command((*DEPLOY.arguments, "--retry-seconds", "0"), exit_code=1, dies=True),
            STATUS,
            RECONCILE,
            STATUS,
        ),
        edit_overlay,
    ),
    Step(
        "A pull request that removes a table which marketing reads",
        (PLAN, Command(("check", "--base", "HEAD~1"), exit_code=1)),
        remove_table,
        is_proposal=True,
    ),
    Step(
        "A domain is removed: its deployment stays until somebody has seen what goes",
        (
            PLAN,
            Command((*DEPLOY.arguments, "--prune"), exit_code=3),
            Command((*DEPLOY.arguments, "--prune", "--approve-destructive", APPROVAL)),
            STATUS,
        ),
        remove_domain,
    ),
)
