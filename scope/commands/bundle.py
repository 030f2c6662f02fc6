"""`scope bundle`: a `databricks bundle` command that changes no deployment, in the stage of one domain."""

import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path

from scope.adapters.bundle_cli import bundle_command, find_cli, restriction, run_in_stage
from scope.adapters.credentials import find_credentials
from scope.adapters.git import GitRepository
from scope.commands.options import add_head, add_passed_on, add_target, complete_with
from scope.console import Console
from scope.deployment.places import read_settings
from scope.deployment.target import DeploymentId, check_host
from scope.errors import Refused, UsageError
from scope.stage.folder import open_stage
from scope.stage.prepare import prepare

HELP = "run a `databricks bundle` command in a domain's stage"
EXAMPLES = """\
examples:
  scope bundle finance -- validate
  scope bundle finance -t prod -- plan -o json
  scope bundle finance -- run finance_stripe_final_payments_job
"""
_ALLOWED = frozenset({"validate", "plan", "summary", "run", "open", "schema"})
# Sends nothing.
_OFFLINE = frozenset({"schema"})
_INSTEAD = {
    "deploy": "scope deploy --target {0.target} --domain {0.domain}",
    "destroy": "scope destroy --target {0.target} --domain {0.domain}",
    "deployment": "{0.recover_command}",
}
_OWNED = ("-t", "--target", "--var")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    complete_with(parser.add_argument("domain", metavar="DOMAIN", help="the domain to stage"), "domains")
    add_target(parser)
    add_head(parser)
    add_passed_on(parser, "-- ARGS", "the subcommand and its options")


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the CLI in the stage; return its exit code."""
    _check_arguments(options.passed_on, options.target, options.domain)
    with GitRepository(Path(options.directory)) as git:
        return run_staged(git, options.target, options.domain, options.passed_on, console, options.head)


def run_staged(
    git: GitRepository, target: str, domain: str, arguments: list[str], console: Console, head_ref: str | None = None
) -> int:
    """Run `databricks bundle ARGUMENTS` in the stage of a deployment, without a deploy permit; return its exit code."""
    ready = prepare(git, target, domain, head_ref, console, os.environ)
    cli = find_cli(git.root)
    facts, settings = ready.facts, {**ready.values.environment, **restriction(needs_code=ready.needs_code)}
    if arguments[0] not in _OFFLINE:
        # In the CLI a host in the YAML beats the environment: an edited file would lead the token elsewhere.
        here = read_settings(ready.index, target, [domain])
        credentials = find_credentials(here)
        check_host(here, credentials.host)
        facts, settings = replace(facts, host=here.host or credentials.host), {**settings, **credentials.settings()}
    # The default for SIGTERM ends Python at once, and would leave the stage behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_stage(ready.snapshot, ready.files, facts) as folder:
        told = domain if facts.frame.has_guard else None
        return run_in_stage(bundle_command(cli, target, told, arguments), folder / facts.frame.folder, settings)


def _check_arguments(arguments: list[str], target: str, domain: str) -> None:
    if not arguments:
        raise UsageError(f"Say what to run behind `--`, such as: scope bundle {domain} -t {target} -- validate")
    name = arguments[0]
    is_dry_sync = name == "sync" and "--dry-run" in arguments
    if name in _INSTEAD:
        instead = _INSTEAD[name].format(DeploymentId(target, domain))
        raise Refused(f"`bundle {name}` in a stage would bypass lock, record and approval. Run: {instead}")
    if name not in _ALLOWED and not is_dry_sync:
        known = ", ".join(sorted(_ALLOWED))
        raise UsageError(
            f"`{name}` isn't a bundle command to run in a stage. The subcommand comes first, one of {known}, sync --dry-run."
        )
    for argument in arguments[: arguments.index("--") if "--" in arguments else None]:
        if argument.startswith(_OWNED):
            raise UsageError(f"`{argument}` is scope's to set. Name the target with `-t NAME` before the `--`.")
