"""Which modules scope's commands import: in a process of their own, since this one has imported everything."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PROBE = """
import json, sys
from scope.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    print("IMPORTED", code, *sorted(sys.modules), file=sys.stderr)
"""


def modules_after(root: Path, env: Mapping[str, str], *commands: Sequence[str]) -> list[set[str]]:
    """Return what a process has imported after each of these commands, which it runs one after the other in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(commands)],
        cwd=root,
        env=dict(env),
        capture_output=True,
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    lines = [line.split() for line in done.stderr.splitlines() if line.startswith("IMPORTED ")]
    assert [line[1] for line in lines] == ["0"] * len(commands), done
    return [set(line[2:]) for line in lines]
