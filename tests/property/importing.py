"""Run as a program: imports modules below folders, each as if it were the first, and says what they then hold.

Reads a JSON list of `[folder, import roots, packages, module names]` on stdin; writes, in the same order, a JSON object of
module name → its plain values, or an error's text.
"""

import importlib
import json
import sys
import types
import unittest.mock


class Absent(types.ModuleType):
    """Stands for Spark, which isn't installed where the checks run: any name of it is something that can be called."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":
            return ()
        if name.startswith("__"):
            raise AttributeError(name)
        return unittest.mock.MagicMock()


def forget(packages: list[str]) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
    importlib.invalidate_caches()


def value_of(name: str) -> object:
    try:
        module = importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001  whatever a module raises is what it does
        return {"error": f"{type(error).__name__}: {error}"}
    return {key: value for key, value in vars(module).items() if isinstance(value, str | int | list) and key[0].isupper()}


def main() -> None:
    for name in ("pyspark", "pyspark.sql", "pyspark.sql.functions", "pyspark.sql.types", "pyspark.sql.window"):
        sys.modules[name] = Absent(name)
    sys.dont_write_bytecode = True
    path = list(sys.path)
    answers: list[dict[str, object]] = []
    for folder, roots, packages, names in json.load(sys.stdin):
        sys.path[:] = [*(f"{folder}/{root}" if root else folder for root in roots), *path]
        answer: dict[str, object] = {}
        for name in names:
            forget(packages)
            answer[name] = value_of(name)
        forget(packages)
        answers.append(answer)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
