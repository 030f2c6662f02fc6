"""Run as a program: imports modules, each in a process of its own, and says which files of their repository that opens.

Reads a JSON list of `[repository, import roots, module names]` on stdin; writes, in the same order, a JSON object of
module name → `{"opened": [[path, file, line], …], "seen": what its `SEEN` holds, "error": its text or null}`. Paths count
from the repository's root; file and line are the innermost place in the repository that runs while the path is opened.

It knows nothing of the closure that it judges: Python itself says what it opens, through its audit hook.
"""

import importlib
import json
import os
import sys
import traceback
from typing import ClassVar

# What the modules import of the standard library, loaded once: a process is forked for each of them.
import codecs, csv, configparser, fileinput, glob, importlib.machinery, importlib.resources, importlib.util, inspect  # noqa: E401, F401  isort: skip
import linecache, logging, pathlib, pkgutil, runpy, site, tokenize, types  # noqa: E401, F401  isort: skip


def watch(repository: str, opened: set[tuple[str, str, int]]) -> None:
    """Add what is opened below a repository, from now on until the process ends."""
    prefix = f"{repository}/"

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100  pathlib is too slow, and may be what opens
        if not path.startswith(prefix) or "__pycache__" in path:
            return
        frame = sys._getframe(1)
        while frame is not None and not frame.f_code.co_filename.startswith(prefix):
            frame = frame.f_back
        file, line = (frame.f_code.co_filename.removeprefix(prefix), frame.f_lineno) if frame else ("", 0)
        opened.add((os.path.normpath(path).removeprefix(prefix), file, line))

    sys.addaudithook(hook)


def answer(repository: str, roots: list[str], name: str) -> dict[str, object]:
    opened: set[tuple[str, str, int]] = set()
    sys.path[:0] = [f"{repository}/{root}".rstrip("/") for root in roots]
    error = None
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  the process ends before anybody would close it
    watch(repository, opened)
    try:
        importlib.import_module(name)
    except BaseException as raised:  # noqa: BLE001  whatever a module raises is what it does
        error = f"{type(raised).__name__}: {raised}".replace(repository, "")
        if os.environ.get("ORACLE_TRACE"):
            error += "".join(traceback.format_exception(raised)).replace(repository, "")
    seen = getattr(sys.modules.get(name), "SEEN", [])
    return {"opened": sorted(opened), "seen": json.loads(json.dumps(seen).replace(repository, "")), "error": error}


def in_a_process_of_its_own(repository: str, roots: list[str], name: str) -> object:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer(repository, roots, name), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a repository's modules once for all the processes; they still open each file that they import."""

    known: ClassVar[dict[tuple[str, bytes], types.CodeType]] = {}
    repositories: ClassVar[set[str]] = set()

    @classmethod
    def compile_before(cls, repository: str) -> None:
        if repository in cls.repositories:
            return
        cls.repositories.add(repository)
        for folder, _, names in os.walk(repository):
            for path in [f"{folder}/{name}" for name in names if name.endswith(".py")]:
                with open(path, "rb") as file:  # noqa: PTH123
                    content = file.read()
                cls.known[path, content] = compile(content, path, "exec", dont_inherit=True)

    def get_code(self, fullname: str) -> types.CodeType | None:
        path = self.get_filename(fullname)
        return self.known.get((path, self.get_data(path))) or super().get_code(fullname)


def main() -> None:
    sys.dont_write_bytecode = True
    sys.path_hooks.insert(0, importlib.machinery.FileFinder.path_hook((Loader, [".py"])))
    requests = json.load(sys.stdin)
    answers: list[dict[str, object]] = []
    for repository, roots, names in requests:
        Loader.compile_before(repository)
        answers.append({name: in_a_process_of_its_own(repository, roots, name) for name in names})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
