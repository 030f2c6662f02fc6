"""Where things lie in the repository: a path → its place, and a domain or a target → the paths that are its own.

The only module that knows how many parts a path has and which part says what. Layout is not ownership: what a place
deploys is for `ownership` to say.
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from scope.names import is_domain_name, is_target_name

CONFIG = "pyproject.toml"
MOVES = "moves.toml"
BUNDLE = "databricks.yml"
CODE_ROOT = "src"
RESOURCE_ROOT = "resources"
SPEC_ROOT = "specs"
TARGET_ROOT = "targets"
RUNTIME_PROJECT = f"{CODE_ROOT}/pyproject.toml"
COMMON = f"{CODE_ROOT}/common"
MODELS = f"{RESOURCE_ROOT}/_models"
# It imports the domains' modules by name, which are staged anyway, and skips names that begin with an underscore.
LOADER = f"{RESOURCE_ROOT}/__init__.py"
# It hashes whatever files a stage holds into a version, and needs none of them.
VERSION = f"{COMMON}/_version.py"
# Where wheels are built in a stage.
WHEELS = f"{CODE_ROOT}/dist/"
# The folders that hold a folder per domain.
DOMAIN_ROOTS = (CODE_ROOT, RESOURCE_ROOT)
# Folders in them that are no domain's.
RESERVED_FOLDERS = frozenset({"common", "_models", "_generated", "dist"})
_SPEC_KINDS = ("jobs", "pipelines")
PIPELINE_SPECS = f"{SPEC_ROOT}/pipelines"
_SETTINGS = f"{SPEC_ROOT}/domains"
# Folders, of which many paths have the same.
_MOST_KNOWN = 4096


class Role(StrEnum):
    """The role of a path in the repository."""

    BUNDLE = "bundle"
    LOADER = "loader"
    TARGET = "target"
    CODE = "code"
    RESOURCE = "resource"
    SPEC = "spec"
    SETTINGS = "settings"
    SHARED = "shared"
    MODEL = "model"
    IGNORE_FILE = "ignore-file"
    OTHER = "other"


class Place(NamedTuple):
    """The place of a path: its role, and the domain, source or target that it lies in."""

    role: Role
    domain: str | None = None
    source: str | None = None
    target: str | None = None


_OTHER = Place(Role.OTHER)


def place_of(path: str) -> Place:
    """Return the place of a file's path; its role is `other` if the layout doesn't know the path.

    >>> place_of("src/finance/stripe/base/payments.py")
    Place(role=<Role.CODE: 'code'>, domain='finance', source='stripe', target=None)
    """
    match path.split("/"):
        case ["databricks.yml"] | ["src", "pyproject.toml"]:
            return Place(Role.BUNDLE)
        case ["targets", file] if file.endswith(".yml") and is_target_name(stem := file.removesuffix(".yml")):
            return Place(Role.TARGET, target=stem)
        case ["src" | "resources" as root, folder, *inside] if inside:
            return _in_folder(root, folder, inside[0] if len(inside) > 1 else None, is_ignored=inside[-1] == ".gitignore")
        case ["src" | "resources", ".gitignore"]:
            return Place(Role.IGNORE_FILE)
        case ["resources", file] if file.endswith(".py"):
            return Place(Role.LOADER)
        case ["specs", "jobs" | "pipelines", domain, *inside] if inside and is_domain_name(domain):
            return Place(Role.SPEC, domain, inside[0] if len(inside) > 1 else None)
        case ["specs", "domains", file] if file.endswith(".yml") and is_domain_name(stem := file.removesuffix(".yml")):
            return Place(Role.SETTINGS, stem)
        case _:
            return _OTHER


@lru_cache(_MOST_KNOWN)
def _in_folder(root: str, folder: str, below: str | None, *, is_ignored: bool) -> Place:
    """Return the place of what lies in a folder of a root, or in a folder below that."""
    is_domain = is_domain_name(folder)
    domain = folder if is_domain else None
    source = below if is_domain else None
    if is_ignored:
        return Place(Role.IGNORE_FILE, domain, source)
    if f"{root}/{folder}" == COMMON:
        return Place(Role.SHARED)
    if f"{root}/{folder}" == MODELS:
        return Place(Role.MODEL)
    if not is_domain:
        return _OTHER
    return Place(Role.CODE if root == CODE_ROOT else Role.RESOURCE, domain, source)


def is_placed(folder: str) -> bool:
    """Return whether the layout knows every path below a folder."""
    match folder.split("/"):
        case ["src" | "resources", _] | ["specs", "jobs" | "pipelines", _]:
            return place_of(f"{folder}/x").role is not Role.OTHER
        case _:
            return False


def is_below_root(path: str) -> bool:
    """Return whether a path lies below a folder that holds a folder per domain, such as `src`."""
    return path.startswith(tuple(f"{root}/" for root in DOMAIN_ROOTS))


def is_own_file(path: str, domain: str) -> bool:
    """Return whether a path lies in one of a domain's own folders of code and resources."""
    return path.startswith(tuple(f"{folder}/" for folder in domain_folders(domain)))


