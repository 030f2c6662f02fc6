"""Text → its possible uses of shared code: for files that aren't Python, and for Python that doesn't parse.

Patterns find too much (comments, strings, names that only look like modules) and leave nothing out.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest

from scope.inference.uses import ModuleUse, PathUse, Place

# Names that only import machinery has, Python's and other packages'. Any module may be imported by a use that names none.
LOADERS = frozenset(
    [
        "LazyImport",
        "LazyModule",
        "SourceFileLoader",
        "SourcelessFileLoader",
        "__import__",
        "exec_module",
        "import_from_string",
        "import_module",
        "import_object",
        "import_string",
        "iter_modules",
        "lazy_import",
        "lazy_module",
        "load_module",
        "spec_from_file_location",
        "walk_packages",
        "zipimporter",
    ]
)
# The same, with names that mean something else in other modules.
QUALIFIED_LOADERS = frozenset(
    [
        "imp.load_source",
        "importlib.find_loader",
        "importlib.util.find_spec",
        "pkgutil.find_loader",
        "pkgutil.get_loader",
        "pkgutil.resolve_name",
        "pydoc.locate",
        "runpy.run_module",
        "runpy.run_path",
    ]
)
# Built-in functions whose names methods have too (`frame.eval(…)`).
CODE_RUNNERS = frozenset({"eval", "exec"})
MACHINERY_NAMES = LOADERS | CODE_RUNNERS | {name.rpartition(".")[2] for name in QUALIFIED_LOADERS}

# Names that tell where code lies, or change where it is looked for. Without any of them, a domain's file opens nothing by
# its place.
PLACE_NAMES = frozenset(
    [
        "__cached__",
        "__file__",
        "__getattr__",
        "__loader__",
        "__path__",
        "__spec__",
        "addsitedir",
        "co_filename",
        "inspect",
        "extract_stack",
        "walk_stack",
        "submodule_search_locations",
        "sys as",
        "sys import",
        "sys.modules",
        "sys.path",
    ]
)

_FOLDERS = re.compile(r"\b(?:dirname|files|get_data|pardir|parents?)\b|\.\.")
# One of these is a part of whatever that finds, and is found faster.
FOLDER_PARTS = ("dirname", "files", "get_data", "pardir", "parent", "..")
SHARED_NAME = re.compile(r"(?<![\w.])(?:src\.)?common(?:\.\w+)+")
_WORD = re.compile(r"""[^\s"'`()<>,;=|]+""")
_SHARED_PART = re.compile(r"(?:^|/)(?P<part>common)(?=/|$)")
_PLACEHOLDER = re.compile(r"[{}%*?\[$]")

_LONGEST_NAME = 1000
_SPACE = r"(?:[ \t\f]|\\\n)"
# Neither word can be a part of a name: so no match swallows the beginning of the next, and none is looked for twice.
_PART = r"(?!(?:from|import)\b)\w++"
# These are compiled by `re` when a file is met that doesn't parse.
_STATEMENT = (
    rf"\bfrom((?:\.|{_SPACE})++(?:{_PART}(?:{_SPACE}*+\.{_SPACE}*+{_PART})*+)?+)(?:{_SPACE}*+(?P<complete>import)\b)?+"
    r"|(?<!\.)\bimport\b"
)
_DOTTED = rf"\w++(?:{_SPACE}*+\.{_SPACE}*+\w++)*+"
_SPACES = rf"{_SPACE}++"
_COMMENT = r"#[^\n]*"
_DYNAMIC = (
    rf"\b(?:{'|'.join(sorted(MACHINERY_NAMES))}|importlib|importlib_resources|pkg_resources|pkgutil)\b"
    rf"|\bnotebook{_SPACE}*+\.{_SPACE}*+run\b"
    rf"|{'|'.join(map(re.escape, sorted(PLACE_NAMES)))}"
)


class Lines:
    """Line numbers of positions, asked for from the start of a text to its end."""

    def __init__(self, text: str, line: int = 1) -> None:
        """Begin with the number of the first line."""
        self.text = text
        self.line = line
        self.position = 0

    def at(self, position: int) -> int:
        """Return the line of a position, which is never before the last one asked for."""
        self.line += self.text.count("\n", self.position, position)
        self.position = position
        return self.line


