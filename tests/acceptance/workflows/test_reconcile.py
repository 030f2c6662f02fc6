"""reconcile.yml, played: it tells, and deploys only where it was said to."""

import dataclasses

from tests.acceptance.workflows.conftest import Platform
from tests.support.fake_workspace import FakeWorkspace


def test_the_nightly_run_tells_and_deploys_only_where_a_variable_says_so(
    platform: Platform, fake_workspace: FakeWorkspace
) -> None:
    run = platform.by_hand("reconcile.yml")
    inner = run.jobs["report"].jobs
    assert [job.result for job in inner.values()] == ["success", "success"]
    assert "### `staging`: 0 of 2 domains in sync" in inner["report 0"].summary
    assert "| `finance` | never deployed |" in inner["report 1"].summary
    assert fake_workspace.writes() == []

    variables = {**platform.settings.variables, "RECONCILE": "staging"}
    platform.settings = dataclasses.replace(platform.settings, variables=variables)
    assert platform.by_hand("reconcile.yml").jobs["deploy"].result == "success"
    assert not [path for path in fake_workspace.snapshot().folders if "/prod" in path]
    reported = platform.by_hand("reconcile.yml").jobs["report"].jobs
    assert "### `staging`: 2 of 2 domains in sync" in reported["report 0"].summary
    assert "### `prod`: 0 of 2 domains in sync" in reported["report 1"].summary

    # The plan of the CLI says nothing of files.
    path = "/Workspace/deploy/.bundle/data-platform/staging/finance/files/src/finance/stripe/raw/payments.py"
    assert fake_workspace.read(path)
    fake_workspace.write(path, b"print('not by a deploy')\n")
    reported = platform.by_hand("reconcile.yml").jobs["report"].jobs
    assert "### `staging`: 1 of 2 domains in sync" in reported["report 0"].summary
    assert "edited src/finance/stripe/raw/payments.py" in reported["report 0"].summary


def test_prod_is_reconciled_by_the_way_of_every_deploy_and_waits_for_its_approval(
    platform: Platform, fake_workspace: FakeWorkspace
) -> None:
    settings = platform.settings
    platform.settings = dataclasses.replace(settings, rejected=frozenset({"prod-approval"}))
    assert platform.by_hand("reconcile.yml", reconcile=True).jobs["deploy"].result == "failure"
    assert [path for path in fake_workspace.snapshot().folders if "/staging" in path]
    assert not [path for path in fake_workspace.snapshot().folders if "/prod" in path]

    platform.settings = settings
    run = platform.by_hand("reconcile.yml", reconcile=True)
    assert run.jobs["deploy"].jobs["approve-prod"].result == "success"
    assert run.jobs["deploy"].result == "success"
    assert [path for path in fake_workspace.snapshot().folders if "/prod" in path]
