"""A variable without a value is told before the CLI ends for it."""

import pytest

from scope.graph.closure import DomainIndex
from scope.stage.checks import check_stage
from tests.support.fake_git import FakeGit, Files

FILES: Files = {
    "databricks.yml": "bundle: {name: x}\nvariables: {prefix: {default: ''}}\n",
    "targets/dev.yml": "targets: {dev: {mode: development}}\n",
    "targets/prod.yml": "targets: {prod: {}}\n",
    "resources/__init__.py": "",
    "resources/finance/stripe/a.yml": "",
    "src/finance/a.py": "",
}


def findings(more: dict[str, str], target: str = "dev") -> list[str]:
    index = DomainIndex(FakeGit().snapshot({**FILES, **more}))
    return [str(one) for one in check_stage(index, target, "finance") if one.code == "no-value"]


@pytest.mark.parametrize("path", ["databricks.yml", "targets/dev.yml", "resources/finance/stripe/a.yml"])
def test_a_variable_without_a_value_is_told_where_it_is_declared(path: str) -> None:
    (finding,) = findings({path: "x: 1\nvariables:\n  region:\n    description: Where.\n"})
    assert finding.startswith(f"{path}:3: `region` has no value in dev, so every deploy fails.")


@pytest.mark.parametrize(
    "more",
    [
        {"resources/finance/stripe/b.yml": "targets: {dev: {variables: {region: eu}}}\n"},
        {"targets/dev.yml": "targets: {dev: {variables: {region: {default: eu}}}}\n"},
        {"pyproject.toml": '[tool.scope]\nvariables = ["region"]\n'},
        {"pyproject.toml": '[tool.scope]\nvariables = ["finance.region"]\n'},
        {"resources/finance/stripe/a.yml": "variables: {region: {lookup: {cluster: small}}}\n"},
        {"resources/finance/stripe/a.yml": "variables: {region: {type: complex, default: [a]}}\n"},
        # What an alias stands for, nobody knows here.
        {"resources/finance/stripe/b.yml": "x: &x {default: eu}\nvariables: {region: *x}\n"},
        {"resources/finance/stripe/b.yml": "x: &x {region: {default: eu}}\nvariables: {<<: *x}\n"},
    ],
)
def test_a_variable_that_gets_a_value_anywhere_is_no_finding(more: dict[str, str]) -> None:
    assert findings({"resources/finance/stripe/a.yml": "variables: {region: {}}\n", **more}) == []


def test_a_value_in_one_target_is_none_in_another() -> None:
    files = {"resources/finance/stripe/a.yml": "variables: {region: {}}\ntargets: {dev: {variables: {region: eu}}}\n"}
    assert findings(files) == []
    assert len(findings(files, "prod")) == 1
    assert findings({**files, "pyproject.toml": '[tool.scope]\nvariables = ["marketing.region"]\n'}, "prod")
