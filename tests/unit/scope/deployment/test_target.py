"""What a target's files say, and what of it is refused before a token goes anywhere."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scope.adapters.git import GitRepository
from scope.deployment.target import TargetSettings, check_host, read_target
from scope.errors import Refused, UsageError
from scope.repository.snapshot import Snapshot
from scope.workspace_model import User
from tests.support.sandbox import Sandbox

BUNDLE = "bundle:\n  name: data-platform\n"
HOST = "https://prod.cloud.databricks.com"
ROOT = "/Workspace/deploy/.bundle/${bundle.name}/${bundle.target}/${var.domain}"
USER = User("jane.doe@example.com", "jane_doe")


def target(host: str = HOST, root: str = ROOT) -> str:
    return (
        f"targets:\n  prod:\n    mode: production\n    git:\n      branch: main\n"
        f"    workspace:\n      host: {host}\n      root_path: {root}\n"
    )


def read(folder: Path, files: Mapping[str, str | bytes]) -> TargetSettings:
    sandbox = Sandbox.create(folder / "sandbox", {"databricks.yml": BUNDLE, **files})
    with GitRepository(sandbox.root) as git:
        return read_target(Snapshot(git, git.root_tree(sandbox.head)), "prod")


def read_text(folder: Path, text: str) -> TargetSettings:
    return read(folder, {"targets/prod.yml": text})


def test_a_target_says_host_mode_branch_and_root(tmp_path: Path) -> None:
    settings = read_text(tmp_path, target())
    assert (settings.host, settings.mode, settings.branch, settings.is_production) == (HOST, "production", "main", True)
    assert settings.resolve(USER, "finance") == "/Workspace/deploy/.bundle/data-platform/prod/finance"
    assert settings.base(USER) == "/Workspace/deploy/.bundle/data-platform/prod"


@pytest.mark.parametrize(
    ("root", "resolved"),
    [
        ("~/x/${var.domain}", "/Workspace/Users/jane.doe@example.com/x/finance"),
        ("/Users/${workspace.current_user.userName}/${var.domain}", "/Workspace/Users/jane.doe@example.com/finance"),
        ("/Workspace/${workspace.current_user.short_name}/${var.domain}", "/Workspace/jane_doe/finance"),
    ],
)
def test_a_root_is_resolved_as_the_cli_does_it(tmp_path: Path, root: str, resolved: str) -> None:
    assert read_text(tmp_path, target(root=root)).resolve(USER, "finance") == resolved


@pytest.mark.parametrize("root", ["/Workspace/x", "/Workspace/${var.domain}/x", "/Workspace/x-${var.domain}"])
def test_a_root_that_is_not_the_domains_own_is_refused_with_its_line(tmp_path: Path, root: str) -> None:
    with pytest.raises(UsageError, match=r"targets/prod\.yml:8: `root_path` must end with"):
        read_text(tmp_path, target(root=root))


@pytest.mark.parametrize("root", ["/Workspace/${var.team}/${var.domain}", "/Workspace/../${var.domain}", "x/${var.domain}"])
def test_a_root_that_only_the_cli_could_know_is_refused_with_its_line(tmp_path: Path, root: str) -> None:
    with pytest.raises(UsageError, match=r"targets/prod\.yml:8: `root_path`"):
        read_text(tmp_path, target(root=root)).resolve(USER, "finance")


@pytest.mark.parametrize(
    "host", ["http://prod.cloud.databricks.com", "https://user:pw@x.com", "https://x.com/path", "prod", "https://x.com?o=1"]
)
def test_a_host_that_is_not_a_plain_https_url_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match=r"targets/prod\.yml:7:"):
        read_text(tmp_path, target(host=host))


def test_a_placeholder_host_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"targets/prod\.yml:7: the host https://prod\.invalid is a placeholder"):
        read_text(tmp_path, target(host="https://prod.invalid"))


@pytest.mark.parametrize("text", ["", "[]", "a: [", "targets: {prod: {workspace: 1}}", "\ufeff\x00"])
def test_a_target_file_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"targets/prod\.yml"):
        read_text(tmp_path, text)


def test_an_unknown_target_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no target `prod` in targets/\. Known: dev, staging\."):
        read(tmp_path, {"targets/dev.yml": target(), "targets/staging.yml": target()})


def test_where_no_target_is_defined_what_to_write_is_told_and_not_the_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no target is defined in targets/\. .*\n.*\nbundles = \[\"\.\"\]$"):
        read(tmp_path, {})


def test_credentials_for_another_host_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    settings = read_text(tmp_path, target())
    check_host(settings, "https://PROD.cloud.databricks.com:443/")
    for other in (
        "https://dev.cloud.databricks.com",
        "http://prod.cloud.databricks.com",
        "https://prod.cloud.databricks.com:8443",
    ):
        with pytest.raises(Refused, match=r"targets/prod\.yml:7: prod is at .* Nothing was sent"):
            check_host(settings, other)


@pytest.mark.parametrize(
    ("mode", "is_production"),
    [("    mode: development\n", False), ("    mode: production\n", True), ("", True), ("    mode: ${var.mode}\n", True)],
)
def test_a_target_is_protected_unless_it_says_that_it_is_development(
    tmp_path: Path, mode: str, *, is_production: bool
) -> None:
    text = target().replace("    mode: production\n", mode)
    assert read_text(tmp_path, text).is_production is is_production
