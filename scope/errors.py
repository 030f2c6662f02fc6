"""What scope can't do, said once: whole sentences with what, where, why and what to do next.

Only the command line prints these. `exit_code` is the one that `design` promises for the kind of failure.
"""

from enum import StrEnum


class ScopeError(Exception):
    """Something failed. The message is printed as it is."""

    exit_code = 1


class UsageError(ScopeError):
    """Bad input: an option, a name, a file or a manifest that can't be used."""

    exit_code = 2


class NoCredentials(UsageError):  # noqa: N818  an answer, not an error of the program
    """Nothing on this machine says who is asking: as in a pull request from a fork, which gets no secrets."""


class Refused(ScopeError):  # noqa: N818  a refusal is an answer, not an error of the program
    """Understood, possible, and not done without approval."""

    exit_code = 3


class Locked(ScopeError):  # noqa: N818  as above
    """Another run holds the deployment's lock."""

    exit_code = 4


class Fault(StrEnum):
    """Why the workspace or the CLI failed, as far as a caller reacts differently."""

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
    UNKNOWN = "unknown"

    @property
    def is_transient(self) -> bool:
        """Return whether the same request may succeed a little later, with nothing changed."""
        return self in {Fault.THROTTLED, Fault.SERVER, Fault.NETWORK, Fault.KILLED}


class RemoteError(ScopeError):
    """The workspace didn't do what it was asked for."""

    def __init__(self, fault: Fault, message: str) -> None:
        """Keep the class of the failure beside the message."""
        super().__init__(message)
        self.fault = fault


class CliError(RemoteError):
    """The Databricks CLI ended with a failure, or with a success that is none."""
