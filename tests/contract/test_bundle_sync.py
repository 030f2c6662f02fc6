"""What scope takes for a bundle's uploaded files is what the CLI lists for its sync, file by file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from scope.graph.bundle_index import BundleIndex
from scope.repository.ownership import Rules
from tests.support.cli import DatabricksCli
from tests.support.fake_git import FakeGit
from tests.support.fake_workspace import FakeWorkspace
from tests.support.five_bundles import DOMAINS, five_bundles
from tests.support.sandbox import Sandbox

HEAD = "bundle: {name: x}\n"
TARGETS = "targets: {dev: {default: true}, prod: {}}\n"
TREE = {
    "a/main.py": "",
    "a/notes.txt": "",
    "a/tests/test_main.py": "",
    "a/tests/deep/data.json": "",
    "a/src/tests/case.py": "",
    "a/src/x.log": "",
    "a/.hidden": "",
    "a/build/out.txt": "",
    "libs/one/one.py": "",
    "libs/one/tests/test_one.py": "",
    "libs/two/two.py": "",
    "top.txt": "",
}

# By name: the bundle's file, and further files.
VARIANTS: dict[str, tuple[str, Mapping[str, str]]] = {
    "no sync section": ("", {}),
    "an empty sync section": ("sync:\n", {}),
    "no paths": ("sync: {paths: []}\n", {}),
    "its folder": ("sync: {paths: [.]}\n", {}),
    "a folder of its own only": ("sync: {paths: [src]}\n", {}),
    "a file of its own only": ("sync: {paths: [main.py]}\n", {}),
    "a folder outside only": ("sync: {paths: [../libs/one]}\n", {}),
    "its folder and one outside": ("sync: {paths: [., ../libs/one]}\n", {}),
    "a file outside": ("sync: {paths: [., ../top.txt]}\n", {}),
    "the folder above": ("sync: {paths: [..]}\n", {}),
    "paths in one target": ("targets: {dev: {default: true, sync: {paths: [../libs/one, .]}}, prod: {}}\n", {}),
    "paths beside those of a target": (
        "sync: {paths: [src]}\ntargets: {dev: {default: true, sync: {paths: [../libs/one]}}, prod: {}}\n",
        {},
    ),
    "excludes in one target": (
        "sync: {exclude: [tests/**]}\ntargets: {dev: {default: true}, prod: {sync: {exclude: ['*.txt']}}}\n",
        {},
    ),
    "exclude a folder": ("sync: {exclude: [tests]}\n", {}),
    "exclude a folder with a slash": ("sync: {exclude: [tests/]}\n", {}),
    "exclude below a folder": ("sync: {exclude: [tests/**]}\n", {}),
    "exclude in a folder": ("sync: {exclude: [tests/*]}\n", {}),
    "exclude from the folder": ("sync: {exclude: [./tests]}\n", {}),
    "exclude from the root": ("sync: {exclude: [/tests]}\n", {}),
    "exclude a suffix": ("sync: {exclude: ['*.txt']}\n", {}),
    "exclude a path at any depth": ("sync: {exclude: ['src/tests']}\n", {"a/deep/src/tests/x.py": ""}),
    "exclude a suffix in a folder": ("sync: {exclude: ['src/*.log']}\n", {"a/deep/src/x.log": ""}),
    "exclude everywhere": ("sync: {exclude: ['**/tests/**']}\n", {}),
    "exclude everywhere by name": ("sync: {exclude: ['**/data.json']}\n", {}),
    "exclude a class": ("sync: {exclude: ['[mn]*']}\n", {}),
    "exclude all but one": ("sync: {exclude: ['*', '!src/**']}\n", {}),
    "exclude all but a file": ("sync: {exclude: ['*.txt', '!notes.txt']}\n", {}),
    "exclude all": ("sync: {exclude: ['**']}\n", {}),
    "exclude all by a star": ("sync: {exclude: ['*']}\n", {}),
    "exclude outside": ("sync: {paths: [., ../libs], exclude: [../libs/two]}\n", {}),
    "exclude with paths outside": ("sync: {paths: [., ../libs], exclude: [tests]}\n", {}),
    "exclude a suffix with paths outside": ("sync: {paths: [., ../libs], exclude: ['*.py']}\n", {}),
    "exclude everywhere with paths outside": ("sync: {paths: [., ../libs], exclude: ['**/tests']}\n", {}),
    "exclude a dot": ("sync: {exclude: ['.hidden', '.*']}\n", {}),
    "exclude in any case": ("sync: {exclude: ['TESTS']}\n", {"a/TESTS/x": ""}),
    "exclude with a space": ("sync: {exclude: ['my notes.txt']}\n", {"a/my notes.txt": ""}),
    "exclude a comment": ("sync: {exclude: ['#x', '\\#y']}\n", {"a/#x": "", "a/#y": ""}),
    "exclude the bundle's file": ("sync: {exclude: [databricks.yml]}\n", {}),
    "include what is ignored": ("sync: {include: [build/**]}\n", {"a/.gitignore": "build/\n"}),
    "include a suffix that is ignored": ("sync: {include: ['*.log']}\n", {".gitignore": "*.log\n"}),
    "include a folder that is ignored": ("sync: {include: [build]}\n", {"a/.gitignore": "build/\n"}),
    "include beside paths": ("sync: {paths: [src], include: [notes.txt]}\n", {}),
    "include outside": ("sync: {include: [../libs/one/*.py]}\n", {}),
    "include outside with paths": ("sync: {paths: [., ../libs/two], include: [../libs/one/*.py]}\n", {}),
    "include and exclude": ("sync: {include: ['tests/**'], exclude: ['*.json']}\n", {}),
    "ignored inside": ("", {"a/.gitignore": "*.log\n/build\n!x.log\n"}),
    "ignored above": ("", {".gitignore": "build/\n*.txt\n"}),
    "ignored above with a path": ("", {".gitignore": "a/tests\nsrc/tests\n"}),
    "ignored above with anchors": ("", {".gitignore": "/build\n/a/tests/deep\n"}),
    "ignored deeper": ("", {"a/src/.gitignore": "tests\n", "a/tests/.gitignore": "*\n!.gitignore\n"}),
    "ignored but for one": ("", {"a/.gitignore": "tests/*\n!tests/deep\n"}),
    "a folder ignored but for one": ("", {"a/.gitignore": "tests/\n!tests/deep\n"}),
    "taken back below": ("", {".gitignore": "*.log\n", "a/.gitignore": "!*.log\n"}),
    "taken back within a file": ("", {".gitignore": "*.log\n!x.log\n"}),
    "ignored by all of it": ("", {"a/.gitignore": "*\n"}),
    "ignored with comments and spaces": ("", {"a/.gitignore": "# x\n\n  notes.txt  \n\\#y\nmain.py \r\n", "a/#y": ""}),
    "ignored outside": ("sync: {paths: [., ../libs]}\n", {"libs/.gitignore": "two\n", "libs/one/.gitignore": "tests/\n"}),
    "ignored above what is outside": ("sync: {paths: [../libs/one]}\n", {".gitignore": "tests\nlibs/two\n"}),
    "ignored by many stars": ("", {"a/.gitignore": "**/deep/**\n**/*.log\nsrc/**/case.py\n"}),
    "what tools leave": ("", {"a/.databricks/x": "", "a/__pycache__/x.pyc": "", "a/.venv/x": "", "a/node_modules/x": ""}),
    "notebooks": ("", {"a/n.py": "# Databricks notebook source\n", "a/m.sql": "-- Databricks notebook source\n"}),
    "a wheel outside": ("artifacts: {w: {type: whl, path: ../libs/one}}\n", {"libs/one/setup.py": ""}),
    "files included": ("include: [conf/*.yml]\n", {"a/conf/x.yml": "sync: {exclude: ['*.txt', ../tests]}\n"}),
    "paths in an included file": ("include: [conf/*.yml]\n", {"a/conf/x.yml": "sync: {paths: [../src, ../../libs/one]}\n"}),
    "files included from outside": ("include: [../shared/*.yml]\n", {"shared/x.yml": "sync: {exclude: [../a/tests]}\n"}),
    "another bundle inside": ("", {"a/inner/databricks.yml": "bundle: {name: y}\n", "a/inner/x.py": ""}),
    "names of all kinds": ("", {"a/ä ö.py": "", "a/with space/x y.txt": "", "a/'q\".txt": "", "a/日本.md": ""}),
    "an old name of targets": ("environments: {dev: {default: true, sync: {exclude: [tests]}}, prod: {}}\n", {}),
    "no targets": ("sync: {exclude: [tests]}\n#targets\n", {}),
}

# Patterns with letters that mean something in regular expressions aren't understood: too much counts, and nothing is missed.
NOT_UNDERSTOOD = {
    "a question mark": ("sync: {exclude: ['m?in.py']}\n", {"a/m?in.py": ""}),
    "letters of expressions": ("sync: {exclude: ['x+(1).txt', 'a|b']}\n", {"a/x+(1).txt": "", "a/a": ""}),
    "a class of all others": ("sync: {exclude: ['[!mn]*.txt']}\n", {"a/other.txt": ""}),
    "a class that is taken back": ("sync: {exclude: ['*.txt', '!n[^x]tes.txt']}\n", {}),
    "a backslash": ("sync: {exclude: ['n\\otes.txt']}\n", {}),
    "an expression of the bundle": ("variables: {x: {default: tests}}\nsync: {exclude: ['${var.x}']}\n", {}),
    "a path of the bundle's expressions": ("variables: {x: {default: one}}\nsync: {paths: ['../libs/${var.x}', .]}\n", {}),
    "an ignored class": ("", {".gitignore": "[^n]*.txt\n"}),
}


@pytest.fixture
def list_sync(sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace) -> Callable[..., set[str]]:
    """Give what lists the files that the CLI syncs of a bundle, by their names below the sync root."""

    def listed(folder: str, target: str) -> set[str]:
        arguments = () if target == "default" else ("-t", target)
        done = databricks_cli.run(
            *("bundle", "sync", "--dry-run", "--full", "-o", "json"),
            *arguments,
            cwd=Path(sandbox.root, folder),
            workspace=fake_workspace,
        )
        assert done.exit_code == 0, done
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return set(next(event for event in events if event["type"] == "complete").get("put", ()))

    return listed


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_files_are_uploaded(name: str, sandbox: Sandbox, list_sync: Callable[..., set[str]]) -> None:
    text, more = VARIANTS[name]
    has_targets = any(word in text for word in ("targets", "environments"))
    files = {**TREE, "a/databricks.yml": HEAD + text + ("" if has_targets else TARGETS), **more}
    sandbox.write_all(files)
    index = BundleIndex(FakeGit().snapshot(files), Rules(bundles=("a",)))
    for target in index.targets:
        assert set(index.uploaded(target, "a")) == list_sync("a", target), target


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_where_a_pattern_is_not_understood_more_counts(
    name: str, sandbox: Sandbox, list_sync: Callable[..., set[str]]
) -> None:
    text, more = NOT_UNDERSTOOD[name]
    files = {**TREE, "a/databricks.yml": HEAD + text + TARGETS, **more}
    sandbox.write_all(files)
    index = BundleIndex(FakeGit().snapshot(files), Rules(bundles=("a",)))
    assert set(index.uploaded("dev", "a")) >= list_sync("a", "dev")


def test_the_bundles_of_a_repository(
    sandbox: Sandbox, list_sync: Callable[..., set[str]], fake_workspace: FakeWorkspace
) -> None:
    files = five_bundles(fake_workspace.url)
    sandbox.write_all(files)
    index = BundleIndex(FakeGit().snapshot(files), Rules(bundles=("bundles/*", "domains/*")))
    for domain in DOMAINS:
        for target in index.targets_of(domain):
            assert set(index.uploaded(target, domain)) == list_sync(index.bundles[domain], target), (domain, target)
