"""Random repositories: shared code, domains that use it, resources and models, in many styles of import and file access."""

import posixpath
from bisect import bisect
from dataclasses import dataclass, field
from random import Random

from tests.property.oracle.file_styles import HELPERS
from tests.property.oracle.places import Module, way
from tests.property.oracle.sites import Site, Statement
from tests.property.oracle.styles import KINDS, statement

DOMAINS = ("finance", "marketing", "sales", "risk", "people")
_FOLDERS = ("readers", "readers/deep", "sql", "plugins", "data", "data/more", "vendor", "a/b")
_MODULES = ("money", "rates", "text", "paths", "files", "lazy", "frames", "tasks", "checks", "units")
_DATA = (
    "rates.csv",
    "q.sql",
    "page.j2",
    "conf.json",
    "conf.yaml",
    "Page.Jinja",
    "NOTES.TXT",
    "model.R",
    "Q.SQL",
    "words",
    ".env",
)
_HEADER = "import os, pathlib, sys, importlib\nfrom pathlib import Path\nX = X_{0} = {1!r}\nSEEN = []\n"
_FOOTER = "def function():\n    return X\nclass Class:\n    pass\n"


@dataclass(slots=True)
class Repository:
    """A repository's files, and the style of each line that uses something shared."""

    files: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    shared: dict[str, Module] = field(default_factory=dict)

    def style_at(self, path: str, line: int) -> str:
        """Return the style of the statement at a line."""
        starts = self.lines.get(path, [])
        index = bisect(starts, (line, "\uffff"))
        return starts[index - 1][1] if index else "none"

    def modules(self, domain: str) -> dict[str, list[str]]:
        """Return the modules of a domain by the folder that they are imported from."""
        roots = {"src": f"src/{domain}/", "": f"resources/{domain}/"}
        return {
            root: sorted(Module(path, {}).name for path in self.files if path.startswith(start) and path.endswith(".py"))
            for root, start in roots.items()
        }


def make_repository(seed: int) -> Repository:
    """Return the repository of a seed, always the same."""
    random = Random(seed)
    made = Repository()
    palette = frozenset(random.sample(sorted(KINDS), random.randint(1, 4)))
    made.files |= {"databricks.yml": "", "targets/dev.yml": "", "src/pyproject.toml": "", "resources/__init__.py": ""}
    _add_shared(random, made, palette, "src/common", random.sample(_FOLDERS, random.randint(1, 5)))
    _add_shared(random, made, palette, "resources/_models", random.sample(("sizes", "tags"), random.randint(0, 2)))
    for domain in DOMAINS:
        _add_domain(random, made, palette, domain)
    return made


def _add_shared(random: Random, made: Repository, palette: frozenset[str], top: str, folders: list[str]) -> None:
    """Add shared code: modules use only those that come after them, so that few imports go round in a circle."""
    paths: list[str] = []
    for folder in [top, *(f"{top}/{name}" for name in folders)]:
        names = random.sample(_MODULES, random.randint(0 if folder.endswith(("data", "sql", "more")) else 1, 3))
        paths += [f"{folder}/{name}.py" for name in names]
        if random.random() < 0.65:
            paths.append(f"{folder}/__init__.py")
        for name in random.sample(_DATA, random.randint(1, 3)):
            made.files[f"{folder}/{name}"] = f"{folder} {name}\n"
    random.shuffle(paths)
    data = sorted(path for path in made.files if path.startswith(f"{top}/"))
    known: list[Module] = []
    for path in paths:
        module = Module(path, {})
        statements = _statements(random, module, list(known), data, palette, random.choice((0, 0, 0, 1, 1)))
        _write(made, module, [*statements, *_offers(random, module, known, data)])
        known.append(module)
    made.shared |= {module.path: module for module in known}


def _add_domain(random: Random, made: Repository, palette: frozenset[str], domain: str) -> None:
    for top, shared in (("src", "src/common"), ("resources", "resources/_models")):
        known = [module for path, module in made.shared.items() if path.startswith(f"{shared}/")]
        data = sorted(path for path in made.files if path.startswith(f"{shared}/") and not path.endswith(".py"))
        own: list[Module] = []
        folders = (f"{top}/{domain}", f"{top}/{domain}/stripe", f"{top}/{domain}/stripe/raw")
        for folder in folders if top == "src" else folders[2:]:
            if random.random() < 0.5:
                continue
            for name in [random.choice(_MODULES), *(["__init__"] if random.random() < 0.4 else [])]:
                module = Module(f"{folder}/{name}.py", {})
                usable = known if random.random() < 0.8 else known + own
                _write(made, module, _statements(random, module, usable, data, palette, random.choice((1, 1, 2))))
                own.append(module)


def _statements(
    random: Random, home: Module, known: list[Module], data: list[str], palette: frozenset[str], number: int
) -> list[Statement]:
    return [statement(Site(random, home, known, data, n, palette)) for n in range(number)]


def _offers(random: Random, module: Module, known: list[Module], data: list[str]) -> list[Statement]:
    """Return folder constants, names of modules and functions that a shared module offers to those that import it."""
    made: list[Statement] = []
    if random.random() < 0.2:
        target = posixpath.dirname(random.choice(data)) if random.random() < 0.6 else module.folder
        place = way(random, module, target, known, 90)
        name = random.choice(("HERE", "ROOT", "SQL", "_HERE", "DATA_DIR"))
        module.offers[name] = target
        made.append(Statement(f"offers a folder: {place.style}", f"{place.before}\n{name} = {place.expression}"))
    if known and random.random() < 0.25:
        other = random.choice(known)
        name = f"NAME_OF_{other.last_name.upper().strip('_')}"
        module.offers[name] = other.name
        made.append(Statement("offers a name", f"{name} = {other.name!r}"))
    if random.random() < 0.2:
        kind = random.choice(sorted(HELPERS))
        module.offers[f"use_{kind}"] = kind
        made.append(Statement(f"offers a helper: {kind}", HELPERS[kind].replace("{0}", f"use_{kind}")))
    return made


def _write(made: Repository, module: Module, statements: list[Statement]) -> None:
    text = _HEADER.format(module.last_name, module.name)
    for part in statements:
        made.lines.setdefault(module.path, []).append((text.count("\n") + 1, part.style))
        text += part.text.strip("\n") + "\n"
    made.lines.setdefault(module.path, []).append((text.count("\n") + 1, "none"))
    made.files[module.path] = text + _FOOTER
