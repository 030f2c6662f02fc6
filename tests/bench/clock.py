"""Runs one command and prints what it took, as JSON: `python -I -S clock.py OUT ERR COMMAND…`.

It stands alone and imports little, since a process counts the memory of the one that it was started from as its own.
"""

import json
import os
import sys
import time


def main() -> None:
    """Print seconds of the clock and of the processor, the memory of the largest process in KiB, and the exit code."""
    out, err, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, err, flags, 0o600),
    ]
    begun = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    # Linux counts in KiB, macOS in bytes.
    memory = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    json.dump(
        {
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": memory,
            "exit_code": os.waitstatus_to_exitcode(status),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