def has_places(source: str, *, offered: bool) -> bool:
    """Whether a text may use code's own place at all: code that is `offered` to domains, or a file that names some of it."""
    if any(map(source.__contains__, PLACE_NAMES)):
        return True
    # Folders of shared code, and the paths that others make of them.
    if not (offered or "common" in source or "_models" in source):
        return False
    return any(map(source.__contains__, FOLDER_PARTS)) and _FOLDERS.search(source) is not None


def shared_modules(text: str, first_line: int = 1) -> Iterator[ModuleUse]:
    """Yield the dotted names below `common`."""
    lines = Lines(text, first_line)
    for match in SHARED_NAME.finditer(text):
        yield ModuleUse(match[0].removeprefix("src."), lines.at(match.start()), certain=False)


def shared_paths(text: str, folder: str, first_line: int = 1) -> Iterator[PathUse]:
    """Yield the paths that lead into a folder `common`."""
    lines = Lines(text, first_line)
    for match in _WORD.finditer(text):
        if is_shared_path(match[0]):
            yield PathUse(fixed_part(match[0]), lines.at(match.start()), folder)


def climbing_paths(text: str, folder: str, first_line: int = 1) -> Iterator[PathUse]:
    """Yield the paths of a shared file that begin with `../` and lead to others."""
    lines = Lines(text, first_line)
    for match in _WORD.finditer(text):
        if match[0].startswith("../"):
            yield PathUse(fixed_part(match[0]), lines.at(match.start()), folder)


def is_shared_path(text: str) -> bool:
    """Whether a text is a path with a part `common`."""
    return "common" in text and "/" in text and _SHARED_PART.search(text) is not None


def fixed_part(path: str) -> str:
    """Return the known part of a path into shared code.

    It ends at the folder before its first placeholder or wildcard: `common/{x}.csv` and `common/*.csv` are `common/`. With a
    placeholder before the shared folder it begins there: `${root}/src/common/x.sql` is `common/x.sql`. A folder ends in `/`.
    """
    shared = [match.start("part") for match in _SHARED_PART.finditer(path)]
    start = shared[0] if shared else 0
    head, tail = path[:start], path[start:]
    placeholder = _PLACEHOLDER.search(tail)
    known = tail[: tail.rfind("/", 0, placeholder.start()) + 1] if placeholder else tail
    path = known if _PLACEHOLDER.search(head) else head + known
    return f"{path}/" if path.endswith("/common") or path == "common" else path


def imported_modules(text: str, place: Place, first_line: int = 1) -> Iterator[ModuleUse]:
    """Yield the modules that Python that doesn't parse may import. None is certain: it may be prose."""
    matches = [match for match in re.finditer(_STATEMENT, text) if match[1] is None or match["complete"]]
    lines = Lines(text, first_line)
    for match, after in zip_longest(matches, matches[1:]):
        line = lines.at(match.start())
        tail = text[match.end() : after.start() if after else len(text)]
        names = _names_of(tail)
        if match[1] is None:
            yield from (ModuleUse(place.absolute(name, 0), line, certain=False) for name in names)
            continue
        origin = re.sub(_SPACES, "", match[1])
        name = origin.lstrip(".")
        base = place.absolute(name, len(origin) - len(name))
        if base:
            yield ModuleUse(base, line, certain=False)
        if len(base) > _LONGEST_NAME:
            # Each name behind it would be as long: everything in its package instead.
            yield ModuleUse(f"{base.partition('.')[0]}.*", line, certain=False)
            continue
        # Without a name and without a star nothing can be meant but the package.
        for imported in names or re.findall(r"\*", tail)[:1]:
            yield ModuleUse(f"{base}.{imported}" if base else imported, line, certain=False)


def _names_of(tail: str) -> list[str]:
    # Up to the end of the logical line, or the closing bracket. `as` and the name after it are taken for modules too.
    body = tail.lstrip(" \t\f\\\n")
    if body.startswith("("):
        body = re.sub(_COMMENT, "", body[1:]).partition(")")[0]
    else:
        body = re.split(r"(?<!\\)\n", tail, maxsplit=1)[0]
    return [re.sub(_SPACES, "", match[0]) for match in re.finditer(_DOTTED, body)]


def dynamic_lines(text: str, first_line: int = 1) -> Iterator[int]:
    """Yield the lines of Python that doesn't parse on which something may be imported by a computed name."""
    lines = Lines(text, first_line)
    for match in re.finditer(_DYNAMIC, text):
        yield lines.at(match.start())