def domain_folders(domain: str) -> tuple[str, str]:
    """Return a domain's own folders: code, then resources."""
    return code_folder(domain), resource_folder(domain)


def code_folder(domain: str) -> str:
    """Return the folder of a domain's package."""
    return f"{CODE_ROOT}/{domain}"


def resource_folder(domain: str) -> str:
    """Return the folder of a domain's resources."""
    return f"{RESOURCE_ROOT}/{domain}"


def spec_paths(domain: str) -> tuple[str, ...]:
    """Return the folders and the file from which a domain's resource modules are generated."""
    return (*(f"{SPEC_ROOT}/{kind}/{domain}" for kind in _SPEC_KINDS), f"{_SETTINGS}/{domain}.yml")


def spec_module(path: str) -> str | None:
    """Return the module that a spec generates, `specs/jobs/d/s/x.yml` → `resources/d/s/jobs/x.py`; None for other paths."""
    match path.split("/"):
        case ["specs", "jobs" | "pipelines" as kind, domain, source, _, *_] as parts:
            return "/".join([RESOURCE_ROOT, domain, source, kind, *parts[4:]]).removesuffix(".yml") + ".py"
        case _:
            return None


def target_file(target: str) -> str:
    """Return the file that configures a target."""
    return f"{TARGET_ROOT}/{target}.yml"


def is_loaded_yaml(path: str) -> bool:
    """Return whether the bundle's `include` loads a YAML file: `resources/<domain>/<source>/[<folder>/]<name>.yml`."""
    parts = path.split("/")
    return parts[0] == RESOURCE_ROOT and len(parts) in {4, 5} and path.endswith(".yml")


def is_resource(path: str) -> bool:
    """Return whether a path lies below the folder that the CLI loads resources from."""
    return path.startswith(f"{RESOURCE_ROOT}/")


def is_code(path: str) -> bool:
    """Return whether a path lies below the folder that is uploaded."""
    return path.startswith(f"{CODE_ROOT}/")


def names_on_the_way(path: str) -> tuple[str, ...]:
    """Return the names that lead to a file of `src` or `resources` from the folder there that holds it, its own last.

    The last is without suffix; of a package's `__init__`, it is the package's.

    >>> names_on_the_way("src/common/readers/csv.py"), names_on_the_way("src/common/readers/__init__.py")
    (('readers', 'csv'), ('readers', 'readers'))
    """
    parts = path.removeprefix(f"{CODE_ROOT}/").removeprefix(f"{RESOURCE_ROOT}/").split("/")
    stem = parts[-1].partition(".")[0]
    return (*parts[1:-1], parts[-2] if stem == "__init__" and len(parts) > 1 else stem)


def module_name(path: str) -> str:
    """Return the dotted name under which a stage's Python file is imported; a package's for its `__init__`."""
    parts = path.rpartition(".")[0].removeprefix(f"{CODE_ROOT}/").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
