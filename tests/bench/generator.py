"""Times `generator build --all` on a made repository of many specs."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.timing import Command, Timed, measure
from tests.support.sandbox import Sandbox
from tests.support.spec_tree import BUNDLE_FILES, REPOSITORY, SCHEDULES

NEW = "generator build --all, all new"
UNCHANGED = "generator build --all, unchanged"
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


def measure_builds(specs: int, runs: int) -> dict[str, Timed]:
    """Return what builds of a platform of so many specs take. The order counts: each finds what the one before left."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sandbox = Sandbox.create(Path(folder, "repository"))
        for name, content in files(specs):
            sandbox.write(name, content)
        sandbox.commit("Start")
        resources, spec = sandbox.root / "resources", "specs/pipelines/dom000/src00/raw_asset0.yml"
        versions = iter(range(10**6))

        def forget() -> None:
            for made in resources.glob("dom*"):
                shutil.rmtree(made)

        def change() -> None:
            text = (sandbox.root / spec).read_text(encoding="utf-8")
            sandbox.write(spec, text.partition("\ntags:")[0].rstrip("\n") + f"\ntags:\n  version: v{next(versions)}\n")

        # A person's machine remembers, in a folder of its own; CI doesn't.
        person = {**os.environ, "CI": "", "PYTHONPATH": str(REPOSITORY), "XDG_STATE_HOME": str(Path(folder, "state"))}
        build = (sys.executable, "-m", "generator.cli", "--quiet", "build")
        commands = [
            Command(name, [*build, *arguments], sandbox.root, environment, prepare)
            for name, arguments, prepare, environment in (
                (NEW, ["--all"], forget, person),
                (UNCHANGED, ["--all"], int, person),
                ("generator build --all --check, in CI", ["--all", "--check"], int, person | {"CI": "true"}),
                ("generator build --all, one spec changed", ["--all"], change, person),
                ("generator build SPEC, changed", [spec], change, person),
            )
        ]
        return measure(commands, runs)
