"""Whom the credentials are for, without asking anybody."""

from pathlib import Path

import pytest

from scope.adapters.credentials import Credentials, find_credentials
from scope.deployment.target import TargetSettings
from scope.errors import Refused, UsageError

HOST = "https://prod.cloud.databricks.com"
SETTINGS = TargetSettings("prod", "x", HOST, "targets/prod.yml:7", "r", "targets/prod.yml:8", "production", "main")


def find(folder: Path, profiles: str = "", **environment: str) -> Credentials:
    (folder / ".databrickscfg").write_text(profiles)
    return find_credentials(SETTINGS, {"HOME": str(folder), **environment})


def test_the_environments_host_is_whom_they_are_for(tmp_path: Path) -> None:
    credentials = find(tmp_path, DATABRICKS_HOST="dev.cloud.databricks.com/", DATABRICKS_TOKEN="t")  # noqa: S106  no secret
    assert credentials.host == "https://dev.cloud.databricks.com"
    assert credentials.settings() == {"DATABRICKS_HOST": "https://dev.cloud.databricks.com"}


@pytest.mark.parametrize(
    "secret", ["DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "ARM_CLIENT_SECRET", "DATABRICKS_OIDC_TOKEN"]
)
def test_a_secret_that_does_not_say_where_it_belongs_is_not_used(tmp_path: Path, secret: str) -> None:
    with pytest.raises(Refused, match=f"{secret} is set, but not DATABRICKS_HOST"):
        find(tmp_path, f"[DEFAULT]\nhost = {HOST}\n", **{secret: "x"})


def test_the_one_profile_that_was_saved_for_the_host_is_used(tmp_path: Path) -> None:
    profiles = f"[DEFAULT]\nhost = https://dev.cloud.databricks.com\n[work]\nhost = {HOST}/\ntoken = %x\n"
    assert find(tmp_path, profiles) == Credentials(HOST, "work")
    assert find(tmp_path, profiles).settings()["DATABRICKS_CONFIG_PROFILE"] == "work"


def test_a_profile_that_is_named_says_its_own_host(tmp_path: Path) -> None:
    profiles = f"[dev]\nhost = https://dev.cloud.databricks.com\n[work]\nhost = {HOST}\n"
    assert find(tmp_path, profiles, DATABRICKS_CONFIG_PROFILE="dev").host == "https://dev.cloud.databricks.com"
    with pytest.raises(UsageError, match="names `none`"):
        find(tmp_path, profiles, DATABRICKS_CONFIG_PROFILE="none")


def test_no_profile_or_several_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="databricks auth login --host"):
        find(tmp_path)
    with pytest.raises(UsageError, match="a, b are all for"):
        find(tmp_path, f"[a]\nhost = {HOST}\n[b]\nhost = {HOST}\n")


def test_a_configuration_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        find(tmp_path, "no section\n")
