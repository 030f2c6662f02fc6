"""Times `scope plan` and `scope check` on a made repository of any size, beside git's own diff.

    just bench --domains 50

Every figure is a whole fresh process; the minimum of several runs, in milliseconds. Nothing is asserted: machines differ,
and only ratios within one run mean something.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scope.repository.layout import CONFIG
from tests.support.builders import allow_code, skeleton
from tests.support.sandbox import Sandbox

_LAYERS = ("raw", "base", "staging", "final")
_ASSET = """\
from pyspark import pipelines as dp

from common.{module} import double
from common.tables import table


@dp.table(name="{layer}_asset{number}")
def asset{number}():
    return double({read})
"""


def files(domains: int, sources: int, assets: int, modules: int) -> Iterator[tuple[str, str | bytes]]:
    """Yield a platform of domains, sources, four layers and assets, with shared modules that import each other."""
    dice = random.Random(1)  # noqa: S311  the same platform at every run
    yield from skeleton().items()
    # Its resource modules are written by hand.
    config = skeleton()[CONFIG]
    text = config.decode() if isinstance(config, bytes) else config
    yield CONFIG, allow_code(text, *(f"dom{domain:03}" for domain in range(domains)))
    names = [f"lib{number // 20}.mod{number}" for number in range(modules)]
    for number, name in enumerate(names):
        imports = "".join(
            f"from common.{other} import double as d{other[-1]}\n" for other in dice.sample(names[:number], min(2, number))
        )
        yield f"src/common/{name.replace('.', '/')}.py", f"{imports}def double(x):\n    return 2 * x\n"
    for number in range(-(-modules // 20)):
        yield f"src/common/lib{number}/__init__.py", ""
    for domain in range(domains):
        for source in range(sources):
            home = f"dom{domain:03}/src{source:02}"
            for layer in _LAYERS:
                for number in range(assets):
                    # One file in fifty reads another domain's table, the others their own source's.
                    foreign = f'spark.read.table(table("dom{dice.randrange(domains):03}.src00.final_asset0"))'
                    read = foreign if dice.random() < 0.02 else f'spark.read.table("raw_asset{number}")'
                    text = _ASSET.format(module=dice.choice(names), layer=layer, number=number, read=read)
                    yield f"src/{home}/{layer}/asset{number}.py", text
            yield f"resources/{home}/pipelines/all.py", f"dom{domain}_src{source}_pipeline = Pipeline.from_dict({{}})\n"
            yield f"specs/pipelines/{home}/all.yml", "layers: [raw]\n"


def measure(command: list[str], root: Path, runs: int, *, is_cold: bool) -> tuple[float, int]:
    """Return the shortest time in milliseconds, and the largest memory of any child so far in MiB.

    A cold run finds nothing that an earlier one kept.
    """
    times: list[float] = []
    for _ in range(runs):
        if is_cold:
            shutil.rmtree(root / ".git" / "scope", ignore_errors=True)
        start = time.perf_counter()
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times) * 1000, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=10)
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--assets", type=int, default=20)
    parser.add_argument("--modules", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sandbox = Sandbox.create(Path(folder, "repository"))
        for name, content in files(options.domains, options.sources, options.assets, options.modules):
            sandbox.write(name, content)
        sandbox.commit("Start")
        for branch, path in (
            ("leaf", "src/dom000/src01/base/asset1.py"),
            ("shared", f"src/common/lib0/mod{options.modules // 20}.py"),
        ):
            sandbox.switch(branch, create=True)
            sandbox.append(path, "CHANGED = 1\n")
            sandbox.commit(f"Change a {branch} file")
            sandbox.switch("main")
        program = [sys.executable, "-m", "scope.cli"]
        scope = [*program, "plan", "--quiet", "--format", "json", "--base", "main", "--head"]
        check = [*program, "check", "--quiet", "--head", "leaf"]
        print(f"{len(sandbox.tracked)} files; {os.cpu_count()} cores; minimum of {options.runs} runs")
        for name, command, is_cold in (
            ("git diff --raw main...leaf", ["git", "diff", "--raw", "--no-renames", "main...leaf"], True),
            ("scope plan, leaf, without readers", [*scope, "leaf", "--no-readers"], True),
            ("scope plan, leaf", [*scope, "leaf"], True),
            ("scope plan, shared, without readers", [*scope, "shared", "--no-readers"], True),
            ("scope plan, shared", [*scope, "shared"], True),
            ("scope check, nothing kept", check, True),
            ("scope check, kept", check, False),
            ("fingerprints of all, nothing kept", [*scope, "shared", "--no-readers", "--fingerprints"], True),
            ("fingerprints of all, kept", [*scope, "shared", "--no-readers", "--fingerprints"], False),
        ):
            if not is_cold:
                measure(command, sandbox.root, 1, is_cold=True)
            milliseconds, memory = measure(command, sandbox.root, options.runs, is_cold=is_cold)
            print(f"{name:<38} {milliseconds:8.1f} ms   {memory:5} MiB at the most so far")


if __name__ == "__main__":
    main()
