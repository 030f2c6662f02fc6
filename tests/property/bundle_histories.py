"""Random repositories of bundles as teams write them, and edits: numbers that shrink well, played on a dict of files.

Names are few, so that globs, `sync.paths`, artifacts and packages of a workspace hit what others move, delete or add.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from scope.model import Kind
from tests.support.fake_git import Node

State = dict[str, bytes | Node]

FOLDERS: Final = ("bundles/a", "bundles/b", "bundles/b/inner", "teams/c", "")
GLOBS: Final = ("bundles/*", "bundles/b/*", "teams/**", ".")
LIBRARIES: Final = ("libs/one", "libs/two", "libs/deep/three", "bundles/lib")
NAMES: Final = ("main.py", "x.log", "notes.md", "src/etl.py", "src/tests/t.py", "tests/t.py", "data/d.json", "conf/jobs.yml")
WORDS: Final = (
    "..",
    "../..",
    "../../libs",
    "../../libs/one",
    "../lib",
    ".",
    "src",
    "main.py",
    "../../top.txt",
    "./tests/",
    "../../linked",
)
PATTERNS: Final = (
    "*.log",
    "tests",
    "tests/**",
    "!tests/t.py",
    "src/*",
    "**/data/**",
    "*",
    "/notes.md",
    "[mx]*",
    "../lib",
    "data/",
)
SCRIPTS: Final = ("uv build --wheel", "make -C ../../libs/one", "cd .. && python setup.py bdist_wheel", "cp ../../top.txt .")
JOB_PATHS: Final = ("../src/etl", "../../libs/one/part", "./main", "../dist/*.whl")
MODULES: Final = ("one", "one.part", "three", "etl")


def _chosen(options: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(options), max_size=most)


# Made once: to make a strategy takes Hypothesis longer than to draw from it.
_pick = st.integers(0, 9)
_flips = st.booleans()
_odd_bundle_files = st.sampled_from((b"", b"a: [", b"- x\n", b"targets: 3\n", b"\xff", b"sync: &x\n  <<: *x\n"))
_includes = _chosen(("conf/*.yml", "*.yml", "../../shared/*.yml", "../*/conf/*.yml"), 2)
_syncs = {"paths": _chosen(WORDS, 3), "include": _chosen(PATTERNS, 3), "exclude": _chosen(PATTERNS, 3)}
_words, _word_pairs = st.sampled_from(WORDS), _chosen(WORDS, 2)
_scripts, _job_paths = st.sampled_from(SCRIPTS), st.sampled_from(JOB_PATHS)
_targets = st.sets(st.sampled_from(("dev", "prod", "qa")), min_size=1)
_project_names = st.sampled_from(("one", "two", "three", "a"))
_project_sources = _chosen(("one", "Two", "three"), 2)
_source_places = st.sampled_from(("workspace = true", 'path = "../two"', 'path = "../../libs/deep/three"'))
_members = _chosen(("libs/*", "*", "libs/deep/*", "bundles/*"), 2)
_is_readable = st.sampled_from((True, False, True))
_library_links = st.sampled_from((b"libs/one", b"libs", b"bundles/lib", b"linked"))
_links = st.sampled_from((b"../one", b"../../top.txt", b"nowhere", b"/etc/passwd"))
_ignored = _chosen(PATTERNS, 3)
_imports = _chosen(MODULES, 2)


def _list(key: str, texts: list[str], indent: str = "  ") -> str:
    return f"{indent}{key}:\n" + "".join(f"{indent}  - '{text}'\n" for text in texts) if texts else ""


@st.composite
def bundle_files(draw: st.DrawFn) -> bytes:
    """Draw a bundle's file, or one that it includes: now and then one that can't be read."""
    kind = draw(_pick)
    if kind == 0:
        return draw(_odd_bundle_files)
    text = "bundle:\n  name: x\n"
    text += _list("include", draw(_includes), "")
    sync = [_list(key, draw(chosen)) for key, chosen in _syncs.items()]
    if any(sync):
        text += "sync:\n" + "".join(sync)
    if draw(_flips):
        place, script = draw(_words), draw(_scripts)
        text += f"artifacts:\n  w:\n    type: whl\n    path: {place}\n    build: {script}\n"
    if draw(_pick) == 0:
        text += "python:\n  resources:\n    - 'src.etl:load'\n"
    text += "targets:\n"
    for target in sorted(draw(_targets)):
        text += f"  {target}:\n    mode: development\n"
        if draw(_pick) == 0:
            text += "    sync:\n" + _list("paths", draw(_word_pairs) or ["."], "      ")
    text += f"resources:\n  jobs:\n    j:\n      path: {draw(_job_paths)}\n"
    return text.encode()


@st.composite
def projects(draw: st.DrawFn) -> bytes:
    """Draw a `pyproject.toml`: a package, perhaps of a workspace, with packages that it takes from elsewhere."""
    name = draw(_project_names)
    text = f'[project]\nname = "{name}"\n'
    for other in draw(_project_sources)[:1]:
        source = draw(_source_places)
        text += f"[tool.uv.sources]\n{other} = {{ {source} }}\n"
    members = draw(_members)
    if members:
        text += f"[tool.uv.workspace]\nmembers = {members!r}\n"
    return text.encode() if draw(_is_readable) else b"[project"


_bundle_files, _projects = bundle_files(), projects()


@st.composite
def contents(draw: st.DrawFn, path: str) -> bytes | Node:
    """Draw the content of a file at a path."""
    name = path.rpartition("/")[2]
    if name == "linked":
        return Node(draw(_library_links), Kind.SYMLINK)
    if draw(_pick) == 0 and draw(_pick) < 4:
        return Node(draw(_links), Kind.SYMLINK)
    if name.endswith(".yml"):
        return draw(_bundle_files)
    if name == "pyproject.toml":
        return draw(_projects)
    if name == ".gitignore":
        return "\n".join(draw(_ignored)).encode()
    if name.endswith(".py"):
        lines = [f"import {module}" for module in draw(_imports)]
        return "\n".join([*lines, f"# {draw(_pick)}"]).encode()
    return f"{draw(_pick)} ../two\n".encode()


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


PATHS: Final = (
    *(
        _join(folder, name)
        for folder in FOLDERS
        for name in ("databricks.yml", *NAMES, ".gitignore", "pyproject.toml", "Makefile")
    ),
    *(
        _join(library, name)
        for library in LIBRARIES
        for name in ("pyproject.toml", "setup.py", "part.py", "x.log", ".gitignore")
    ),
    *("libs/one/one/__init__.py", "libs/deep/three/three.py", "libs/pyproject.toml", "libs/.gitignore"),
    *(
        "linked",
        "shared/jobs.yml",
        "shared/x.yml",
        "top.txt",
        "uv.lock",
        ".python-version",
        "bundles/.gitignore",
        "bundles/pyproject.toml",
    ),
)


_contents = {path: contents(path) for path in PATHS}
_some_folders = st.sets(st.sampled_from(FOLDERS), min_size=1)
_some_paths = st.sets(st.sampled_from(PATHS), max_size=25)
_written_paths = st.lists(st.sampled_from(PATHS), max_size=3)
_deleted_numbers = st.sets(st.integers(0, 200), max_size=2)
_moves = st.sampled_from((None, None, ("libs/one", "libs/two"), ("bundles/a", "teams/c"), ("bundles/b", "bundles/d")))


@st.composite
def repositories(draw: st.DrawFn) -> State:
    """Draw a repository with some bundles."""
    state: State = {}
    for folder in sorted(draw(_some_folders)):
        state[_join(folder, "databricks.yml")] = draw(_bundle_files)
    for path in sorted(draw(_some_paths)):
        _put(state, path, draw(_contents[path]))
    return state


def _put(state: State, path: str, content: bytes | Node) -> None:
    """Add a file, unless a folder is there; files in the place of its folders go."""
    if any(other.startswith(f"{path}/") for other in state):
        return
    for other in [other for other in state if path.startswith(f"{other}/")]:
        del state[other]
    state[path] = content


@st.composite
def edits(draw: st.DrawFn) -> Callable[[State], State]:
    """Draw an edit: some files are written, deleted or moved, one of a few or whole folders."""
    written = [(path, draw(_contents[path])) for path in draw(_written_paths)]
    deleted = draw(_deleted_numbers)
    moved = draw(_moves)

    def edit(state: State) -> State:
        after: State = {}
        kept = [path for number, path in enumerate(sorted(state)) if number not in deleted]
        for path in kept:
            is_moved = moved is not None and path.startswith(f"{moved[0]}/")
            _put(after, f"{moved[1]}{path.removeprefix(moved[0])}" if moved is not None and is_moved else path, state[path])
        for path, content in written:
            _put(after, path, content)
        return after

    return edit
