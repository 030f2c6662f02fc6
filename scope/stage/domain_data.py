"""Checks that a domain is data: nothing in its folders runs code at plan or deploy, or steers more than what is its own.

The CLI runs with the target's identity, which can write everywhere in the target. What it imports and executes of a domain
could therefore reach every other domain's data, and whoever may change one folder would be as mighty as the platform's
owners. Those can allow it for a domain by name: `allow-code` in `[tool.scope]`.

What a bundle's file may say is listed, and everything else refused: the CLI takes every setting of the bundle from an
included file, and a later version may take more.
"""

import importlib.machinery
import json
import posixpath
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from scope.errors import Refused
from scope.graph.index import DeploymentIndex
from scope.inference.generated_modules import Origin, module_origin, runs_nothing
from scope.inference.keyed_texts import KeyedText, keyed_texts
from scope.inference.yaml_settings import ITEM, NO_TEXT, Setting, UnreadableYamlError, yaml_settings
from scope.model import Entry, Finding, quote_path
from scope.repository.globs import matches_cli
from scope.repository.layout import BUNDLE, CONFIG, TARGET_ROOT, code_folder, is_loaded_yaml, is_resource, target_file
from scope.stage.uploads import check_uploads

CODE = "domain-code"
_DEPTH = 4  # targets.<target>.variables.<name>
# What the names of modules end with; on every system, whichever this one is.
_SOURCES = (".py", ".pyw")
_COMPILED = (".pyc", ".pyd", ".pyo", ".so")
# What the CLI includes.
_DOCUMENTS = (".json", ".yaml", ".yml")
# Keys that stand for others.
_UNCLEAR = {("<<",), (NO_TEXT,)}
_WRITE_OUT = "what an alias, a merge or a tag stands for isn't checked. Write it out"
_TAKEN = "the platform declares this variable. Give yours another name"
_WHY = {
    "artifacts": "its `build` runs on the machine that deploys",
    "bundle": "it names the bundle, its lock, its engine and the programs that the CLI starts",
    "environments": "it means `targets`, and the CLI refuses to have both",
    "experimental": "its scripts and its Python run on the machine that deploys",
    "include": "the CLI takes it from databricks.yml alone",
    "permissions": "it opens all resources and the deployment's folder. A resource has `permissions` of its own",
    "presets": "it changes the names, tags and schedules of all resources",
    "python": "it runs on the machine that deploys",
    "run_as": "it changes who runs all resources. A job or a pipeline has a `run_as` of its own",
    "scripts": "`bundle run` starts them on the machine that has the credentials",
    "sync": "it changes which files are uploaded",
    "workspace": "it changes where credentials, files and state go",
}


def require_domain_data(index: DeploymentIndex, target: str, domain: str) -> None:
    """Raise `Refused` with every finding if a domain isn't data and may not run code."""
    findings = check_domain_data(index, domain)
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings)
        names = json.dumps(sorted({*index.rules.allow_code, domain}))
        raise Refused(
            f"{target}/{domain} would run code with the identity of {target}, upload files that aren't its own, or set more "
            f"than its own resources:\n{lines}\n"
            f"If the platform's owners want that, they write into [tool.scope] of {CONFIG}: allow-code = {names}"
        )


def check_domain_data(index: DeploymentIndex, domain: str) -> tuple[Finding, ...]:
    """Return a finding for everything by which a domain is more than data, sorted by place; none if it may run code."""
    if domain in index.rules.allow_code:
        return ()
    own = index.own_files(domain)
    modules = index.snapshot.read_all(
        {path: entry for path, entry in own.items() if is_resource(path) and path.lower().endswith(_SOURCES)}
    )
    documents = index.snapshot.read_all(_included(index, own))
    settings: dict[str, tuple[Setting, ...]] = {}
    texts: dict[str, tuple[KeyedText, ...]] = {
        path: keyed_texts(path, content) for path, content in modules.items() if module_origin(content) is Origin.GENERATED
    }
    unreadable: list[Finding] = []
    for path, content in documents.items():
        try:
            settings[path], texts[path] = yaml_settings(content, _DEPTH), keyed_texts(path, content)
        except UnreadableYamlError as error:
            message = f"Not YAML that scope can read: {error}. Correct it."
            unreadable.append(Finding(quote_path(path), 0, CODE, message))
    platform_variables = cache(lambda: _read_platform_variables(index))
    findings = {
        *_check_name(domain, own),
        *_check_compiled(own),
        *_check_modules(modules),
        *unreadable,
        *_check_settings(settings, platform_variables),
        *check_uploads(texts, platform_variables, CODE),
    }
    return tuple(sorted(findings))


def needs_code(index: DeploymentIndex, target: str, domain: str) -> bool:
    """Return whether the CLI must run Python or scripts in a stage: the platform's, such as the loader, or the domain's."""
    if domain in index.rules.allow_code:
        return True
    files = {**index.snapshot.files(BUNDLE), **index.snapshot.files(target_file(target))}
    return any(
        map(_is_code, (item for content in index.snapshot.read_all(files).values() for item in _read_platform(content)))
    )


