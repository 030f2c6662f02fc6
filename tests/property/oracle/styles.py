"""Statements that import a module, open a file or read a folder, in the styles that people write them in."""

import posixpath
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.property.oracle.places import Module, way


@dataclass(frozen=True, slots=True)
class Statement:
    """Lines of Python, and the style that they are an example of."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place for a statement: the module it stands in, the modules that this may import, the files that it may open."""

    random: Random
    home: Module
    known: list[Module]
    files: list[str]
    n: int
    palette: frozenset[str]


def statement(site: Site) -> Statement:
    """Return one statement that leads from a module to something shared. It adds what it read to `SEEN`."""
    choices = [make for name, make in KINDS.items() if name in site.palette]
    made = None
    while made is None:
        made = site.random.choice([*choices, _open_file])(site)
    if site.random.random() < 0.3:
        # One that fails keeps the next from being tried.
        body = textwrap.indent(made.text, "    ")
        return Statement(made.style, f"try:\n{body}\nexcept Exception as error:\n    SEEN.append(type(error).__name__)")
    return made


def _import(site: Site) -> Statement | None:
    """Return an import whose names stand in a statement."""
    random, n = site.random, site.n
    if not site.known:
        return None
    other = random.choice(site.known)
    name = other.name
    parent, _, last = name.rpartition(".")
    forms = [
        ("import", f"import {name}\nSEEN.append({name}.X)"),
        ("import as", f"import {name} as m_{n}\nSEEN.append(m_{n}.X)"),
        ("from", f"from {name} import X as x_{n}\nSEEN.append(x_{n})"),
        ("star", f"from {name} import *\nSEEN.append(X_{last})"),
        ("conditional", f"if len(SEEN) >= 0:\n    import {name}\n    SEEN.append({name}.X)"),
        ("try", f"try:\n    import surely_missing\nexcept ImportError:\n    import {name} as m_{n}\nSEEN.append(m_{n}.X)"),
        ("in a function", f"def f_{n}():\n    from {name} import X\n    return X\nSEEN.append(f_{n}())"),
        ("in a class", f"class C_{n}:\n    from {name} import X\nSEEN.append(C_{n}.X)"),
        ("reload", f"import importlib, {name} as m_{n}\nSEEN.append(importlib.reload(m_{n}).X)"),
    ]
    if name.startswith("common"):
        forms.append(("src.", f"import src.{name} as m_{n}\nSEEN.append(m_{n}.X)"))
    if parent:
        forms += [
            ("from package", f"from {parent} import {last} as m_{n}\nSEEN.append(m_{n}.X)"),
            ("from package", f"from {parent} import {last}\nSEEN.append({last}.X)"),
            ("package star", f"from {parent} import *\nSEEN.append(X)"),
            ("attribute", f"import {name}\nimport {parent} as p_{n}\nSEEN.append(p_{n}.{last}.X)"),
        ]
    relative = _relative(site.home, other)
    if relative:
        leaf = relative.rpartition(".")[2]
        forms += [("relative", f"from {relative} import X as x_{n}\nSEEN.append(x_{n})")] * 3
        if leaf:
            before = relative[: len(relative) - len(leaf)]
            origin = before if before.strip(".") == "" else before.rstrip(".")
            forms += [("relative", f"from {origin} import {leaf} as m_{n}\nSEEN.append(m_{n}.X)")] * 2
    return Statement(*random.choice(forms))


def _relative(home: Module, other: Module) -> str | None:
    """Return a module's name as the package of another one counts it, or None if they share no top."""
    here, there = home.package.split("."), other.name.split(".")
    if here[0] != there[0]:
        return None
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    return "." * (len(here) - common + 1) + ".".join(there[common:])


