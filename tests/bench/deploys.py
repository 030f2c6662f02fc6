"""Times `scope status` and deploys of a target of many domains, on the fake workspace, beside the bare CLI.

First all domains are deployed, once by scope and once as one plain bundle. Then the runs are of a target where all is
deployed. The bare CLI has a checkout of one domain alone, as scope's stage has, and a workspace of its own.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench.timing import BenchError, Command, Costs, Timed, measure, run, tell
from tests.support.cli import DatabricksCli, find_databricks, find_fake_workspace
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace, new_token, serving

ALL = "scope deploy, all domains"
ALL_PLAIN = "databricks bundle deploy, one plain bundle of all"
STATUS = "scope status"
NOTHING = "scope deploy, nothing due"
ONE_OF_ALL = "scope deploy, one of all domains changed"
ONE = "scope deploy --domain, changed"
BARE_PLAN = "databricks bundle plan, that domain"
BARE_DEPLOY = "databricks bundle deploy, that domain"
LARGE = "scope deploy --domain, one file of many changed"
# Sources of a domain, each a pipeline and a job; one in a target so large that only what is looked at counts.
_SOURCES = 5
_LARGEST_TARGET = 100
_DOMAIN = "d000"
_CHANGED = f"src/{_DOMAIN}/orders/raw/facts.py"
_UPLOAD = "/workspace-files/import-file/"


def _say_nothing(_: str) -> str:
    return ""


class _Bench:
    """The commands that are timed on one platform; each counts its requests."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._root = platform.sandbox.root

    def scope(
        self, name: str, *arguments: str, prepare: Callable[[], object] = int, read: Callable[[str], str] = _say_nothing
    ) -> Command:
        words = [sys.executable, "-m", "scope.cli", "-C", str(self._root), *arguments, "--target", "prod"]
        return replace(self._command(name, words, self._platform.environment(), prepare), read=read)

    def bare(self, name: str, command: str, domain: str, *arguments: str, prepare: Callable[[], object] = int) -> Command:
        """Return a command of the bare CLI, run from the checkout as it lies there."""
        if not self._platform.sandbox.path(".venv").exists():
            self._platform.sandbox.link_venv()
        words = [str(self._platform.cli.path), "bundle", command, "-t", "prod", "--var", f"domain={domain}", *arguments]
        kept = tempfile.mkdtemp(dir=self._root.parent)
        return self._command(name, words, self._platform.environment(DATABRICKS_BUNDLE_TMP=kept), prepare)

    def plain_deploy(self, name: str, domain: str, *, prepare: Callable[[], object] = int) -> Command:
        """Return a deploy by the bare CLI, with the permit that the guard asks for."""
        return self.bare(name, "deploy", domain, "--var", f"stage=prod/{domain}", "--auto-approve", prepare=prepare)

    def change(self) -> None:
        """Change a file of one domain, which makes it due. What was built before doesn't count: a stage is new, too."""
        shutil.rmtree(self._root / "src" / "dist", ignore_errors=True)
        self._platform.sandbox.append(_CHANGED, "CHANGED = 1\n")
        self._platform.push("Change a domain")

    def _command(self, name: str, words: list[str], env: Mapping[str, str], prepare: Callable[[], object]) -> Command:
        def begin() -> None:
            prepare()
            self._platform.workspace.clear_requests()

        def count() -> int:
            return len(self._platform.workspace.requests())

        return Command(name, words, self._root, env, begin, count=count)


def count_resources(domains: int) -> int:
    """Return how many resources each domain of a target of so many has."""
    return 2 * (_SOURCES if domains <= _LARGEST_TARGET else 1)


