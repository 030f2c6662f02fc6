"""Where the bundles of a team lie, as their own files have it."""

from collections.abc import Mapping

import pytest

from scope.deployment.bundle_target import BundleTarget, read_bundle_target
from scope.errors import UsageError
from scope.graph.bundle_index import BundleIndex
from scope.repository.ownership import Rules
from scope.workspace_model import User
from tests.support.fake_git import FakeGit

ME = User("ann@acme.com", "ann")
HOST = "https://one.cloud.databricks.com"
TEAM = "variables:\n  team:\n    default: a\n"


def _read(files: Mapping[str, str], *domains: str, target: str = "prod") -> BundleTarget:
    index = BundleIndex(FakeGit().snapshot(files), Rules(bundles=("*",)))
    return read_bundle_target(index, target, domains)


def _bundle(text: str = "", *, name: str = "sales", host: str | None = HOST, root: str | None = None) -> str:
    lines = [f"bundle:\n  name: {name}\n{text}targets:\n  prod:\n    workspace:\n"]
    lines += [f"      host: {host}\n"] if host else ["      profile: x\n"]
    lines += [f"      root_path: {root}\n"] if root else []
    return "".join(lines)


@pytest.mark.parametrize(
    ("config", "root"),
    [
        (_bundle(), "/Workspace/Users/ann@acme.com/.bundle/sales/prod"),
        (_bundle(root="~/x/${bundle.target}"), "/Workspace/Users/ann@acme.com/x/prod"),
        (_bundle(root="/Shared/${bundle.name}"), "/Workspace/Shared/sales"),
        (
            _bundle(
                "variables:\n  team:\n    default: a\n", root="/Workspace/${var.team}/${workspace.current_user.short_name}"
            ),
            "/Workspace/a/ann",
        ),
        (
            _bundle("variables:\n  team:\n    default: a\n", root="/Workspace/${var.team}")
            + "    variables:\n      team: b\n",
            "/Workspace/b",
        ),
        ("bundle:\n  name: s\nworkspace:\n  root_path: /Workspace/all\ntargets:\n  prod: {}\n", "/Workspace/all"),
    ],
)
def test_the_root_is_the_one_that_the_cli_takes(config: str, root: str) -> None:
    assert _read({"a/databricks.yml": config}).resolve(ME, "a") == root


def test_what_an_included_file_says_counts() -> None:
    target = _read(
        {
            "a/databricks.yml": "bundle:\n  name: s\ninclude:\n  - t.yml\n",
            "a/t.yml": (
                f"targets:\n  prod:\n    mode: production\n    workspace:\n      host: {HOST}\n      root_path: /Shared/s\n"
            ),
        }
    )
    assert (target.resolve(ME, "a"), target.host, target.is_production) == ("/Workspace/Shared/s", HOST, True)
    assert target.root_place_of("a") == "a/t.yml:6"


def test_a_target_without_a_host_takes_that_of_the_credentials() -> None:
    assert _read({"a/databricks.yml": _bundle(host=None)}).host == ""


def test_only_what_is_development_everywhere_is_deployed_from_the_work_tree() -> None:
    dev = "bundle:\n  name: {}\ntargets:\n  prod:\n    mode: development\n"
    both = {"a/databricks.yml": dev.format("a"), "b/databricks.yml": dev.format("b")}
    assert not _read(both).is_production
    assert _read({**both, "b/databricks.yml": dev.format("b").replace("mode: development", "default: true")}).is_production


def test_bundles_in_several_workspaces_are_deployed_apart() -> None:
    files = {"a/databricks.yml": _bundle(), "b/databricks.yml": _bundle(name="b", host="https://two.cloud.databricks.com")}
    with pytest.raises(UsageError, match=r"lie in several workspaces: .*a/databricks\.yml:6.*`--domain`"):
        _read(files)
    assert set(_read(files, "a").bundles) == {"a"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (_bundle(root="/Workspace/${var.unknown}"), r"a/databricks\.yml:7: `root_path` uses `\$\{var\.unknown\}`"),
        (_bundle(root="/Workspace/../x"), r"isn't a plain path below /Workspace"),
        (_bundle(host="${var.host}"), r"a/databricks\.yml:6: `host` uses `\$\{var\.host\}`"),
        (_bundle(host="http://evil.com"), r"isn't a workspace's URL"),
        (_bundle() + "      state_path: /Workspace/x\n", r"a/databricks\.yml:7: `state_path` puts a part"),
        ("targets:\n  prod: {}\n", r"a/databricks\.yml:1: `bundle\.name` is missing"),
    ],
)
def test_what_can_not_be_known_is_told_with_its_place(config: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _read({"a/databricks.yml": config}).resolve(ME, "a")


def test_two_bundles_in_one_place_are_refused() -> None:
    target = _read({"a/databricks.yml": _bundle(), "b/databricks.yml": _bundle()})
    with pytest.raises(UsageError, match=r"a and b would both lie in /Workspace/Users/ann@acme\.com/\.bundle/sales/prod"):
        target.require_distinct_roots(ME)