def _compute(site: Site) -> Statement | None:
    """Return an import by a computed name."""
    random, n = site.random, site.n
    if not site.known:
        return None
    other = random.choice(site.known)
    name = other.name
    parent, _, last = name.rpartition(".")
    half = len(name) // 2
    hidden = f"''.join(reversed({last[::-1]!r}))"
    load = "importlib.import_module"
    names = [
        ("literal", "", repr(name)),
        ("concatenated", "", f"{name[:half]!r} + {name[half:]!r}"),
        ("implicit", "", f"{name[:half]!r} {name[half:]!r}"),
        ("f-string", f"LAST_{n} = {hidden}", f"f'{parent}.{{LAST_{n}}}'"),
        ("format", f"LAST_{n} = {hidden}", f"'{parent}.{{}}'.format(LAST_{n})"),
        ("percent", f"LAST_{n} = {hidden}", f"'{parent}.%s' % LAST_{n}"),
        ("sum", f"LAST_{n} = {hidden}", f"'{parent}.' + LAST_{n}"),
        ("constant", f"TARGET_{n} = {name!r}", f"TARGET_{n}"),
        ("parts", f"PARTS_{n} = {name.split('.')!r}", f"'.'.join(PARTS_{n})"),
        ("registry", f"TABLE_{n} = {{'a': {name!r}, 'b': 'json'}}", f"TABLE_{n}['a']"),
        ("unknown", f"NAME_{n} = ''.join(reversed({name[::-1]!r}))", f"NAME_{n}"),
        ("default", f"def name_{n}(name={name!r}):\n    return name", f"name_{n}()"),
    ]
    constants = [
        (m, key) for m in site.known for key, value in m.offers.items() if key.startswith("NAME_OF_") and value == name
    ]
    if constants:
        holder, key = random.choice(constants)
        names += [("constant elsewhere", f"from {holder.name} import {key} as key_{n}", f"key_{n}")] * 4
    how, before, expression = random.choice(names)
    calls = [
        ("import_module", f"import importlib\n{{}}\nSEEN.append({load}({{}}).X)"),
        ("import_module", f"from importlib import import_module as load_{n}\n{{}}\nSEEN.append(load_{n}({{}}).X)"),
        ("import_module", f"import importlib as i_{n}\n{{}}\nSEEN.append(getattr(i_{n}, 'import_module')({{}}).X)"),
        ("import_module in map", f"import importlib\n{{}}\nSEEN.extend(m.X for m in map({load}, [{{}}]))"),
        ("__import__", "{}\nSEEN.append(__import__({}, fromlist=['X']).X)"),
        ("run_module", "import runpy\n{}\nSEEN.append(runpy.run_module({})['X'])"),
        ("resolve_name", "import pkgutil\n{}\nSEEN.append(pkgutil.resolve_name({}).X)"),
        ("exec", "{}\nexec('import ' + {})"),
        ("find_spec", "import importlib.util\n{}\nSEEN.append(importlib.util.find_spec({}).name)"),
        (
            "sys.modules",
            f"import importlib, sys\n{{}}\n{load}({{0}})\nSEEN.append(sys.modules[{{0}}].X)".replace("{0}", "{}", 1),
        ),
        ("entry point", "import pkgutil\n{}\nSEEN.append(pkgutil.resolve_name({} + ':X'))"),
        ("importing helper of a third party", "import lazykit\n{}\nSEEN.append(lazykit.import_string({}).X)"),
        ("lazy module of a third party", "import lazykit\n{}\nSEEN.append(lazykit.LazyModule({}).X)"),
    ]
    call, template = random.choice(calls)
    text = template.replace("{}", "\0", 1).replace("{}", expression).replace("\0", before).replace("{0}", expression)
    return Statement(f"{call}, {how}", text)


