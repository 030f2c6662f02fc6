"""Processes that have imported what tests have Python import again and again, and do Python's calls in forks of themselves.

In each of its commands the CLI starts Python twice, which imports databricks-bundles each time; each stage builds a wheel,
and each job of a played workflow starts scope. Imports are most of what all that computes. With this, Python is started
as ever, in the same folder and with the same environment, and hands its call over (`shared_start/sitecustomize.py`). The
fork gets its arguments, folder, environment, search path, limits and streams, and has nothing imported but what the call
would import: of scope only what is none of its modules, since a tool's checkout may have others.
`tests/acceptance/test_shared_pythons.py` holds both ways against each other. With `SCOPE_OWN_PYTHONS` set, each start
imports for itself.
"""

import atexit
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
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType, ModuleType

START = Path(__file__).with_name("shared_start")
"""What goes onto the PYTHONPATH of a Python that is to hand its call over."""
ADDRESS = "TEST_SHARED_PYTHONS"
"""The variable that says where."""
_IMPORTED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "bundles": [f"databricks.bundles.{name}" for name in ("core", "jobs", "pipelines", "schemas", "volumes")],
        "wheels": [
            *(f"hatchling.{name}" for name in ("cli", "cli.build", "bridge.app", "plugin.manager", "builders.wheel")),
            *("hatchling.builders.sdist", "hatchling.builders.app", "hatchling.builders.custom", "hatchling.metadata.core"),
            *(f"hatchling.version.{name}" for name in ("core", "source.code", "source.env", "source.regex")),
            *("packaging.requirements", "packaging.tags", "trove_classifiers"),
        ],
        "scope": ["scope.cli", *(f"scope.commands.{name}" for name in ("deploy", "plan", "reconcile", "status"))],
    }
)
"""By the name of a call in `shared_start/sitecustomize.py`: what it imports."""
_REPOSITORY = Path(__file__).parents[2]
_SIZE = struct.Struct("Q")
_EXIT_CODE = struct.Struct("i")


@contextlib.contextmanager
def serving_pythons() -> Iterator[Path | None]:
    """Start them, give the folder of their sockets, and stop them at the end; None if none is wanted.

    They stop by themselves when we die.
    """
    if os.environ.get("SCOPE_OWN_PYTHONS"):
        yield None
        return
    # Addresses of sockets are short.
    with tempfile.TemporaryDirectory(prefix="pythons-") as folder, ExitStack() as stack:
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-P", "-B", __file__, name, str(Path(folder, name))],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for name in _IMPORTED
        ]
        for process in processes:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise RuntimeError("A shared Python didn't start.")
        yield Path(folder)
        for process in processes:
            # The end of its input is its sign to stop.
            if process.stdin is not None:
                process.stdin.close()


def main(name: str, address: str) -> None:
    """Serve one kind of calls until the end of the input."""
    _import(name)
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


def _import(name: str) -> None:
    sys.path.append(str(_REPOSITORY))
    for module in _IMPORTED[name]:
        importlib.import_module(module)
    sys.path.remove(str(_REPOSITORY))
    for module in [module for module in sys.modules if module.partition(".")[0] == "scope"]:
        del sys.modules[module]


def _answer(connection: socket.socket) -> None:
    """Do what a Python asks for, and end with the exit code that it is to have."""
    try:
        exit_code = _run(connection)
    except BaseException:  # noqa: BLE001  as Python ends itself
        traceback.print_exc()
        exit_code = 1
    threading._shutdown()  # pyrefly: ignore
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with contextlib.suppress(OSError):
        connection.sendall(_EXIT_CODE.pack(exit_code))
    os._exit(exit_code)


def _run(connection: socket.socket) -> int:
    header, streams, _, _ = socket.recv_fds(connection, _SIZE.size, 3)
    (size,) = _SIZE.unpack(header)
    with connection.makefile("rb") as file:
        arguments, texts, folder, path, values, environment, limits, umask = marshal.loads(file.read(size))  # noqa: S302  of ours
    for number, (stream, name, (encoding, errors)) in enumerate(
        zip(streams, ("stdin", "stdout", "stderr"), texts, strict=True)
    ):
        os.dup2(stream, number)
        os.close(stream)
        binary = os.fdopen(number, "wb" if number else "rb")
        setattr(sys, name, io.TextIOWrapper(binary, encoding, errors, line_buffering=name == "stderr"))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    vars(sys).update(values)
    sys.path[:] = path
    importlib.invalidate_caches()
    for limit, numbers in limits.items():
        resource.setrlimit(limit, numbers)
    try:
        _call(*arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _call(option: str, what: str, *arguments: str) -> None:
    """Do what Python does with `-m MODULE …` or `-c CODE …`."""
    if option == "-m":
        sys.argv[1:] = arguments
        runpy.run_module(what, run_name="__main__", alter_sys=True)
        return
    sys.argv = ["-c", *arguments]
    sys.modules["__main__"] = module = ModuleType("__main__")
    module.__annotations__ = {}
    exec(what, vars(module))  # noqa: S102  as Python's `-c` does


if __name__ == "__main__":
    main(*sys.argv[1:])
