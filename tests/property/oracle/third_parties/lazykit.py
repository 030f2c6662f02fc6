"""Stands for packages that import by name for their caller."""

import importlib
import types
from collections.abc import Callable
from pathlib import Path


def import_string(name: str) -> types.ModuleType:
    return importlib.import_module(name)


class LazyModule(types.ModuleType):
    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)


def names(package: str, *known: str) -> Callable[[str], object]:
    def get(name: str) -> object:
        if name not in known:
            raise AttributeError(name)
        return importlib.import_module(f"{package}.{name}").X

    return get


def read(package: str, name: str) -> str:
    return Path(importlib.import_module(package).__path__[0], name).read_text()


def install(package: str | dict[str, object], known: list[str]) -> None:
    if isinstance(package, str):
        package = vars(importlib.import_module(package))
    for name in known:
        package[name] = importlib.import_module(f"{package['__name__']}.{name}").X


class Package(types.ModuleType):
    def __init__(self, module: types.ModuleType) -> None:
        super().__init__(module.__name__)
        self.__dict__.update({key: value for key, value in vars(module).items() if key.startswith("__")})
        self.X = module.X
        self.SEEN = module.SEEN

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return importlib.import_module(f"{self.__name__}.{name}")