def _lazy(site: Site) -> Statement | None:
    """Return names that a package makes when they are asked for, by hand or by a helper of a third party."""
    random, home, n = site.random, site.home, site.n
    if not home.is_package:
        return None
    below = [other for other in site.known if other.package == home.name and not other.is_package]
    if not below:
        return None
    last = random.choice(below).last_name
    use = f"SEEN.append(__getattr__({last!r}))" if random.random() < 0.5 else ""
    forms = [
        (
            "__getattr__ by hand",
            (
                "def __getattr__(name):\n    import importlib\n"
                f"    if name != {last!r}:\n        raise AttributeError(name)\n"
                f"    return importlib.import_module(f'{{__name__}}.{{name}}').X"
            ),
        ),
        (
            "__getattr__ by hand",
            (
                "def __getattr__(name):\n    import importlib\n"
                "    if name.startswith('__'):\n        raise AttributeError(name)\n"
                "    return importlib.import_module('.' + name, __name__).X"
            ),
        ),
        (
            "lazy_loader.attach",
            (
                f"import lazy_loader as lazy_{n}\n"
                f"__getattr__, __dir__, _ = lazy_{n}.attach(__name__, submod_attrs={{{last!r}: [{last!r}]}})"
            ),
        ),
        (
            "lazy_loader.attach",
            f"from lazy_loader import attach\n__getattr__, *_ = attach(__name__, submodules=[{last!r}])",
        ),
        ("lazykit.names", f"import lazykit\n__getattr__ = lazykit.names(__name__, ''.join(reversed({last[::-1]!r})))"),
        (
            "lazykit.install",
            f"import lazykit\nlazykit.install(__name__, [{last!r}])\ndef __getattr__(name):\n    return globals()[name]",
        ),
        (
            "lazykit.install",
            (
                f"from lazykit import install as i_{n}\ni_{n}(globals(), [{last!r}])\n"
                "def __getattr__(name):\n    return globals()[name]"
            ),
        ),
        ("lazykit.replace", "import lazykit, sys\nsys.modules[__name__] = lazykit.Package(sys.modules[__name__])"),
    ]
    style, text = random.choice(forms)
    return Statement(style, f"{text}\n{use}" if "replace" not in style else text)


def _helper(site: Site) -> Statement | None:
    """Return a call of a function of shared code that imports or opens for its caller."""
    random, n = site.random, site.n
    offering = [(other, name, kind) for other in site.known for name, kind in other.offers.items() if name.islower()]
    if not offering:
        return None
    other, name, kind = random.choice(offering)
    target = random.choice(site.known)
    file = random.choice(site.files)
    match kind:
        case "module":
            argument = repr(target.name)
        case "name":
            argument = repr(target.name.removeprefix("common."))
        case "below" if "." in target.name:
            argument = f"{target.name.rpartition('.')[0]!r}, {target.last_name!r}"
        case "decorator":
            argument = repr(target.name)
        case "file":
            argument = repr(posixpath.relpath(file, other.folder))
        case "beside":
            argument = f"__file__, {posixpath.relpath(file, site.home.folder)!r}"
        case "caller":
            argument = repr(posixpath.relpath(file, site.home.folder))
        case _:
            return None
    before = random.choice(
        [
            (f"from {other.name} import {name} as h_{n}", f"h_{n}"),
            (f"import {other.name} as o_{n}", f"o_{n}.{name}"),
            (f"import {other.name}", f"{other.name}.{name}"),
        ]
    )
    if kind == "decorator":
        return Statement(
            "decorator", f"{before[0]}\n@{before[1]}({argument})\ndef d_{n}():\n    pass\nSEEN.append(d_{n}.needed)"
        )
    return Statement(f"helper: {kind}", f"{before[0]}\nSEEN.append(str({before[1]}({argument})))")


HELPERS = {
    "module": "def {0}(name):\n    import importlib\n    return importlib.import_module(name).X",
    "name": "def {0}(name):\n    import importlib\n    return importlib.import_module('common.' + name).X",
    "below": "def {0}(package, name):\n    import importlib\n    return importlib.import_module('.' + name, package).X",
    "decorator": (
        "def {0}(name):\n    def mark(function):\n        function.needed = importlib.import_module(name).X\n"
        "        return function\n    return mark"
    ),
    "file": "def {0}(name):\n    return (Path(__file__).parent / name).read_text()",
    "beside": "def {0}(file, name):\n    return (Path(file).parent / name).read_text()",
    "caller": (
        "def {0}(name):\n    import inspect\n    file = inspect.stack()[1].filename\n"
        "    return (Path(file).parent / name).read_text()"
    ),
}
"""Functions of shared code that import or open for their caller."""


