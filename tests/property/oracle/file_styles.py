"""Statements that open a file, read a folder or run code that lies in one."""

import posixpath

from tests.property.oracle.places import way
from tests.property.oracle.sites import Site, Statement

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


def call_helper(site: Site) -> Statement | None:
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


def read_package_data(site: Site) -> Statement | None:
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


def open_file(site: Site) -> Statement:
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


def read_folder(site: Site) -> Statement:
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


def run_file(site: Site) -> Statement | None:
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
