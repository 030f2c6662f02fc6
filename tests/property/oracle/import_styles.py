"""Statements that import a module, in the styles that people write them in."""

from tests.property.oracle.places import Module, way
from tests.property.oracle.sites import Site, Statement


def import_plainly(site: Site) -> Statement | None:
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


def import_by_computed_name(site: Site) -> Statement | None:
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


def make_names_lazily(site: Site) -> Statement | None:
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


def import_what_is_found(site: Site) -> Statement | None:
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


def extend_search_path(site: Site) -> Statement | None:
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