def _scan(site: Site) -> Statement | None:
    """Return an import of every module of a package."""
    random, n = site.random, site.n
    packages = [other for other in site.known if other.is_package]
    if not packages:
        return None
    name = random.choice(packages).name
    load = "importlib.import_module"
    first = f"import importlib, os, pkgutil\nimport {name} as p_{n}\n"
    tell = "        SEEN.append(i.name)"
    forms = [
        (
            "iter_modules",
            (
                f"for i in pkgutil.iter_modules(p_{n}.__path__):\n    if i.name[0] != '_':\n"
                f"        {load}(f'{name}.{{i.name}}')\n{tell}"
            ),
        ),
        (
            "iter_modules",
            (
                f"for i in pkgutil.iter_modules(p_{n}.__path__, p_{n}.__name__ + '.'):\n    if not i.ispkg:\n"
                f"        {load}(i.name)\n{tell}"
            ),
        ),
        ("walk_packages", f"for i in pkgutil.walk_packages(p_{n}.__path__, '{name}.'):\n    if len(i.name):\n{tell}"),
        (
            "listdir and import",
            (
                f"for f in sorted(os.listdir(os.path.dirname(p_{n}.__file__))):\n    if f.endswith('.py') and f[0] != '_':\n"
                f"        SEEN.append({load}('{name}.' + f[:-3]).X)"
            ),
        ),
        (
            "glob and import",
            (
                f"for f in sorted(Path(p_{n}.__file__).parent.glob('[a-z]*.py')):\n"
                f"    SEEN.append({load}(f'{name}.{{f.stem}}').X)"
            ),
        ),
        ("__all__", f"for i in getattr(p_{n}, '__all__', []):\n    SEEN.append({load}('.' + i, p_{n}.__name__).X)"),
    ]
    style, text = random.choice(forms)
    return Statement(style, first + text)


def _data_of_package(site: Site) -> Statement | None:
    """Return a read of a file that a package holds, by the package's name."""
    random, n = site.random, site.n
    file = random.choice(site.files)
    packages = [other for other in site.known if other.is_package]
    if not packages:
        return None
    other = random.choice([p for p in packages if file.startswith(f"{p.folder}/")] or packages)
    inside = posixpath.relpath(file, other.folder)
    package, leaf = repr(other.name), posixpath.basename(file)
    forms = [
        ("get_data", f"import pkgutil\nSEEN.append(pkgutil.get_data({package}, {inside!r}).decode())"),
        ("data by a third party", f"import lazykit\nSEEN.append(lazykit.read({package}, {inside!r}))"),
        ("get_data", f"import pkgutil\nNAME_{n} = {inside!r}\nSEEN.append(pkgutil.get_data({package}, NAME_{n}).decode())"),
        (
            "get_data",
            (
                f"from pkgutil import get_data as g_{n}\n"
                f"SEEN.append(g_{n}({package}, ''.join(reversed({inside[::-1]!r}))).decode())"
            ),
        ),
        (
            "resources.files",
            (
                f"from importlib import resources\nfor t in sorted(resources.files({package}).iterdir(), key=str):\n"
                f"    if t.is_file() and not t.name.endswith('.py'):\n        SEEN.append(t.read_text())"
            ),
        ),
    ]
    if inside == leaf:
        forms += [
            (
                "resources.read_text",
                f"from importlib import resources\nSEEN.append(resources.read_text({package}, {leaf!r}))",
            ),
            (
                "resources.path",
                (
                    f"from importlib import resources\nwith resources.path({package}, {leaf!r}) as p_{n}:\n"
                    f"    SEEN.append(p_{n}.read_text())"
                ),
            ),
            (
                "resources.open_text",
                f"import importlib.resources as r_{n}\nSEEN.append(r_{n}.open_text({package}, {leaf!r}).read())",
            ),
        ]
    return Statement(*random.choice(forms))


_READS = (
    "Path({}).read_text()",
    "Path({}).read_bytes().decode()",
    "open({}).read()",
    "Path({}).open().readline()",
    "''.join(linecache.getlines(str({})))",
    "__loader__.get_data(str({})).decode()",
    "__spec__.loader.get_data(str({})).decode()",
    "os.read(os.open({}, os.O_RDONLY), 99).decode()",
    "codecs.open({}).read()",
    "list(csv.reader(open({})))",
    "''.join(fileinput.input(str({})))",
)


