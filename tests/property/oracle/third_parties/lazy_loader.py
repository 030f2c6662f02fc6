"""Stands for the package of this name, which gives a package its names when they are asked for."""

import importlib
from collections.abc import Callable


def attach(
    package: str, submodules: list[str] | None = None, submod_attrs: dict[str, list[str]] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    homes = {name: module for module, names in (submod_attrs or {}).items() for name in names}
    names = sorted({*(submodules or []), *homes})

    def get(name: str) -> object:
        if name in homes:
            return importlib.import_module(f"{package}.{homes[name]}").X
        if name in names:
            return importlib.import_module(f"{package}.{name}").X
        raise AttributeError(name)

    return get, lambda: names, names
