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


@dataclass(frozen=True)
class Row:
    """A command to measure so many times; before each run, the first domain is changed or nothing is."""

    name: str
    platform: Platform
    command: Callable[[], CliResult]
    runs: int
    changes: bool = False

    def print(self) -> None:
        """Print the shortest run."""
        costs: list[Cost] = []
        for _ in range(self.runs):
            if self.changes:
                self.platform.sandbox.append("src/d000/orders/raw/facts.py", "CHANGED = 1\n")
                self.platform.push("Change a domain")
            costs.append(measure(self.platform.workspace, self.command))
        print(f"{self.name:<42} {min(costs)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rate", type=int, default=200, help="requests a second, of all processes of a command together")
    options = parser.parse_args()
    names, runs = [f"d{number:03}" for number in range(options.domains)], options.runs
    with serving(find_fake_workspace()) as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.joinpath("home").mkdir()
        cli = DatabricksCli(find_databricks(), folder / "home")

        def create(place: str, domains: list[str]) -> Platform:
            workspace = FakeWorkspace(url, new_token())
            platform = Platform.create(folder / place, workspace, cli, {one: ["orders"] for one in domains})
            platform.env["DATABRICKS_RATE_LIMIT"] = str(options.rate)
            return platform

        platform, single = create("all", names), create("one", names[:1])

        def scope(command: str, *arguments: str) -> Callable[[], CliResult]:
            words = (command, "--target", "prod", *arguments)
            return lambda: finished(platform.start(*words), words, seconds=20 * len(names))

        Row("scope deploy, all domains", platform, scope("deploy", "--max-parallel", str(os.cpu_count())), 1).print()
        Row("scope status", platform, scope("status"), runs).print()
        Row("scope deploy, nothing due", platform, scope("deploy"), runs).print()
        Row("scope deploy, one of all changed", platform, scope("deploy"), runs, changes=True).print()
        Row("scope deploy of that domain", platform, scope("deploy", "--domain", "d000"), runs, changes=True).print()
        # From a checkout of all, the CLI would take the files of all to the workspace.
        single.deploy_by_hand("d000")
        Row(
            "databricks bundle plan, of it alone", single, lambda: single.by_hand("plan", "d000"), runs, changes=True
        ).print()
        Row(
            "databricks bundle deploy, of it alone", single, lambda: single.deploy_by_hand("d000"), runs, changes=True
        ).print()


if __name__ == "__main__":
    main()