def _is_code(setting: Setting) -> bool:
    match setting.keys[2:] if setting.keys[0] == "targets" else setting.keys:
        case ["python" | "<<" | "?", *_] | ["experimental", "python" | "pydabs" | "scripts" | "<<" | "?", *_]:
            return True
        case [] | ["experimental"]:
            return setting.is_alias
        case _:
            return False


def _check_name(domain: str, own: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding if the domain's package would be imported in the place of a package that the build uses."""
    folder = code_folder(domain)
    if any(path.startswith(f"{folder}/") for path in own) and (domain in sys.stdlib_module_names or _is_installed(domain)):
        message = (
            f"`{domain}` is the name of a Python package, and a build in src/ would import this one. Rename the domain."
        )
        yield Finding(folder, 0, CODE, message)


@cache
def _is_installed(name: str) -> bool:
    return importlib.machinery.PathFinder.find_spec(name, [sysconfig.get_path("purelib")]) is not None


def _check_compiled(own: Iterable[str]) -> Iterator[Finding]:
    for path in own:
        if is_resource(path) and path.lower().endswith(_COMPILED):
            yield Finding(
                quote_path(path), 0, CODE, "A compiled module: who imports it runs what nobody can read. Remove it."
            )


def _check_modules(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    for path, content in contents.items():
        if runs_nothing(content):
            continue
        match module_origin(content):
            case Origin.EDITED:
                message = "Generated, and changed since by hand, so it may run anything. Run `just generate`."
                yield Finding(quote_path(path), 1, CODE, message)
            case Origin.HAND_WRITTEN:
                message = (
                    "Python that no generator wrote, which runs at plan and deploy. Write a spec and run `just generate`, "
                    "or write the resource as YAML."
                )
                yield Finding(quote_path(path), 1, CODE, message)


def _check_settings(
    documents: Mapping[str, tuple[Setting, ...]], platform_variables: Callable[[], frozenset[str]]
) -> Iterator[Finding]:
    for path, settings in documents.items():
        refused: tuple[str, ...] | None = None
        for setting in settings:
            # What is below a refused key is refused with it.
            is_below = refused is not None and setting.keys[: len(refused)] == refused
            if not is_below and (why := _explain_refusal(setting, platform_variables)):
                refused = setting.keys
                yield Finding(quote_path(path), setting.line, CODE, f"`{setting.name}` isn't for a domain to set: {why}.")


def _explain_refusal(setting: Setting, platform_variables: Callable[[], frozenset[str]]) -> str:
    """Return why a domain may not set this, or an empty text if it may."""
    keys = setting.keys
    if keys[0] == "targets":
        keys = ("targets",) if keys[1:2] in _UNCLEAR else keys[2:]
    match keys:
        case ["resources", *_]:
            return ""
        case ["variables", name, *_] if (name,) not in _UNCLEAR:
            return _TAKEN if name in platform_variables() else ""
        case [] | ["variables"]:
            return _WRITE_OUT if setting.is_alias else ""
        case ["targets" | "variables" | "<<" | "?", *_]:
            return _WRITE_OUT
        case _:
            return _WHY.get(keys[0], "only `resources` and variables of its own are")


def _included(index: DeploymentIndex, own: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the files that the bundle takes settings from: by the template's `include`, or whatever databricks.yml says."""
    documents = {path: entry for path, entry in own.items() if path.endswith(_DOCUMENTS)}
    globs = () if all(map(is_loaded_yaml, documents)) else _read_include(index)
    return {
        path: entry
        for path, entry in documents.items()
        if is_loaded_yaml(path) or any(matches_cli(glob, path) for glob in globs)
    }


def _read_platform_variables(index: DeploymentIndex) -> frozenset[str]:
    """Return the names of the variables that the bundle and its targets declare or set."""
    names: set[str] = set()
    for content in index.snapshot.read_all({**index.snapshot.files(BUNDLE), **index.snapshot.files(TARGET_ROOT)}).values():
        for setting in _read_platform(content):
            match setting.keys:
                case ["variables", name, *_] | ["targets", _, "variables", name, *_]:
                    names.add(name)
    return frozenset(names)


def _read_include(index: DeploymentIndex) -> tuple[str, ...]:
    settings = _read_platform(index.snapshot.read(BUNDLE) or b"")
    return tuple(posixpath.normpath(item.text) for item in settings if item.keys == ("include", ITEM) and item.text)


def _read_platform(content: bytes) -> tuple[Setting, ...]:
    """Return the upper settings of one of the platform's own files; none if the CLI can't read it either."""
    try:
        return yaml_settings(content, _DEPTH)
    except UnreadableYamlError:
        return ()
