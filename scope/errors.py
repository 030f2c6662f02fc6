"""What scope can't do, said once: whole sentences with what, where, why and what to do next.

Only the command line prints these. `exit_code` is the one that `design` promises for the kind of failure.
"""


class ScopeError(Exception):
    """Something failed. The message is printed as it is."""

    exit_code = 1


class UsageError(ScopeError):
    """Bad input: an option, a name, a file or a manifest that can't be used."""

    exit_code = 2


class Refused(ScopeError):  # noqa: N818  a refusal is an answer, not an error of the program
    """Understood, possible, and not done without consent."""

    exit_code = 3


class Locked(ScopeError):  # noqa: N818  as above
    """Another run holds the deployment's lock."""

    exit_code = 4
