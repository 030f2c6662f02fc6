"""A process that has imported databricks-bundles, and loads bundles for the CLI in forks of itself.

The CLI starts Python twice in each of its commands, which imports databricks-bundles each time: more than half of what a
test of the controller computes. With this, the CLI starts its Python as ever, in the stage and with the stage's environment,
and that hands its call over (`loader/sitecustomize.py`). The fork gets its arguments, folder, environment, search path,
limits and streams, and has nothing imported but Python's own modules and databricks-bundles.
`tests/acceptance/test_shared_loader.py` holds both ways against each other. With `SCOPE_OWN_LOADER` set, each start imports
for itself.
"""

import contextlib
import gc
import importlib
import inspect
import io
import marshal
import os
import resource
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).with_name("loader")
"""What goes onto the PYTHONPATH of a Python that is to hand its call over."""
ADDRESS = "TEST_SHARED_LOADER"
_PACKAGE = "databricks.bundles"
_IMPORTED = ("core", "jobs", "pipelines", "schemas", "volumes")
_SIZE = struct.Struct("Q")
_EXIT_CODE = struct.Struct("i")


@contextlib.contextmanager
def serving_loader() -> Iterator[Path | None]:
    """Start one, give its address, and stop it at the end; None if none is wanted. It stops by itself when we die."""
    if os.environ.get("SCOPE_OWN_LOADER"):
        yield None
        return
    # Addresses of sockets are short.
    with tempfile.TemporaryDirectory(prefix="loader-") as folder:
        command = [sys.executable, "-P", "-B", __file__, str(Path(folder, "socket"))]
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            if process.stdin is None or process.stdout is None or process.stdout.readline() != b"ready\n":
                raise RuntimeError("The shared loader didn't start.")
            yield Path(command[-1])
            # The end of its input is its sign to stop.
            process.stdin.close()


def main(address: str) -> None:
    """Serve until the end of the input."""
    for name in _IMPORTED:
        importlib.import_module(f"{_PACKAGE}.{name}")
    # Databricks' loader asks for the call stack at each resource, and Python then remembers where all modules really are.
    inspect.stack()
    gc.collect()
    gc.freeze()
    # Nobody waits for the forks: they answer by themselves.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(64)
        os.write(1, b"ready\n")
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """Do what a Python asks for, and end with the exit code that it is to have."""
    try:
        exit_code = _load(connection)
    except BaseException:  # noqa: BLE001  as Python ends itself
        traceback.print_exc()
        exit_code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with contextlib.suppress(OSError):
        connection.sendall(_EXIT_CODE.pack(exit_code))
    os._exit(exit_code)


def _load(connection: socket.socket) -> int:
    header, streams, _, _ = socket.recv_fds(connection, _SIZE.size, 3)
    (size,) = _SIZE.unpack(header)
    with connection.makefile("rb") as file:
        arguments, path, values, environment, limits, umask = marshal.loads(file.read(size))  # noqa: S302  of our own process
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8", errors="surrogateescape")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", errors="surrogateescape", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", errors="backslashreplace", write_through=True)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(path[0])
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    vars(sys).update(values)
    sys.path[:] = path
    sys.argv[1:] = arguments
    importlib.invalidate_caches()
    for limit, numbers in limits.items():
        resource.setrlimit(limit, numbers)
    try:
        runpy.run_module(f"{_PACKAGE}.build", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
