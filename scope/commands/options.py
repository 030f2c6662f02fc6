"""The options that several commands share: each is declared here once, with one text and one meaning."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scope.controller.session import Options

MANIFEST = Path(".scope", "manifest.json")
RESULTS = Path(".scope", "results.json")
DEFAULT_BASE = "main"
_DEFAULT_TARGET = "dev"


# Of what a shell completes, what its own functions know; for the others `scope completion` writes some.
_COMPLETED_BY_SHELL = {
    "files": {"bash": "_shtab_compgen_files", "zsh": "_files"},
    "folders": {"bash": "_shtab_compgen_dirs", "zsh": "_files -/"},
}
SHELLS = ("bash", "zsh")


def complete_with(action: argparse.Action, what: str) -> None:
    """Have shells complete an argument with `targets`, `domains`, `subjects`, `files` or `folders`."""
    functions = _COMPLETED_BY_SHELL.get(what) or dict.fromkeys(SHELLS, f"_scope_{what}")
    vars(action).update(complete=functions)  # as shtab looks for it


def add_target(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Declare the target; an optional one is None if it isn't given."""
    default = None if is_optional else _DEFAULT_TARGET
    text = f"the target ({default or 'none'})"
    complete_with(parser.add_argument("-t", "--target", default=default, metavar="NAME", help=text), "targets")


def add_targets(parser: argparse.ArgumentParser) -> None:
    """Declare the targets, a list."""
    targets = parser.add_argument(
        "-t", "--target", action="append", default=[], metavar="NAME", help="the target; may be repeated (all)"
    )
    complete_with(targets, "targets")


def add_domain(parser: argparse.ArgumentParser, *, by_default: str | None = None) -> None:
    """Declare the one domain of a command for one deployment; it is required if there is no other way to know it."""
    text = f"the domain ({by_default})" if by_default else "the domain"
    complete_with(parser.add_argument("--domain", required=by_default is None, metavar="NAME", help=text), "domains")


def add_domains(parser: argparse.ArgumentParser, *, by_default: str = "all") -> None:
    """Declare the domains, a list."""
    domains = parser.add_argument(
        "--domain", action="append", default=[], metavar="NAME", help=f"the domain; may be repeated ({by_default})"
    )
    complete_with(domains, "domains")


def add_base(parser: argparse.ArgumentParser, *, default: str | None = DEFAULT_BASE) -> None:
    """Declare the base."""
    parser.add_argument(
        "--base", default=default, metavar="REF", help=f"compare the head with its merge base with REF ({default or 'none'})"
    )


def add_head(parser: argparse.ArgumentParser) -> None:
    """Declare the head."""
    parser.add_argument("--head", metavar="REF", help="use this commit as the head (the work tree)")


def add_manifest_digest(parser: argparse.ArgumentParser) -> None:
    """Declare the digest that a manifest must have."""
    parser.add_argument("--manifest-sha256", metavar="DIGEST", help="refuse the manifest if its SHA-256 is another")


def add_summary(parser: argparse._ActionsContainer) -> None:
    """Declare that the output also goes to the summary of a CI job; also for a group of options."""
    parser.add_argument("--summary", action="store_true", help="add a page to what the CI system shows of its run")


def add_max_parallel(parser: argparse.ArgumentParser) -> None:
    """Declare how many deployments are worked on at once."""
    parser.add_argument("--max-parallel", type=parse_count, default=4, metavar="N", help="deployments at once (4)")


def add_lock_timeout(parser: argparse.ArgumentParser) -> None:
    """Declare how long to wait for a lock."""
    parser.add_argument(
        "--lock-timeout", type=parse_seconds, default=300.0, metavar="SECONDS", help="wait for a lock this long (300)"
    )


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Declare that a plan which was shown is to be applied."""
    parser.add_argument("--yes", action="store_true", help="apply the plan")


def add_rollout(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the commands that bring a target to the head."""
    parser.add_argument("--allow-rollback", action="store_true", help="deploy over a newer commit")
    parser.add_argument("--prune", action="store_true", help="destroy the deployments of domains that are gone")
    add_operations(parser)


def add_operations(parser: argparse.ArgumentParser) -> None:
    """Declare the options of every command that changes deployments."""
    parser.add_argument(
        "--approve-destructive",
        action="append",
        default=[],
        metavar="DIGEST",
        help="approve exactly the destructive plan with this digest, or what is left of it; may be repeated",
    )
    add_max_parallel(parser)
    add_lock_timeout(parser)
    parser.add_argument(
        "--retry-seconds",
        type=parse_seconds,
        default=300.0,
        metavar="SECONDS",
        help="keep retrying transient failures for this long (300)",
    )
    parser.add_argument("--results", metavar="FILE", help=f"where the results go, as JSON ({RESULTS})")


def add_passed_on(parser: argparse.ArgumentParser, shown: str, meaning: str) -> None:
    """Declare that a command passes on what is behind `--`; it comes as `options.passed_on`."""
    parser.set_defaults(passed_on=[])
    parser.epilog = f"passed on to the CLI:\n  {shown}    {meaning}\n\n{parser.epilog}"


def parse_count(text: str) -> int:
    """Return how many deployments an option allows at once."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number from 1 to 64")
    return int(text)


def parse_seconds(text: str) -> float:
    """Return an option's number of seconds."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number of seconds")
    return float(text)


def session_options(options: argparse.Namespace) -> "Options":
    """Return what the command line allows a session to do."""
    from scope.controller.session import Options

    return Options(
        lock_timeout=options.lock_timeout,
        retry_seconds=options.retry_seconds,
        approvals=frozenset(options.approve_destructive),
        prune=getattr(options, "prune", False),
        allow_rollback=getattr(options, "allow_rollback", False),
        assume_yes=getattr(options, "yes", False),
    )
