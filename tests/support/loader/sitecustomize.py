"""Python's start, where the CLI starts it to load a bundle: hands the work to a `tests.support.shared_loader`, if any.

Importing databricks-bundles is nine tenths of that work, and the same each time. Imported by any Python that has this folder
on its PYTHONPATH; for everything but the CLI's own call it does nothing. It imports little, and only then.
"""

import os
import sys

_ADDRESS = "TEST_SHARED_LOADER"
_CALL = ["-m", "databricks.bundles.build"]
# As SOL_SOCKET's SCM_RIGHTS wants them: the three streams.
_STREAMS = (0, 1, 2)


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
    path = [os.getcwd(), *sys.path]  # noqa: PTH109  as `-m` has it
    names = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "executable", "orig_argv", "dont_write_bytecode")
    values = {name: getattr(sys, name) for name in names}
    call = marshal.dumps((sys.orig_argv[3:], path, values, dict(os.environ), limits, umask))
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(address)
    rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("3i", *_STREAMS))
    connection.sendmsg([struct.pack("Q", len(call))], [rights])
    connection.sendall(call)
    answer = connection.recv(4)
    if not answer:
        import signal

        # What is loaded has killed its process, which would be this one.
        os.kill(os.getpid(), signal.SIGKILL)
    return struct.unpack("i", answer)[0]


if _ADDRESS in os.environ and sys.orig_argv[1:3] == _CALL:
    os._exit(_hand_over(os.environ[_ADDRESS]))
