"""Times `scope status` and `scope deploy` of a target of many domains, on the fake workspace, beside the bare CLI.

    just bench-deploys --domains 100

Every figure is a whole fresh process with its children, the shortest of several runs. All domains are deployed first, which
takes about a second each. Nothing is asserted: machines differ, and only ratios within one run mean something.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import CliResult, DatabricksCli, find_databricks, find_fake_workspace
from tests.support.deploying import Platform, finished
from tests.support.fake_workspace import FakeWorkspace, new_token, serving


@dataclass(frozen=True, order=True)
class Cost:
    """What a command took: seconds of the clock and of the processor, and requests to the workspace."""

    wall: float
    cpu: float
    requests: int

    def __str__(self) -> str:
        return f"{self.wall:6.2f} s {self.cpu:6.2f} s {self.requests:6} requests"


def measure(workspace: FakeWorkspace, command: Callable[[], CliResult]) -> Cost:
    """Return what a command took; raise `RuntimeError` with what it printed if it fails."""
    workspace.clear_requests()
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = command()
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.exit_code != 0:
        raise RuntimeError(str(done))
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(wall, cpu, len(workspace.requests()))


def measure_all(platform: Platform, runs: int) -> None:
    """Print what each command takes, in a target where everything is deployed."""

    def scope(*arguments: str) -> CliResult:
        return finished(platform.start(*arguments), arguments)

    def change_first() -> None:
        platform.sandbox.append("src/d000/orders/raw/facts.py", "CHANGED = 1\n")
        platform.push("Change a domain")

    def nothing() -> None:
        pass

    deploy = ("deploy", "--target", "prod")
    rows: tuple[tuple[str, Callable[[], None], Callable[[], CliResult]], ...] = (
        ("scope status", nothing, lambda: scope("status", "--target", "prod")),
        ("scope deploy, nothing due", nothing, lambda: scope(*deploy)),
        ("scope deploy, one of all domains changed", change_first, lambda: scope(*deploy)),
        ("scope deploy --domain, changed", change_first, lambda: scope(*deploy, "--domain", "d000")),
        # From here on the records don't tell what is deployed.
        ("databricks bundle plan", change_first, lambda: platform.by_hand("plan", "d000")),
        ("databricks bundle deploy", change_first, lambda: platform.deploy_by_hand("d000")),
    )
    for name, prepare, command in rows:
        costs: list[Cost] = []
        for _ in range(runs):
            prepare()
            costs.append(measure(platform.workspace, command))
        print(f"{name:<42} {min(costs)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rate", type=int, default=200, help="requests a second, of all processes of a command together")
    options = parser.parse_args()
    domains = {f"d{number:03}": ["orders"] for number in range(options.domains)}
    with serving(find_fake_workspace()) as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.joinpath("home").mkdir()
        cli = DatabricksCli(find_databricks(), folder / "home")
        platform = Platform.create(folder, FakeWorkspace(url, new_token()), cli, domains)
        platform.env["DATABRICKS_RATE_LIMIT"] = str(options.rate)
        deploy = ("deploy", "--target", "prod", "--max-parallel", str(os.cpu_count()))
        first = measure(platform.workspace, lambda: finished(platform.start(*deploy), deploy, seconds=20 * len(domains)))
        print(f"{'scope deploy, all domains':<42} {first}", flush=True)
        measure_all(platform, options.runs)


if __name__ == "__main__":
    main()
