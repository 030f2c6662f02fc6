"""Times `generator build --all` on a made repository of many specs.

    just bench-generator --specs 2000

Every figure is a whole fresh process; the minimum of several runs, in milliseconds. Nothing is asserted: machines differ,
and only ratios within one run mean something.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.support.sandbox import Sandbox
from tests.support.spec_tree import BUNDLE_FILES, REPOSITORY, SCHEDULES

_LAYERS = ("raw", "base", "staging", "final")
# Specs of one source: as many pipelines, and as many jobs.
_PER_SOURCE = 20
_IDENTITY = "domain: {domain}\nsource: {source}\nlayer: {layer}\nasset: {asset}\n"
_PIPELINE = "files: [{asset}.py]\nconfiguration:\n  lookback_days: '7'\nsettings:\n  channel: PREVIEW\n"
_OWN_TASKS = """\
description: Brings {asset} up to date.
schedule:
  cron:
    expression: 0 30 2 * * ?
    timezone: Europe/Zurich
environments:
  default: environments.runtime
tasks:
  - task_key: refresh
    refresh_pipeline: {domain}_{source}_{layer}_{asset}
  - task_key: report
    depends_on:
      - task_key: refresh
    environment_key: default
    spark_python_task:
      python_file: src/{domain}/{source}/tasks/report.py
settings:
  max_concurrent_runs: 1
targets:
  dev:
    paused: true
"""
_DOMAIN = """\
owner: {domain}-owners
run_as:
  staging: {{service_principal_name: 11111111-1111-4111-8111-111111111111}}
  prod: {{service_principal_name: 22222222-2222-4222-8222-222222222222}}
permissions:
  - group_name: analysts
    level: CAN_VIEW
"""


def files(specs: int) -> Iterator[tuple[str, str]]:
    """Yield a platform of sources with ten pipelines and ten jobs each; every fourth job has tasks of its own."""
    for path in BUNDLE_FILES:
        yield path, (REPOSITORY / path).read_text(encoding="utf-8")
    yield "resources/_models/schedules.yml", SCHEDULES
    yield "resources/_models/environments.yml", (REPOSITORY / "resources/_models/environments.yml").read_text("utf-8")
    for number in range(specs // 2):
        home, inside = divmod(number, _PER_SOURCE // 2)
        domain, source = f"dom{home // 5:03}", f"src{home % 5:02}"
        names = {"domain": domain, "source": source, "layer": _LAYERS[inside % 4], "asset": f"asset{inside}"}
        place = f"{domain}/{source}/{names['layer']}_{names['asset']}.yml"
        if inside == 0:
            yield f"src/{domain}/{source}/tasks/report.py", "print('report')\n"
        if home % 5 == 0 and inside == 0:
            yield f"specs/domains/{domain}.yml", _DOMAIN.format(**names)
        yield f"src/{domain}/{source}/{names['layer']}/{names['asset']}.py", f"ASSET = {inside}\n"
        yield f"specs/pipelines/{place}", (_IDENTITY + _PIPELINE).format(**names)
        job = _OWN_TASKS if inside % 4 == 0 else "schedule: schedules.nightly\n"
        yield f"specs/jobs/{place}", (_IDENTITY + job).format(**names)


def measure(
    command: list[str], root: Path, runs: int, prepare: Callable[[], object], environment: Mapping[str, str]
) -> tuple[float, float]:
    """Return the shortest time, and the least time of its processors, in milliseconds."""
    times: list[tuple[float, float]] = []
    for _ in range(runs):
        prepare()
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(
            (
                time.perf_counter() - start,
                after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            )
        )
        if done.returncode:
            sys.exit(done.stderr)
    return min(wall for wall, _ in times) * 1000, min(cpu for _, cpu in times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specs", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sandbox = Sandbox.create(Path(folder, "repository"))
        for name, content in files(options.specs):
            sandbox.write(name, content)
        sandbox.commit("Start")
        resources, spec = sandbox.root / "resources", "specs/pipelines/dom000/src00/raw_asset0.yml"
        build = [sys.executable, "-m", "generator.cli", "--quiet", "build"]
        versions = iter(range(10**6))

        def forget() -> None:
            for made in resources.glob("dom*"):
                shutil.rmtree(made)

        def change() -> None:
            text = (sandbox.root / spec).read_text(encoding="utf-8")
            sandbox.write(spec, text.partition("\ntags:")[0].rstrip("\n") + f"\ntags:\n  version: v{next(versions)}\n")

        # A person's machine remembers, in a folder of its own; CI doesn't.
        person = {**os.environ, "CI": "", "XDG_STATE_HOME": str(Path(folder, "state"))}
        print(f"{options.specs} specs; {os.cpu_count()} cores; minimum of {options.runs} runs")
        for name, arguments, prepare, environment in (
            ("all, new", ["--all"], forget, person),
            ("all, unchanged", ["--all"], int, person),
            ("all, unchanged, --check in CI", ["--all", "--check"], int, person | {"CI": "true"}),
            ("all, one spec changed", ["--all"], change, person),
            ("one spec, changed", [spec], change, person),
        ):
            wall, cpu = measure([*build, *arguments], sandbox.root, options.runs, prepare, environment)
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            print(f"{name:<30} {wall:8.1f} ms   {cpu:8.1f} ms of processors   {memory:5} MiB at the most so far", flush=True)


if __name__ == "__main__":
    main()
