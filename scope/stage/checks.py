"""Checks that a stage stands on its own, before the CLI starts.

Files that the CLI would silently leave out or fail on half-way through an upload, and references that would only fail at
run time, are findings with the line that needs them. A missing edge of the graph fails here, loudly, instead of leaving old
code in prod.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from scope.errors import Refused
from scope.graph.closure import DomainIndex
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import choose
from scope.graph.shared_code import is_preset
from scope.inference.parsing import LARGEST, MOST_WORDS, NOT_PARSED, is_too_large, parse
from scope.inference.yaml_nodes import LARGEST_YAML
from scope.model import Entry, Finding, Kind, quote_path
from scope.repository.globs import matches
from scope.repository.layout import LOADER, WHEELS, is_loaded_yaml, is_resource
from scope.stage.bundle_checks import check_bundle
from scope.stage.field_checks import check_fields
from scope.stage.folder import RESERVED
from scope.stage.import_checks import check_imports
from scope.stage.path_checks import check_paths
from scope.stage.variable_checks import check_variables
from scope.stage.wheel_checks import check_wheels

if TYPE_CHECKING:
    from scope.graph.bundle_index import BundleIndex

# What the CLI calls in the modules that `python.resources` names.
_LOADING = "load_resources"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"


def require_self_contained(index: DeploymentIndex, target: str, domain: str) -> None:
    """Raise `Refused` with every finding if the stage of a deployment doesn't stand on its own."""
    findings = check_stage(index, target, domain)
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings)
        raise Refused(f"The stage of {target}/{domain} doesn't stand on its own:\n{lines}")


def check_stage(index: DeploymentIndex, target: str, domain: str) -> tuple[Finding, ...]:
    """Return every finding that keeps the stage of a deployment from standing on its own, sorted by place."""
    return choose(
        index, lambda one: _check_domain_stage(one, target, domain), lambda one: _check_bundle_stage(one, target, domain)
    )


def _check_bundle_stage(index: "BundleIndex", target: str, domain: str) -> tuple[Finding, ...]:
    """Return the findings about a bundle's stage: what it holds that never arrives. The rest is the CLI's."""
    staged = index.staged(target, domain)
    findings = {*_check_entries(staged), *_check_lfs_pointers(index.snapshot.read_all(staged))}
    return tuple(sorted(findings))


def _check_domain_stage(index: DomainIndex, target: str, domain: str) -> tuple[Finding, ...]:
    staged = index.staged(target, domain)
    contents = index.snapshot.read_all(staged)
    findings = {
        *_check_reserved_names(index),
        *_check_entries(staged),
        *_check_lfs_pointers(contents),
        *_check_yaml_places(staged),
        *check_imports(index, staged, contents),
        *_check_loaders(contents),
        *_check_sizes(contents),
        *check_paths(contents),
        *check_fields(contents),
        *check_wheels(contents),
        *_check_encodings(index, staged),
        *check_bundle(index, target, staged),
        *check_variables(index, target, domain, contents),
    }
    return tuple(sorted(findings))


def _check_reserved_names(index: DeploymentIndex) -> Iterator[Finding]:
    for name in RESERVED:
        if name != ".gitignore" and index.snapshot.entry(name) is not None:
            yield Finding(
                name,
                0,
                "reserved",
                f"`{name}` is tracked, but scope writes its own into a stage. Remove it: `git rm -r --cached {name}`.",
            )


def _check_entries(staged: Mapping[str, Entry]) -> Iterator[Finding]:
    for path, entry in staged.items():
        shown = quote_path(path)
        if entry.kind is Kind.SYMLINK:
            yield Finding(
                shown, 0, "symlink", "A symlink: the CLI doesn't upload it, and doesn't say so. Put the file itself here."
            )
        elif entry.kind is Kind.SUBMODULE:
            yield Finding(shown, 0, "submodule", "A submodule: its files aren't in this repository. Copy what is needed.")
        if shown != path:
            yield Finding(
                shown, 0, "file-name", "The name isn't UTF-8: the CLI stops half-way through the upload. Rename the file."
            )
        parts = path.split("/")
        if "__pycache__" in parts or ".databricks" in parts or path.startswith(WHEELS):
            yield Finding(
                shown, 0, "ignored", "Tracked, but of a kind that is never uploaded. Remove it: `git rm --cached`."
            )


def _check_lfs_pointers(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    for path, content in contents.items():
        if content.startswith(_LFS_POINTER):
            yield Finding(
                path,
                0,
                "lfs-pointer",
                "An LFS pointer: the content lies elsewhere, and the pointer would be uploaded. Track the file itself.",
            )


def _check_yaml_places(staged: Iterable[str]) -> Iterator[Finding]:
    for path in staged:
        # Presets that a module opens are staged with it: nobody takes them for resources.
        if is_resource(path) and path.endswith((".yml", ".yaml")) and not is_loaded_yaml(path) and not is_preset(path):
            message = (
                "The CLI doesn't load it. Its place is resources/<domain>/<source>/[<folder>/]<name>.yml: move or rename it."
            )
            yield Finding(quote_path(path), 0, "unloaded-resource", message)


def _check_loaders(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each function of a domain's module that the CLI would call, if databricks.yml named it."""
    for path, content in contents.items():
        if not is_resource(path) or path == LOADER or not path.endswith(".py") or _LOADING.encode() not in content:
            continue
        try:
            body = parse(content).body
        except NOT_PARSED:
            continue  # told by others
        for statement in body:
            if isinstance(statement, ast.FunctionDef) and statement.name == _LOADING:
                message = (
                    f"Nobody calls `{_LOADING}` here: {LOADER} takes the resources that a module's variables hold. Assign "
                    "each to a variable of the module; its name is the resource's key."
                )
                yield Finding(quote_path(path), statement.lineno, "never-called", message)


def _check_sizes(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each resource file that is too large for its keys and references to be read."""
    for path, content in contents.items():
        if not is_resource(path):
            continue
        if path.endswith(".py") and is_too_large(content):
            bound = f"{LARGEST // 1024} KiB or {MOST_WORDS} words, or more complex than is parsed"
        elif path.endswith(".yml") and len(content) > LARGEST_YAML:
            bound = f"{LARGEST_YAML // 1024} KiB"
        else:
            continue
        message = f"Larger than {bound}, so nothing in it can be checked. Split it into several files."
        yield Finding(quote_path(path), 0, "too-large", message)


def _check_encodings(index: DeploymentIndex, staged: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each file whose content in a checkout differs from git's."""
    for path, content in index.snapshot.read_all(index.snapshot.files(".gitattributes")).items():
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            pattern, *attributes = line.split() or [""]
            if any(attribute.startswith("working-tree-encoding=") for attribute in attributes):
                glob = pattern.removeprefix("/") if "/" in pattern else f"**/{pattern}"
                for staged_path in staged:
                    if matches(glob, staged_path):
                        message = f"{path}:{number} gives it another encoding in a checkout than in git. Store it as UTF-8."
                        yield Finding(quote_path(staged_path), 0, "encoding", message)
