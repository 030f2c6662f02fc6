"""What the example shows: which change deploys what, on this repository itself."""

import json
from pathlib import Path

import pytest

from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

TARGETS = ("dev", "prod", "staging")
EVERYTHING = {f"{target}/{domain}": "deploy" for target in TARGETS for domain in ("finance", "marketing")}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Give a copy of this repository, not to be changed."""
    return Sandbox.of_repository(tmp_path_factory.mktemp("example") / "origin", leaving_out=["tests/"])


@pytest.fixture
def example(origin: Sandbox, tmp_path: Path) -> Sandbox:
    """Give a clone of it to change."""
    return origin.clone(tmp_path / "example")


def deploys(sandbox: Sandbox) -> dict[str, str]:
    """Return what the work tree would deploy: target and domain → action."""
    result = run_scope(sandbox.root, "plan", "--base", "main", "--output", "-", "--quiet")
    assert result.exit_code == 0, result
    return {item["id"]: item["action"] for item in json.loads(result.stdout)["deploy"]}


def of(*domains: str) -> dict[str, str]:
    return {f"{target}/{domain}": "deploy" for target in TARGETS for domain in domains}


def test_a_shared_module_deploys_the_domains_that_import_it(example: Sandbox) -> None:
    example.append("src/common/money.py", "\nROUNDING = 1\n")
    assert deploys(example) == of("finance")
    example.append("src/common/tables.py", "\nROUNDING = 1\n")
    assert deploys(example) == of("finance", "marketing")


def test_a_target_s_file_deploys_every_domain_to_that_target_only(example: Sandbox) -> None:
    example.append("targets/prod.yml", "# later\n")
    assert deploys(example) == {"prod/finance": "deploy", "prod/marketing": "deploy"}


def test_the_bundle_deploys_everything(example: Sandbox) -> None:
    example.append("databricks.yml", "# later\n")
    assert deploys(example) == EVERYTHING


def test_documentation_deploys_nothing(example: Sandbox) -> None:
    example.append("docs/layers.md", "\nMore.\n")
    assert deploys(example) == {}


def test_a_path_that_no_rule_knows_deploys_everything(example: Sandbox) -> None:
    example.write("contracts/payments.json", "{}")
    assert deploys(example) == EVERYTHING


def test_a_file_that_moves_between_domains_deploys_both(example: Sandbox) -> None:
    example.move("src/finance/stripe/transforms/payments.py", "src/marketing/hubspot/transforms/payments.py")
    assert deploys(example) == of("finance", "marketing")


def test_a_domain_whose_folders_are_gone_is_destroyed(example: Sandbox) -> None:
    for folder in ("src", "resources", "specs/jobs", "specs/pipelines"):
        example.delete(f"{folder}/marketing")
    assert deploys(example) == {f"{target}/marketing": "destroy" for target in TARGETS}


def test_a_preset_deploys_the_domains_whose_specs_name_it(example: Sandbox) -> None:
    example.append("resources/_models/schedules.yml", "# later\n")
    assert deploys(example) == of("finance")


def test_the_example_stands_on_its_own(example: Sandbox) -> None:
    result = run_scope(example.root, "check")
    assert (result.exit_code, result.stdout) == (0, ""), result