def _open_file(site: Site) -> Statement:
    random, n = site.random, site.n
    target = random.choice(site.files)
    path = way(random, site.home, target, site.known, n)
    read = random.choice(_READS).format(path.expression)
    text = f"import codecs, csv, fileinput, linecache\n{path.before}\n"
    use = random.choice(
        [
            f"SEEN.append({read})",
            f"PLACE_{n} = {path.expression}\nSEEN.append({random.choice(_READS).format(f'PLACE_{n}')})",
            f"def read_{n}():\n    return {read}\nSEEN.append(read_{n}())",
            f"with open({path.expression}) as file_{n}:\n    SEEN.append(file_{n}.read())",
            f"def read_{n}(place):\n    return Path(place).read_text()\nSEEN.append(read_{n}({path.expression}))",
        ]
    )
    return Statement(f"open: {path.style}", text + use)


def _read_folder(site: Site) -> Statement:
    random, n = site.random, site.n
    target = random.choice(site.files)
    folder = posixpath.dirname(target)
    if random.random() < 0.2 and folder.count("/") > 1:
        folder = posixpath.dirname(folder)
    suffix = posixpath.splitext(target)[1]
    path = way(random, site.home, folder, site.known, n)
    place = path.expression
    inner = "    if os.path.isfile(f):\n        SEEN.append(open(f).read())"
    forms = [
        ("glob", f"for f in sorted(Path({place}).glob('*{suffix}')):\n{inner}"),
        ("glob", f"for f in sorted(Path({place}).glob('*.*')):\n{inner}"),
        ("rglob", f"for f in sorted(Path({place}).rglob('*{suffix}')):\n{inner}"),
        ("glob", f"for f in sorted(Path({place}).glob('**/*{suffix}')):\n{inner}"),
        ("iterdir", f"for f in sorted(Path({place}).iterdir()):\n{inner}"),
        ("listdir", f"for f in sorted(os.path.join({place}, f) for f in os.listdir({place})):\n{inner}"),
        ("scandir", f"for f in sorted(e.path for e in os.scandir({place})):\n{inner}"),
        ("glob.glob", f"import glob\nfor f in sorted(glob.glob(str({place}) + '/*{suffix}')):\n{inner}"),
        ("glob.glob", f"import glob\nfor f in sorted(glob.glob(os.path.join({place}, '*{suffix}'))):\n{inner}"),
        (
            "os.walk",
            (
                f"for f in sorted(os.path.join(d, f) for d, _, fs in os.walk({place}) for f in fs):\n"
                f"    if f.endswith('{suffix}'):\n        SEEN.append(open(f).read())"
            ),
        ),
        ("constant folder", f"FOLDER_{n} = Path({place})\nfor f in sorted(FOLDER_{n}.iterdir()):\n{inner}"),
        (
            "constant folder",
            (
                f"FOLDER_{n} = Path({place})\ndef load_{n}(name):\n    return (FOLDER_{n} / name).read_text()\n"
                f"SEEN.append(load_{n}({posixpath.relpath(target, folder)!r}))"
            ),
        ),
        (
            "constant folder",
            (
                f"FOLDER_{n} = Path({place})\nNAME_{n} = ''.join(reversed({posixpath.relpath(target, folder)[::-1]!r}))\n"
                f"SEEN.append((FOLDER_{n} / NAME_{n}).read_text())"
            ),
        ),
    ]
    style, text = random.choice(forms)
    return Statement(f"{style}: {path.style}", f"{path.before}\n{text}")


