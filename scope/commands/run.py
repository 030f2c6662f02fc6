"""`scope run`: start a deployed job or pipeline, whichever domain it belongs to."""

import argparse
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.commands.bundle import run_staged
from scope.commands.options import add_domain, add_passed_on, add_target
from scope.console import Console
from scope.errors import UsageError
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import open_index
from scope.repository.snapshot import Snapshot
from scope.wording import suggest

HELP = "run a deployed job or pipeline"
EXAMPLES = """\
examples:
  scope run finance_stripe_final_payments_job
  scope run finance_stripe_final_payments_job --target staging -- --no-wait
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("resource", metavar="KEY", help="the resource's key, as in resources/")
    add_target(parser)
    add_domain(parser, by_default="the one that has the resource")
    add_passed_on(parser, "[-- ARGS]", "further options of `bundle run`")


def run(options: argparse.Namespace, console: Console) -> int:
    """Find the resource's domain and run it in that domain's stage; return the CLI's exit code."""
    with GitRepository(Path(options.directory)) as git:
        domain = options.domain or _domain_of(open_index(Snapshot(git, git.work_tree())), options.resource)
        return run_staged(git, options.target, domain, ["run", options.resource, *options.passed_on], console)


def _domain_of(index: DeploymentIndex, key: str) -> str:
    domains_by_key: dict[str, set[str]] = {}
    for domain in index.domains:
        for resource in index.defined_resources(domain):
            domains_by_key.setdefault(resource.key.name, set()).add(domain)
    domains = sorted(domains_by_key.get(key, ()))
    if len(domains) == 1:
        return domains[0]
    if domains:
        raise UsageError(f"`{key}` is a resource of {' and '.join(domains)}. Say which with `--domain`.")
    raise UsageError(f"No domain has a resource `{key}`.{suggest(key, domains_by_key)}")
