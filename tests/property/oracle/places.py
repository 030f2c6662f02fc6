"""Expressions of Python that lead from a module to a file or folder of its repository."""

import posixpath
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Module:
    """A module that can be imported, and the names of folder constants and helpers that it offers to others."""

    path: str
    offers: dict[str, str]

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def package(self) -> str:
        return self.folder.removeprefix("src/").replace("/", ".")

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")

    @property
    def last_name(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Way:
    """How to get somewhere: statements that come first, an expression for a `str` or `Path`, and what the way is called."""

    style: str
    before: str
    expression: str


@dataclass(frozen=True, slots=True)
class Trip:
    """A module, where it wants to get, the modules that it may import, and a number that makes its names unique."""

    random: Random
    home: Module
    target: str
    known: list[Module]
    n: int


def way(random: Random, home: Module, target: str, known: list[Module], n: int) -> Way:
    """Return one of many ways from a module to a path below the repository's root; `n` makes its names unique."""
    anchors = [_own_file, _own_file, _own_file, _frame, _spec]
    if known:
        anchors += [_other_module, _other_module, _constant, _resources]
    if home.is_package:
        anchors.append(_own_path)
    return random.choice(anchors)(Trip(random, home, target, known, n))


def _steps(anchor: str, target: str) -> tuple[int, list[str]]:
    """Return how often to climb from a folder, and the names to go down."""
    parts = posixpath.relpath(target, anchor).split("/")
    ups = sum(part == ".." for part in parts)
    return ups, [part for part in parts[ups:] if part != "."]


def _from_file(random: Random, file: str, folder: str, target: str, n: int) -> tuple[str, str]:
    """Return statements and an expression for a target, from the expression for the path of a file in a folder."""
    ups, downs = _steps(folder, target)
    slashed = "/".join(downs)
    dots = "/".join([".."] * ups + downs)
    listed = ", ".join(repr(part) for part in downs)
    below = "".join(f" / {part!r}" for part in downs)
    climbed = f"os.path.dirname({file})"
    for _ in range(ups):
        climbed = f"os.path.dirname({climbed})"
    last, stem = downs[-1] if downs else "", downs[-1].partition(".")[0] if downs else ""
    # Above all names of a repository ends in `src` or its root, where a string names the shared folder.
    forms: list[tuple[str, str]] = [
        ("", f"Path({file}){'.parent' * (ups + 1)}{below}"),
        ("", f"Path({file}).resolve().parents[{ups}]{below}"),
        ("", f"Path({file}).absolute().parents[{ups}].joinpath({listed})"),
        ("", f"pathlib.Path({file}).parent / {dots!r}" if dots else f"pathlib.Path({file}).parent"),
        ("", f"os.path.join(os.path.dirname(os.path.abspath({file})), {dots!r})"),
        ("", f"os.path.join({climbed}, {listed})" if downs else climbed),
        ("", f"{climbed} + {'/' + slashed!r}" if downs else climbed),
        ("", f"os.path.normpath(os.path.join({file}, os.pardir, {dots!r}))"),
        ("", f'f"{{os.path.dirname({file})}}/{dots}"'),
        ("", f'"%s/%s" % (os.path.dirname({file}), {dots!r})'),
        ("", f'"{{}}/{{}}".format(os.path.dirname({file}), {dots!r})'),
        ("", f'{file}.rpartition("/")[0] + {"/" + dots!r}'),
        ("", f"os.sep.join([*{file}.split(os.sep)[:-{ups + 1}], {listed}])"),
        (f"HERE_{n} = Path({file}).parent", f"HERE_{n} / {dots!r}"),
        (f"HERE_{n} = os.path.dirname({file})", f"os.path.join(HERE_{n}, {dots!r})"),
        (f"ROOT_{n} = Path({file}).resolve().parents[{ups}]", f"ROOT_{n}{below}"),
        (f"PARTS_{n} = {downs!r}", f"Path({file}).parents[{ups}].joinpath(*PARTS_{n})"),
        (f"NAME_{n} = {dots!r}", f"Path({file}).parent / NAME_{n}"),
        (f"def place_{n}(name):\n    return Path({file}).parent / name", f"place_{n}({dots!r})"),
        (f"def root_{n}():\n    return Path({file}).parents[{ups}]", f"root_{n}(){below}"),
        (
            f"class Place_{n}:\n    root = Path({file}).parent\n    def to(self, name):\n        return self.root / name",
            f"Place_{n}().to({dots!r})",
        ),
        (f"name = 'words'\ndef find_{n}(name):\n    return Path({file}).parent / name", f"find_{n}({dots!r})"),
        (f"name = 'words'\nname = {dots!r}", f"Path({file}).parent / name"),
        (f"for name in ('words', {dots!r}):\n    pass", f"os.path.join(os.path.dirname({file}), name)"),
        (
            f"FOLDER_{n} = Path({file}).parent\nfor part in {dots!r}.split('/'):\n    FOLDER_{n} = FOLDER_{n} / part",
            f"FOLDER_{n}",
        ),
        (f"FILE_{n} = Path({file})", f"FILE_{n}{'.parent' * (ups + 1)}{below}"),
        (f"DIR_{n} = FOLDER_{n} = Path({file}).parent", f"FOLDER_{n} / {dots!r}"),
        (f"ROOT_{n}, STEM_{n} = Path({file}).parents[{ups}], {slashed!r}", f"ROOT_{n} / STEM_{n}"),
    ]
    top = posixpath.basename(posixpath.commonpath([folder, target]))
    if downs and top:
        climb = f"ROOT_{n} = Path({file}).resolve().parent"
        forms += [
            (f"{climb}\nwhile ROOT_{n}.name != {top!r}:\n    ROOT_{n} = ROOT_{n}.parent", f"ROOT_{n}{below}"),
            (f"ROOT_{n} = next(p for p in Path({file}).parents if p.name == {top!r})", f"ROOT_{n}{below}"),
            (f"for ROOT_{n} in Path({file}).parents:\n    if ROOT_{n}.name == {top!r}:\n        break", f"ROOT_{n}{below}"),
        ]
    if stem and stem != last:
        suffix = last[len(stem) :]
        parent = "/".join([".."] * ups + downs[:-1])
        inner = f"Path({file}).parent / {parent!r}" if parent else f"Path({file}).parent"
        forms += [
            (f"STEM_{n} = ''.join(reversed({stem[::-1]!r}))", f'{inner} / f"{{STEM_{n}}}{suffix}"'),
            (f"STEM_{n} = ''.join(reversed({stem[::-1]!r}))", f"{inner} / (STEM_{n} + {suffix!r})"),
            (f"STEM_{n} = ''.join(reversed({stem[::-1]!r}))", f"({inner} / STEM_{n}).with_suffix({suffix!r})"),
            (f"LAST_{n} = ''.join(reversed({last[::-1]!r}))", f"{inner} / LAST_{n}"),
        ]
        if ups == 0 and len(downs) == 1:
            forms += [("", f"Path({file}).with_name({last!r})")] * 3
    return random.choice(forms)


def _own_file(trip: Trip) -> Way:
    random, home, target, n = trip.random, trip.home, trip.target, trip.n
    return Way("__file__", *_from_file(random, "__file__", home.folder, target, n))


def _frame(trip: Trip) -> Way:
    random, home, target, n = trip.random, trip.home, trip.target, trip.n
    file = random.choice(
        [
            "inspect.getfile(inspect.currentframe())",
            "inspect.getsourcefile(lambda: 0)",
            "inspect.stack()[0].filename",
            "(lambda: 0).__code__.co_filename",
            "sys._getframe().f_code.co_filename",
            "sys.modules[__name__].__file__",
            "globals()['__file__']",
        ]
    )
    before, expression = _from_file(random, file, home.folder, target, n)
    return Way("own frame", f"import inspect, sys\n{before}", expression)


def _spec(trip: Trip) -> Way:
    random, home, target, n = trip.random, trip.home, trip.target, trip.n
    file = random.choice(
        [
            "__spec__.origin",
            "__loader__.path",
            "__spec__.loader.path",
            "__loader__.get_filename()",
            "__loader__.get_filename(__name__)",
        ]
    )
    return Way("__spec__", *_from_file(random, file, home.folder, target, n))


def _own_path(trip: Trip) -> Way:
    random, home, target = trip.random, trip.home, trip.target
    folder = random.choice(["__path__[0]", "list(__path__)[0]", "__spec__.submodule_search_locations[0]"])
    ups, downs = _steps(home.folder, target)
    dots = "/".join([".."] * ups + downs)
    forms = [f"Path({folder}) / {dots!r}", f"os.path.join({folder}, {dots!r})", f"{folder} + {'/' + dots!r}"]
    return Way("__path__", "", random.choice(forms))


def _other_module(trip: Trip) -> Way:
    random, target, known, n = trip.random, trip.target, trip.known, trip.n
    other = random.choice(known)
    parent, _, last = other.name.rpartition(".")
    bindings = [
        (f"import {other.name}", other.name),
        (f"import {other.name} as other_{n}", f"other_{n}"),
        (f"other_{n} = importlib.import_module({other.name!r})", f"other_{n}"),
        (f"import {other.name}", f"sys.modules[{other.name!r}]"),
    ]
    if parent:
        bindings.append((f"from {parent} import {last} as other_{n}", f"other_{n}"))
    before, module = random.choice(bindings)
    before = f"import importlib, inspect, sys\n{before}"
    files = [
        f"{module}.__file__",
        f"{module}.__file__",
        f"{module}.__spec__.origin",
        f"{module}.__loader__.path",
        f"inspect.getfile({module})",
        f"inspect.getfile({module}.function)",
        f"inspect.getsourcefile({module}.Class)",
        f"{module}.function.__code__.co_filename",
        f"(lambda module: module.__file__)({module})",
        f"getattr({module}, '__file__')",
        f"vars({module})['__file__']",
        f"importlib.util.find_spec({other.name!r}).origin",
    ]
    if other.is_package and random.random() < 0.4:
        folder = random.choice(
            [f"{module}.__path__[0]", f"next(iter({module}.__path__))", f"{module}.__spec__.submodule_search_locations[0]"]
        )
        ups, downs = _steps(other.folder, target)
        return Way("module.__path__", before, f"os.path.join({folder}, {'/'.join(['..'] * ups + downs)!r})")
    more, expression = _from_file(random, random.choice(files), other.folder, target, n)
    return Way("module.__file__", f"{before}\n{more}", expression)


def _constant(trip: Trip) -> Way:
    """Return a way through a folder that another module names."""
    random, target, known, n = trip.random, trip.target, trip.known, trip.n
    offering = [
        (other, name) for other in known for name in other.offers if name.isupper() and not name.startswith("NAME_OF_")
    ]
    if not offering:
        return _own_file(trip)
    other, name = random.choice(offering)
    ups, downs = _steps(other.offers[name], target)
    dots = "/".join([".."] * ups + downs)
    before, constant = random.choice(
        [
            *([(f"from {other.name} import *", name)] if name[0] != "_" else []),
            (f"from {other.name} import {name}", name),
            (f"from {other.name} import {name} as folder_{n}", f"folder_{n}"),
            (f"import {other.name}", f"{other.name}.{name}"),
            (f"import {other.name} as other_{n}", f"other_{n}.{name}"),
            (f"import importlib\nother_{n} = importlib.import_module({other.name!r})", f"other_{n}.{name}"),
            (f"import {other.name} as other_{n}", f"getattr(other_{n}, {name!r})"),
            (f"import {other.name} as other_{n}\ndef of_{n}(module):\n    return module.{name}", f"of_{n}(other_{n})"),
        ]
    )
    return Way(
        "folder constant", before, random.choice([f"Path({constant}) / {dots!r}", f"os.path.join({constant}, {dots!r})"])
    )


def _resources(trip: Trip) -> Way:
    random, home, target, known = trip.random, trip.home, trip.target, trip.known
    packages = [other for other in known if other.is_package]
    if not packages or random.random() < 0.2:
        package, folder = "__package__", home.folder
    else:
        other = random.choice(packages)
        package, folder = repr(other.name), other.folder
    ups, downs = _steps(folder, target)
    dots, listed = "/".join([".."] * ups + downs), ", ".join(repr(part) for part in [".."] * ups + downs)
    before = "import importlib.resources\nfrom importlib.resources import files"
    forms = [
        f"files({package}) / {dots!r}",
        f"files({package}).joinpath({listed})",
        f"importlib.resources.files({package}).joinpath({dots!r})",
        f"Path(str(files({package}))) / {dots!r}",
    ]
    return Way("importlib.resources", before, random.choice(forms))
