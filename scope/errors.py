"""The failures that a caller tells apart. Messages are whole sentences: what, where, why, what to do.

Only the command line prints these, and exits with `exit_code`.
"""

from enum import StrEnum


class ScopeError(Exception):
    """Something failed. The message is printed as it is."""

    exit_code = 1


class UsageError(ScopeError):
    """Bad input: an option, a name, a file or a manifest that can't be used."""

    exit_code = 2


class NoCredentials(UsageError):  # noqa: N818  an answer, not an error of the program
    """There are no credentials on this machine, as in a pull request from a fork, which gets no secrets."""


class Refused(ScopeError):  # noqa: N818  a refusal is an answer, not an error of the program
    """Understood, possible, and not done without approval."""

    exit_code = 3


class Locked(ScopeError):  # noqa: N818  as above
    """Another run holds the deployment's lock."""

    exit_code = 4


class Fault(StrEnum):
    """Why the workspace or the CLI failed, as far as callers react differently."""

    THROTTLED = "throttled"
    SERVER = "server"
    NETWORK = "network"
    TIMEOUT = "timeout"
    KILLED = "killed"
    PERMISSION = "permission"
    CREDENTIALS = "credentials"
    QUOTA = "quota"
    MISSING = "missing"
    ALREADY_EXISTS = "already-exists"
    INVALID = "invalid-config"
    LOCKED = "locked"
    STATE = "state"
    STALE_PLAN = "stale-plan"
    UNKNOWN = "unknown"

    @property
    def is_transient(self) -> bool:
        """Return whether the same request may succeed if it is retried."""
        return self in {Fault.THROTTLED, Fault.SERVER, Fault.NETWORK, Fault.KILLED, Fault.STALE_PLAN}


class RemoteError(ScopeError):
    """A request to the workspace failed."""

    def __init__(self, fault: Fault, message: str) -> None:
        """Keep the class of the failure beside the message."""
        super().__init__(message)
        self.fault = fault


class CliError(RemoteError):
    """The Databricks CLI failed, or claimed a success that wasn't one."""
