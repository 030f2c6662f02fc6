"""The files at the root that tools read: known to scope's rules, and true of what they name."""

import re
import subprocess

import pytest
import yaml

from scope.repository.ownership import UNOWNED, Rules
from tests.support.sandbox import REPOSITORY, tracked_files
from tests.unit.test_documented_commands import check

# Written by a tool: a module's first line says so, the others go by their names.
_HEADER = re.compile(rb"# Generated from specs/")
_MADE = (".schema.json", "uv.lock", "go.sum", "package-lock.json", "generator/bundle_schema.json", "graph_page.html")


def attributes(*names: str) -> dict[str, set[str]]:
    """Return the attributes that .gitattributes sets, of every file that has one."""
    done = subprocess.run(
        ["git", "check-attr", "--stdin", "-z", *names],
        cwd=REPOSITORY,
        input="\0".join(tracked_files(REPOSITORY)),
        capture_output=True,
        check=True,
        text=True,
    )
    words = done.stdout.split("\0")
    entries: dict[str, set[str]] = {}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        if value not in {"unset", "unspecified"}:
            entries.setdefault(path, set()).add(name)
    return entries


def test_exactly_the_generated_files_are_marked_as_generated() -> None:
    generated = {
        path
        for path in tracked_files(REPOSITORY)
        if path.endswith(_MADE)
        or path.startswith(("docs/reference/", ".template/library/", ".template/template/"))
        or (path.startswith("resources/") and _HEADER.match((REPOSITORY / path).read_bytes()) is not None)
    }
    assert attributes("linguist-generated").keys() == generated


def test_git_attributes_change_nothing_that_git_stores_or_checks_out() -> None:
    assert {name for names in attributes("--all").values() for name in names} == {"linguist-generated"}


@pytest.mark.parametrize("path", [path for path in tracked_files(REPOSITORY) if "/" not in path])
def test_every_file_at_the_root_is_known_to_the_rules(path: str) -> None:
    assert Rules().owner(path) != UNOWNED


def test_every_git_hook_calls_a_recipe() -> None:
    tree = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in tree["repos"] for hook in repository["hooks"]]
    assert {hook["id"] for hook in hooks} == {"format", "lint", "typecheck", "rooms", "generate-check", "scope-check"}
    for hook in hooks:
        assert hook["entry"] == f"just {hook['id']}"
        assert hook["language"] == "system"
        check(hook["entry"].split())