def _run_file(site: Site) -> Statement | None:
    """Return code of a file that is run without being imported by name."""
    random, n = site.random, site.n
    if not site.known:
        return None
    other = random.choice(site.known)
    path = way(random, site.home, other.path, site.known, n)
    place = path.expression
    forms = [
        ("run_path", f"import runpy\nSEEN.append(runpy.run_path(str({place}))['X'])"),
        ("exec of a file", f"exec(open({place}).read(), {{'__name__': __name__, '__file__': str({place}), 'SEEN': []}})"),
        ("compile", f"exec(compile(Path({place}).read_text(), str({place}), 'exec'), {{**globals(), 'SEEN': []}})"),
        (
            "spec_from_file_location",
            (
                f"import importlib.util\nspec_{n} = importlib.util.spec_from_file_location('loaded_{n}', {place})\n"
                f"module_{n} = importlib.util.module_from_spec(spec_{n})\nspec_{n}.loader.exec_module(module_{n})\n"
                f"SEEN.append(module_{n}.X)"
            ),
        ),
        (
            "SourceFileLoader",
            (
                f"import importlib.util\nfrom importlib.machinery import SourceFileLoader\n"
                f"loader_{n} = SourceFileLoader('loaded_{n}', str({place}))\n"
                f"module_{n} = importlib.util.module_from_spec(importlib.util.spec_from_loader('loaded_{n}', loader_{n}))\n"
                f"loader_{n}.exec_module(module_{n})\nSEEN.append(module_{n}.X)"
            ),
        ),
        ("source as text", f"import ast\nSEEN.append(len(ast.parse(Path({place}).read_text()).body))"),
    ]
    style, text = random.choice(forms)
    return Statement(f"{style}: {path.style}", f"{path.before}\n{text}")


def _extend_path(site: Site) -> Statement | None:
    """Return an import by a bare name, from a folder that is put on a search path first."""
    random, n = site.random, site.n
    others = [other for other in site.known if not other.is_package]
    if not others:
        return None
    other = random.choice(others)
    path = way(random, site.home, other.folder, site.known, n)
    folder = f"str({path.expression})"
    loads = [
        f"import {other.last_name} as bare_{n}",
        f"import importlib\nbare_{n} = importlib.import_module({other.last_name!r})",
    ]
    load = random.choice(loads) + f"\nSEEN.append(bare_{n}.X)"
    forms = [
        ("sys.path", f"import sys\nsys.path.insert(0, {folder})\n{load}"),
        ("sys.path", f"import sys\nsys.path.append({folder})\n{load}"),
        (
            "sys.path",
            f"import sys\nFOLDER_{n} = {folder}\nif FOLDER_{n} not in sys.path:\n    sys.path.append(FOLDER_{n})\n{load}",
        ),
        ("sys.path", f"import sys\nsys.path += [{folder}]\n{load}"),
        ("sys.path", f"import sys\nsys.path[:0] = [{folder}]\n{load}"),
        ("sys.path", f"import sys\nsys.path = [{folder}, *sys.path]\n{load}"),
        ("sys.path", f"from sys import path as path_{n}\npath_{n}.extend([{folder}])\n{load}"),
        ("addsitedir", f"import site\nsite.addsitedir({folder})\n{load}"),
    ]
    if site.home.is_package:
        own = f"from . import {other.last_name} as sub_{n}\nSEEN.append(sub_{n}.X)"
        forms += [
            ("__path__", f"__path__.append({folder})\n{own}"),
            ("__path__", f"__path__ += [{folder}]\n{own}"),
            ("__path__", f"__path__.extend([{folder}])\n{own}"),
            ("__path__", f"__path__ = [*__path__, {folder}]\n{own}"),
            ("__path__", f"__spec__.submodule_search_locations.insert(0, {folder})\n{own}"),
            (
                "__path__ and scan",
                (
                    f"import importlib, pkgutil\n__path__.append({folder})\nfor i in pkgutil.iter_modules(__path__):\n"
                    f"    if i.name == {other.last_name!r}:\n"
                    "        SEEN.append(importlib.import_module(f'{__name__}.{i.name}').X)"
                ),
            ),
        ]
    style, text = random.choice(forms)
    return Statement(f"{style}: {path.style}", f"{path.before}\n{text}")


KINDS: dict[str, Callable[[Site], Statement | None]] = {
    "import": _import,
    "compute": _compute,
    "lazy": _lazy,
    "helper": _helper,
    "scan": _scan,
    "data": _data_of_package,
    "open": _open_file,
    "folder": _read_folder,
    "run": _run_file,
    "path": _extend_path,
}
"""The kinds of statements. A repository has few of them: whoever uses everything misses nothing."""
