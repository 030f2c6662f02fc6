"""Python's start, where tests have it import much: hands the work to one of `tests.support.shared_pythons`, if any.

Imports are most of that work, and the same each time. Imported by any Python that has this folder on its PYTHONPATH; for
everything but these calls it does nothing. It imports little, and only then.
"""

import os
import sys

_ADDRESS = "TEST_SHARED_PYTHONS"
_CALLS = {
    # The CLI's, to load a bundle.
    "bundles": ("-m", "databricks.bundles.build"),
    # The bundle's, to build its wheel.
    "wheels": ("-P", "-m", "hatchling"),
    # The pipelines', see `.github/actions/setup/bin/scope`.
    "scope": (
        *("-P", "-c"),
        "import sys; sys.path.append(sys.argv.pop(1)); from scope.cli import main; sys.exit(main())",
    ),
}
# As SOL_SOCKET's SCM_RIGHTS wants them: the three streams.
_STREAMS = (0, 1, 2)


def _find_call() -> str | None:
    """Return which of the calls this is, or None."""
    for name, words in _CALLS.items():
        if tuple(sys.orig_argv[1 : 1 + len(words)]) == words:
            return name
    return None


def _hand_over(address: str) -> int:
    """Have the work done with this process's arguments, environment, limits and streams; return its exit code."""
    import _socket
    import marshal
    import resource
    import struct

    limits = {
        getattr(resource, name): resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    umask = os.umask(0o077)
    os.umask(umask)
    folder = os.getcwd()  # noqa: PTH109  pathlib takes longer to import
    arguments = sys.orig_argv[1:]
    path = list(sys.path)
    if arguments[0] == "-P":
        del arguments[0]
    else:
        # As `-m` has it.
        path.insert(0, folder)
    names = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "executable", "orig_argv", "dont_write_bytecode")
    values = {name: getattr(sys, name) for name in names}
    texts = [(stream.encoding, stream.errors) for stream in (sys.stdin, sys.stdout, sys.stderr)]
    call = marshal.dumps((arguments, texts, folder, path, values, dict(os.environ), limits, umask))
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(address)
    rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("3i", *_STREAMS))
    connection.sendmsg([struct.pack("Q", len(call))], [rights])
    connection.sendall(call)
    answer = connection.recv(4)
    if not answer:
        import signal

        # What is done has killed its process, which would be this one.
        os.kill(os.getpid(), signal.SIGKILL)
    return struct.unpack("i", answer)[0]


if _ADDRESS in os.environ and (_name := _find_call()):
    os._exit(_hand_over(f"{os.environ[_ADDRESS]}/{_name}"))
