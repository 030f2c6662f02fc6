"""Which workspace the credentials on this machine are for, determined before anything is sent.

In the CLI a host in the YAML beats the environment, so an edited target could lead a token anywhere. Therefore the
credentials must say for themselves where they belong: by DATABRICKS_HOST, or by a profile that was saved for one host.
"""

import configparser
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scope.deployment.target import TargetSettings, normalize_host
from scope.errors import NoCredentials, Refused, UsageError

# One of these without a host could be for any workspace.
_SECRETS = (
    "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "DATABRICKS_CLIENT_ID", "DATABRICKS_OIDC_TOKEN",
    "ARM_CLIENT_SECRET", "ARM_CLIENT_ID", "GOOGLE_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credentials:
    """The workspace that the credentials are for, and the profile that holds them, if one does."""

    host: str
    profile: str | None = None

    def settings(self) -> Mapping[str, str]:
        """Return the environment that makes the CLI use the same credentials."""
        return {"DATABRICKS_HOST": self.host} | ({"DATABRICKS_CONFIG_PROFILE": self.profile} if self.profile else {})


def find_credentials(settings: TargetSettings, environment: Mapping[str, str] | None = None) -> Credentials:
    """Return the credentials to use for a target: the environment's, or the one profile that was saved for its host.

    Raises `Refused` if it is unknown which workspace a secret is for, `UsageError` if there are no credentials.
    """
    given = os.environ if environment is None else environment
    named = given.get("DATABRICKS_CONFIG_PROFILE") or None
    if given.get("DATABRICKS_HOST"):
        return Credentials(normalize_host(given["DATABRICKS_HOST"]), named)
    secret = next((name for name in _SECRETS if given.get(name)), None)
    if secret is not None:
        raise Refused(
            f"{secret} is set, but not DATABRICKS_HOST, so it is unknown which workspace it is for. Nothing was sent. "
            f"Set DATABRICKS_HOST too; {settings.name} is at {settings.host or 'no host'} ({settings.host_place})."
        )
    profiles = dict(_profiles(given))
    if named is not None:
        if named not in profiles:
            raise UsageError(f"DATABRICKS_CONFIG_PROFILE names `{named}`, which has no host in {_config_file(given)}.")
        return Credentials(profiles[named], named)
    if not settings.host:
        raise NoCredentials(
            f"{settings.host_place}: {settings.name} names no workspace. Set DATABRICKS_HOST, or name a profile in "
            "DATABRICKS_CONFIG_PROFILE; or write `workspace.host` into the bundle's target."
        )
    fitting = [name for name, host in profiles.items() if host == normalize_host(settings.host)]
    if not fitting:
        raise NoCredentials(
            f"There are no credentials for {settings.host} ({settings.host_place}). "
            f"Log in: `databricks auth login --host {settings.host}`, or set DATABRICKS_HOST and DATABRICKS_TOKEN."
        )
    if len(fitting) > 1:
        raise UsageError(
            f"The profiles {', '.join(fitting)} are all for {settings.host}. Choose one with DATABRICKS_CONFIG_PROFILE."
        )
    return Credentials(profiles[fitting[0]], fitting[0])


def _config_file(environment: Mapping[str, str]) -> Path:
    given = environment.get("DATABRICKS_CONFIG_FILE")
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Path(given) if given else Path(home or "~", ".databrickscfg").expanduser()


def _profiles(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    path = _config_file(environment)
    parser = configparser.ConfigParser(default_section="\0", interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return
    except configparser.Error as error:
        raise UsageError(f"{path} can't be read: {' '.join(str(error).split())}.") from None
    for name in parser.sections():
        host = parser.get(name, "host", fallback="").strip()
        if host:
            yield name, normalize_host(host)
