"""The identity of a spec's resource: its parts, and the names and keys that `[tool.scope.naming]` makes of them."""

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from generator.layout import Kind, locate_spec, module_path, spec_path
from scope.naming import DEFAULT, Naming

# Four parts and three underscores stay below Unity Catalog's 255 characters, with room for a target's prefixes.
MAX_PART = 60

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,199}")
# What a module imports.
_CLASSES = frozenset({"Job", "Pipeline"})
_PART = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# In addition to packages of Python and of the tooling: packages of a workspace's Python, and this repository's folders.
RESERVED = frozenset(
    {"all", "common", "databricks", "delta", "dlt", "mlflow", "numpy", "pandas", "py4j", "pyarrow", "pyspark"}
    | {"docs", "generator", "resources", "scope", "specs", "src", "targets", "tests"}
)


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """The identity of a spec's resource: all of its names follow from these five, by the repository's naming."""

    kind: Kind
    domain: str
    source: str
    layer: str
    asset: str
    naming: Naming = field(default=DEFAULT, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Return the resource's name in the workspace."""
        return self.naming.resource_of(self.domain, self.source, self.layer, self.asset)

    @property
    def key(self) -> str:
        """Return the resource's key in the bundle, which is also the variable's name in the module."""
        return self.name + self.kind.suffix

    @property
    def spec(self) -> str:
        """Return the path of the spec."""
        return spec_path(self.kind, self.domain, self.source, f"{self.layer}_{self.asset}")

    @property
    def module(self) -> str:
        """Return the path of the module that the spec becomes."""
        return module_path(self.kind, self.domain, self.source, f"{self.layer}_{self.asset}")

    def module_in(self, target: str) -> str:
        """Return the path of the module that stands for it in one target, where the spec says something about that."""
        return module_path(self.kind, self.domain, self.source, f"{self.layer}_{self.asset}", target)


def identity_of(path: str, naming: Naming = DEFAULT) -> Identity | str:
    """Return the identity of the resource of the spec at a path, or why the path can't be a spec's."""
    place = locate_spec(path)
    if place is None:
        return "is not where specs lie: specs/{pipelines,jobs}/<domain>/<source>/<layer>_<asset>.yml."
    layer, _, asset = place.name.partition("_")
    if layer not in naming.layers or not asset:
        return f"has a file name that is not <layer>_<asset>.yml with one of the layers {', '.join(naming.layers)}."
    for role, part in (("domain", place.domain), ("source", place.source), ("asset", asset)):
        if reason := part_fault(part):
            return f"names a {role} that can't be one: {reason}"
    return Identity(place.kind, place.domain, place.source, layer, asset, naming)


def part_fault(part: str) -> str:
    """Return why a text can't be a domain, a source or an asset, or an empty text if it can.

    >>> part_fault("payments")
    ''
    >>> part_fault("Payments")
    '`Payments` is not snake_case: lower-case letters, digits and single underscores, a letter first.'
    """
    shown = f"`{part}`" if part.isprintable() and len(part) < 80 else repr(part[:60])
    if not _PART.fullmatch(part):
        return f"{shown} is not snake_case: lower-case letters, digits and single underscores, a letter first."
    if len(part) > MAX_PART:
        return f"{shown} has {len(part)} characters; at most {MAX_PART}, so that full names fit Databricks' limits."
    if keyword.iskeyword(part):
        return f"{shown} is a Python keyword, so no module can have this name."
    if part in RESERVED:
        return f"{shown} is reserved. Choose another name."
    if part in sys.stdlib_module_names or _is_installed(part):
        return f"{shown} is the name of a Python package, which the code's folder would hide. Choose another name."
    return ""


def key_fault(key: str) -> str:
    """Return why a text can't be the key of a resource that a module defines, or an empty text if it can.

    >>> key_fault("nightly")
    ''
    >>> key_fault("nightly-load")
    "`nightly-load` is not a Python variable's name, which the key of a resource in a module is."
    """
    if _KEY.fullmatch(key) and not keyword.iskeyword(key) and key not in _CLASSES:
        return ""
    shown = f"`{key}`" if key.isprintable() and len(key) < 80 else repr(key[:60])
    return f"{shown} is not a Python variable's name, which the key of a resource in a module is."


@cache
def _is_installed(name: str) -> bool:
    """Return whether a package of that name is installed, other than this repository's own."""
    try:
        package = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    if package is None:
        return False
    places = [package.origin] if package.origin else list(package.submodule_search_locations or [])
    return any("site-packages" in Path(place).parts or "dist-packages" in Path(place).parts for place in places if place)
