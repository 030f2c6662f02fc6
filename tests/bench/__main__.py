"""Times scope, the generator and the tools that people would compare them with, and writes tables of it.

    just bench --sizes 1k 10k --runs 3 --only plan peers

Progress goes to stderr, tables as Markdown to stdout, or with --write into docs/performance.md. Every figure is of whole
fresh processes. Nothing is asserted of times, since machines differ; an answer that is wrong ends the run.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.bench import report, results
from tests.bench.deploys import count_resources, measure_domains, measure_large_domain
from tests.bench.generator import measure_builds
from tests.bench.machine import describe_machine, read_versions
from tests.bench.peers import InstalledPeers, install
from tests.bench.plans import ScopeCommands
from tests.bench.repositories import BRANCHES, SIZES, make
from tests.bench.results import Results, rows_of
from tests.bench.suite import measure_suite
from tests.bench.timing import BenchError, Timed, measure, tell
from tests.support.browser import BrowserMissingError
from tests.support.cli import CliMissingError
from tests.support.sandbox import REPOSITORY

PARTS = ("plan", "check", "peers", "deploys", "generator", "tests")
DOCUMENT = REPOSITORY / "docs" / "performance.md"
_LARGE_DOMAIN = 2000


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="just bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        choices=SIZES,
        default=list(SIZES),
        help="files of the repositories for plan, check and peers (all)",
    )
    parser.add_argument("--runs", type=_read_count, default=5, help="runs of each command (5)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure (all)")
    parser.add_argument(
        "--domains", nargs="+", type=_read_count, default=[100], help="domains of the target for deploys (100)"
    )
    parser.add_argument(
        "--rate", type=_read_count, default=200, help="requests a second to the workspace, of a command (200)"
    )
    parser.add_argument("--specs", type=_read_count, default=2000, help="specs for the generator (2000)")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep repositories, peers and results there; what was measured before and isn't now is in the tables, too",
    )
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    return parser


def _read_count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number from 1")
    return int(text)


class _Bench:
    """One run: where things lie, and what it found so far."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._file = folder / "results.json"
        # The person's configuration of git would be in all times.
        self._env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self._peers: InstalledPeers | None = None
        self.results: Results = results.load(self._file)

    def measure(self) -> None:
        """Measure what was asked for; what is found is kept after each part."""
        only, runs, rate = self._options.only, self._options.runs, self._options.rate
        if "peers" in only:
            self._peers = install(self._folder / "peers", self._env)
        if {"plan", "check", "peers"} & set(only):
            for name in self._options.sizes:
                self._measure_repository(name)
        if "deploys" in only:
            try:
                self._measure_deploys(rate)
            except CliMissingError as error:
                tell(f"deploys are left out. {error}")
        if "generator" in only:
            specs = self._options.specs
            take = partial(measure_builds, specs, runs)
            self._record(results.GENERATOR, f"{specs} specs", partial(_without_branch, take))
        if "tests" in only:
            try:
                self._record(
                    results.SUITE, results.SUITE_SIZE, partial(_without_branch, partial(measure_suite, self._folder))
                )
            except (CliMissingError, BrowserMissingError) as error:
                tell(f"tests are left out. {error}")

    def _measure_repository(self, name: str) -> None:
        """Measure plans and peers side by side on each branch, then what needs every domain."""
        only, runs = self._options.only, self._options.runs
        tell(f"a repository of {name} files")
        home = self._folder / name
        sandbox = make(home, SIZES[name])
        if self._peers is not None:
            self._peers.link(sandbox.root)
        aside = home / "aside"
        aside.mkdir(exist_ok=True)
        scope = ScopeCommands(sandbox.root, aside, self._env)

        def compare() -> Iterator[tuple[str, Mapping[str, Timed]]]:
            for branch in BRANCHES:
                sandbox.switch(branch.name)
                plans = scope.plans(branch) if "plan" in only else []
                with self._peers.warm(sandbox.root, branch.name) if self._peers else nullcontext([]) as peers:
                    yield branch.name, measure([*plans, *peers], runs)

        about = f"{len(sandbox.tracked)} files"
        if {"plan", "peers"} & set(only):
            self._record(results.PLANS, name, compare, about)
        if "check" in only:
            sandbox.switch(BRANCHES[0].name)
            take = partial(measure, scope.checks(), runs)
            self._record(results.CHECKS, name, partial(_without_branch, take), about)

    def _measure_deploys(self, rate: int) -> None:
        runs, limit = self._options.runs, f"{rate} requests a second"
        for count in self._options.domains:
            about = (limit, f"{count_resources(count)} resources a domain")
            take = partial(measure_domains, count, runs, rate)
            self._record(results.DEPLOYS, f"{count} domains", partial(_without_branch, take), *about)
        take = partial(measure_large_domain, _LARGE_DOMAIN, runs, rate)
        self._record(results.LARGE_DOMAIN, f"{_LARGE_DOMAIN} files", partial(_without_branch, take), limit)

    def _record(
        self, part: str, size: str, measure_all: Callable[[], Iterable[tuple[str, Mapping[str, Timed]]]], *about: str
    ) -> None:
        """Measure a part, and keep what it took, by branch, with what was true of the machine when that began."""
        run = {
            "measured": f"{datetime.now(UTC):%Y-%m-%d}",
            **describe_machine(),
            "versions": _join(read_versions()),
        }
        if about:
            run["of"] = ", ".join(about)
        if part == results.PLANS and self._peers:
            run["peers"] = _join(self._peers.versions())
        rows = [row for branch, timed in measure_all() for row in rows_of(part, size, timed, branch)]
        self.results = self.results.replace(part, size, rows, run)
        results.save(self.results, self._file)


def _read_document() -> str:
    return DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else ""


def _without_branch(take: Callable[[], Mapping[str, Timed]]) -> Iterator[tuple[str, Mapping[str, Timed]]]:
    yield "", take()


def _join(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the tables; return the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        if options.write:  # before anything takes time
            report.insert(_read_document(), "")
        with ExitStack() as stack:
            folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            folder.mkdir(parents=True, exist_ok=True)
            bench = _Bench(options, folder.absolute())
            bench.measure()
            tables = report.render(bench.results)
        if options.write:
            DOCUMENT.write_text(report.insert(_read_document(), tables), encoding="utf-8")
        else:
            print(tables, end="")
    except (BenchError, report.ReportError) as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