def measure_domains(count: int, runs: int, rate: int) -> dict[str, Timed]:
    """Return what it takes to look at and deploy so many domains, with so many requests a second."""
    sources = ["orders", *(f"s{place:02}" for place in range(1, count_resources(count) // 2))]
    domains = {f"d{number:03}": sources for number in range(count)}
    with _serving(rate) as make_platform:
        platform = make_platform("all", domains)
        bench = _Bench(platform)
        alone = _Bench(make_platform("alone", {_DOMAIN: domains[_DOMAIN]}))
        # The same checkout, and another workspace.
        plain = Platform(platform.sandbox, platform.workspace.other(), platform.cli, platform.env)
        parallel = ("--max-parallel", str(os.cpu_count()))
        first = [bench.scope(ALL, "deploy", *parallel), _Bench(plain).plain_deploy(ALL_PLAIN, "all")]
        timed = {command.name: _once(command) for command in first}
        _once(alone.plain_deploy("first deploy of one domain", _DOMAIN))
        commands = [
            bench.scope(STATUS, "status"),
            bench.scope(NOTHING, "deploy"),
            bench.scope(ONE_OF_ALL, "deploy", prepare=bench.change),
            bench.scope(ONE, "deploy", "--domain", _DOMAIN, prepare=bench.change),
            alone.bare(BARE_PLAN, "plan", _DOMAIN, prepare=alone.change),
            # Of what was planned.
            alone.plain_deploy(BARE_DEPLOY, _DOMAIN),
        ]
        return timed | measure(commands, runs)


def measure_large_domain(files: int, runs: int, rate: int) -> dict[str, Timed]:
    """Return what it takes to deploy one changed file of a domain of many; the answer is the uploads of a run."""
    with _serving(rate) as make_platform:
        platform = make_platform("large", {_DOMAIN: ["orders"]})
        own = [path for path in platform.sandbox.tracked if path.startswith(f"src/{_DOMAIN}/")]
        for number in range(files - len(own)):
            platform.sandbox.write(f"src/{_DOMAIN}/orders/lookups/value{number}.py", f"VALUE = {number}\n")
        platform.push("Add values")
        bench = _Bench(platform)
        _once(bench.scope(f"first deploy of {files} files", "deploy"))

        def read(_: str) -> str:
            sent = platform.workspace.writes()
            _require_same_bytes(platform)
            return str(sum(_UPLOAD in request.path and "/files/" in request.workspace_path for request in sent))

        return measure([bench.scope(LARGE, "deploy", "--domain", _DOMAIN, prepare=bench.change, read=read)], runs)


def _require_same_bytes(platform: Platform) -> None:
    """Raise `BenchError` unless the workspace holds the domain's files as the checkout has them, and no others."""
    prefix = f"src/{_DOMAIN}/"
    wanted = {path: platform.sandbox.path(path).read_bytes() for path in platform.sandbox.tracked if path.startswith(prefix)}
    held = {path: content for path, content in platform.files(_DOMAIN).items() if path.startswith(prefix)}
    if held != wanted:
        wrong = sorted(path for path in held.keys() | wanted.keys() if held.get(path) != wanted.get(path))
        raise BenchError(f"The deploy left {len(wrong)} files that aren't the checkout's, the first is {wrong[0]}.")


def _once(command: Command) -> Timed:
    tell(f"once: {command.name}")
    command.prepare()
    cost, answer = run(command)
    return Timed(Costs((cost,)), answer)


@contextmanager
def _serving(rate: int) -> Iterator[Callable[[str, Mapping[str, list[str]]], Platform]]:
    """Serve workspaces; yield what makes a repository of a name and of domains that deploys to one of its own."""
    with serving(find_fake_workspace()) as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.joinpath("home").mkdir()
        cli = DatabricksCli(find_databricks(), folder / "home")

        def make_platform(name: str, domains: Mapping[str, list[str]]) -> Platform:
            folder.joinpath(name).mkdir()
            platform = Platform.create(folder / name, FakeWorkspace(url, new_token()), cli, domains)
            # Of all processes of a command together.
            platform.env["DATABRICKS_RATE_LIMIT"] = str(rate)
            return platform

        yield make_platform
