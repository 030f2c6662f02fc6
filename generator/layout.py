"""Where the generator's files lie: a path → what the layout says about it, and names → paths.

The only module of the generator that knows how many parts a path has and which part says what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

BUNDLE = "databricks.yml"
# Names of tables and resources, and ruff's settings, by which what is generated is formatted.
CONFIG = "pyproject.toml"
CODE_ROOT = "src"
RESOURCE_ROOT = "resources"
SPEC_ROOT = "specs"
TARGET_ROOT = "targets"
# The largest file that is read.
MAX_BYTES = 256 * 1024
COMMON = f"{CODE_ROOT}/common"
PRESETS = f"{RESOURCE_ROOT}/_models"
SCHEMAS = f"{RESOURCE_ROOT}/_generated"
DOMAIN_SETTINGS = f"{SPEC_ROOT}/domains"
# Folders of the code that are nobody's domain.
NO_DOMAINS = frozenset({"common", "dist", "build"})
# A domain's generated YAML lies here; no source can have this name.
_DOMAIN_FOLDER = "_domain"
# Modules for single targets lie here; the loader takes them by name.
_TARGETS_FOLDER = "_targets"
_INIT = "__init__.py"


class Kind(StrEnum):
    """The kinds of resource that specs make; the value is the folder's name."""

    PIPELINES = "pipelines"
    JOBS = "jobs"

    @property
    def suffix(self) -> str:
        """Return the end of a resource's key, by which the CLI's `run` tells the kinds apart."""
        return "_pipeline" if self is Kind.PIPELINES else "_job"


@dataclass(frozen=True, slots=True)
class SpecPlace:
    """The parts of a spec's path; `name` is the file's, without its extension."""

    kind: Kind
    domain: str
    source: str
    name: str


def locate_spec(path: str) -> SpecPlace | None:
    """Return the parts of a spec's path, or None if it isn't where specs lie.

    >>> locate_spec("specs/jobs/finance/stripe/final_payments.yml")
    SpecPlace(kind=<Kind.JOBS: 'jobs'>, domain='finance', source='stripe', name='final_payments')
    """
    match path.split("/"):
        case ["specs", kind, domain, source, file] if kind in tuple(Kind) and file.endswith(".yml"):
            return SpecPlace(Kind(kind), domain, source, file.removesuffix(".yml"))
        case _:
            return None


def spec_path(kind: Kind, domain: str, source: str, name: str) -> str:
    """Return the path of a spec."""
    return f"{SPEC_ROOT}/{kind}/{domain}/{source}/{name}.yml"


def module_path(kind: Kind, domain: str, source: str, name: str, target: str | None = None) -> str:
    """Return the path of the module that a spec becomes, or of the one that the loader takes in one target instead."""
    inside = f"{_TARGETS_FOLDER}/{target}/" if target is not None else ""
    return f"{RESOURCE_ROOT}/{domain}/{source}/{kind}/{inside}{name}.py"


def package_files(module: str) -> Iterator[str]:
    """Yield the `__init__.py` files that a resource module needs: the loader only finds modules in packages."""
    folders = module.split("/")[:-1]
    for depth in range(2, len(folders) + 1):
        yield "/".join([*folders[:depth], _INIT])


def settings_domain(path: str) -> str | None:
    """Return the domain whose settings lie at a path, or None if none can."""
    folder, _, file = path.rpartition("/")
    return file.removesuffix(".yml") if folder == DOMAIN_SETTINGS and file.endswith(".yml") else None


def is_settings(path: str) -> bool:
    """Return whether a path lies among the domains' settings, whether it can hold some or not."""
    return path.startswith(f"{DOMAIN_SETTINGS}/")


def domain_yaml(domain: str, name: str) -> str:
    """Return the path of a generated YAML file of a whole domain."""
    return f"{RESOURCE_ROOT}/{domain}/{_DOMAIN_FOLDER}/{name}.yml"


def is_generated(path: str) -> bool:
    """Return whether generated files lie at such a path: modules of both kinds, and the domains' own YAML."""
    match path.split("/"):
        case ["resources", _, _, kind, file]:
            return kind in tuple(Kind) and file.endswith(".py") and file != _INIT
        case ["resources", _, _, kind, folder, _, file]:
            return kind in tuple(Kind) and folder == _TARGETS_FOLDER and file.endswith(".py") and file != _INIT
        case ["resources", _, folder, file]:
            return folder == _DOMAIN_FOLDER and file.endswith(".yml")
        case _:
            return False


def yaml_domain(path: str) -> str | None:
    """Return the domain of a YAML file that the bundle loads resources from, or None if it loads none from there."""
    match path.split("/"):
        case ["resources", domain, _, file] | ["resources", domain, _, _, file] if file.endswith(".yml"):
            return None if domain.startswith("_") else domain
        case _:
            return None


def is_resource_of(path: str, domain: str) -> bool:
    """Return whether a path lies in the folder of a domain's resources."""
    return path.startswith(f"{RESOURCE_ROOT}/{domain}/")


def is_code(path: str) -> bool:
    """Return whether a path lies below the folder of the code that is deployed."""
    return path.startswith(f"{CODE_ROOT}/")


def code_folder(domain: str, *inside: str) -> str:
    """Return the folder of a domain's code, or of a source's or a layer's in it."""
    return "/".join([CODE_ROOT, domain, *inside])
