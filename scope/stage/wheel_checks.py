"""Checks that a wheel task of a stage's resources names a package that its wheels have, and an entry point of it.

The service looks for the entry point in the package's metadata, then for a function of the module of the package's name:
https://docs.databricks.com/api/workspace/jobs/create.
"""

import re
from collections.abc import Iterator, Mapping

from scope.inference.exports import exported_names
from scope.inference.keyed_texts import KeyedText, keyed_texts
from scope.inference.yaml_settings import UnreadableYamlError
from scope.model import Finding, quote_path
from scope.repository.layout import CODE_ROOT, is_resource
from scope.repository.toml_file import UnreadableTomlError, load_toml

_TASK = "python_wheel_task"
_PROJECT = "pyproject.toml"
_CODE = "wheel"
# What a task may get packages from, and what says which: a package of an index, a wheel by its name.
_LIBRARIES = frozenset({"dependencies", "package", "whl"})
_BUILT = re.compile(r"(?:^|/)dist/[^/]*\.whl$")
_WHEEL = re.compile(r"[^*?${}]*?([^/*?${}-]+)-[^/*?${}]*\.whl")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\s*[\[=!<>~;@ ].*)?")
# With one of these, a cluster may have any package.
_OTHER_SOURCES = (b"existing_cluster_id", b"init_scripts", b"docker_image", b"policy_id", b"instance_pool_id")
_SEPARATORS = re.compile(r"[-_.]+")


def check_wheels(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each wheel task whose package or entry point no wheel has, as far as the repository tells."""
    tasks: list[tuple[str, dict[str, KeyedText]]] = []
    libraries: list[str] = []
    for path, content in contents.items():
        if is_resource(path) and _TASK.encode() in content:
            tasks += [(path, task) for task in _tasks(path, content, libraries)]
    if not tasks:
        return
    built = dict(_built(contents))
    for path, task in tasks:
        package, entry = task.get("package_name"), task.get("entry_point")
        if package is None or package.text is None or "${" in package.text:
            continue
        name = _normal(package.text)
        if name not in built:
            is_elsewhere = any(source in contents[path] for source in _OTHER_SOURCES)
            if not is_elsewhere and not any(_may_hold(library, name) for library in libraries):
                message = (
                    f"No wheel that is deployed here has the package `{package.text}`. Known: {', '.join(sorted(built))}."
                )
                yield Finding(quote_path(path), package.line, _CODE, message, package.column)
        elif entry is not None and entry.text is not None and "${" not in entry.text:
            project, points = built[name]
            if entry.text not in points and not _is_function(entry.text, name, contents):
                message = f"`{entry.text}` is no entry point of {package.text}. Add it to [project.scripts] of {project}."
                yield Finding(quote_path(path), entry.line, _CODE, message, entry.column)


def _tasks(path: str, content: bytes, libraries: list[str]) -> Iterator[dict[str, KeyedText]]:
    """Yield the wheel tasks of a file, and add what its jobs install."""
    task: dict[str, KeyedText] = {}
    try:
        texts = keyed_texts(path, content)
    except UnreadableYamlError:
        return
    for item in texts:
        if item.key == _TASK:
            yield task
            task = {}
        elif item.above[1] == _TASK:
            task.setdefault(item.key, item)
        elif item.key in _LIBRARIES and item.text is not None:
            libraries.append(item.text)
    yield task


def _built(contents: Mapping[str, bytes]) -> Iterator[tuple[str, tuple[str, frozenset[str]]]]:
    """Yield the packages that projects of a stage build, each with the project's file and its entry points."""
    for path, content in contents.items():
        if path.rpartition("/")[2] != _PROJECT or not path.startswith(f"{CODE_ROOT}/"):
            continue
        try:
            project = load_toml(content).get("project")
        except UnreadableTomlError:
            continue
        if isinstance(project, dict) and isinstance(project.get("name"), str):
            groups = project.get("entry-points")
            tables = [project.get("scripts"), *(groups.values() if isinstance(groups, dict) else ())]
            points = frozenset(str(point) for table in tables if isinstance(table, dict) for point in table)
            yield _normal(project["name"]), (path, points)


def _normal(name: str) -> str:
    return _SEPARATORS.sub("_", name).lower()


def _may_hold(library: str, name: str) -> bool:
    """Return whether a library may bring a package: it is that one, or doesn't say which it is."""
    if _BUILT.search(library):
        return False
    named = _WHEEL.fullmatch(library) or _REQUIREMENT.fullmatch(library)
    return named is None or _normal(named[1]) == name


def _is_function(entry: str, name: str, contents: Mapping[str, bytes]) -> bool:
    """Return whether the module of a package's name has a function, or may have one."""
    sources = [contents.get(f"{CODE_ROOT}/{name}{end}") for end in (".py", "/__init__.py")]
    names = [exported_names(source) for source in sources if source is not None]
    return any(known is None or entry in known for known in names)
