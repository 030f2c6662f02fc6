"""Random histories of a domain's files, in the repository and by hand in the workspace, deploy after deploy.

What a full upload gives is known from one: the same head, deployed into an empty workspace.
"""

import json
import random
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scope.inference.notebook_files import is_notebook, remote_name
from tests.support.deploying import BASE, Platform

if TYPE_CHECKING:
    from collections.abc import Callable

_HOME = "src/sales/orders/held"
FILES = f"{BASE}/sales/files"
_HEADER = "# Databricks notebook source\n"
_FOLDERS = ("", "deep/", "deep/er/")
_SUFFIXES = ("", ".py", ".py", ".sql", ".txt", ".ipynb")


@dataclass
class History:
    """One platform and its chance. `log` says what was done, `touched` which files somebody changed in the workspace."""

    platform: Platform
    chance: random.Random
    log: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    deployed: dict[str, bytes] = field(default_factory=dict)
    """What the last deploy uploaded, by path in the repository."""
    is_known: bool = False
    """Whether that was ours and complete, so that the next deploy has something to go by."""
    number: int = 0

    # The repository

    def held(self) -> dict[str, bytes]:
        """Return the files that change, by path."""
        root = self.platform.sandbox.root
        return {str(file.relative_to(root)): file.read_bytes() for file in (root / _HOME).rglob("*") if file.is_file()}

    def names(self) -> dict[str, str]:
        """Return what each of them is called in the workspace, by path."""
        return {path: _name(path, content) for path, content in self.held().items()}

    def add(self) -> None:
        for _ in range(20):
            self.number += 1
            folder, suffix = self.chance.choice(_FOLDERS), self.chance.choice(_SUFFIXES)
            path = f"{_HOME}/{folder}n{self.chance.randrange(12)}{suffix}"
            content = self._content(suffix)
            if self._is_free(path, content):
                self.platform.sandbox.write(path, content)
                self.log.append(f"add {path}")
                return

    def edit(self) -> None:
        path = self._pick()
        if path is not None:
            held = self.held()[path]
            self.number += 1
            if path.endswith(".ipynb"):
                self.platform.sandbox.write(path, self._content(".ipynb"))
            else:
                self.platform.sandbox.write(path, held + f"\n# {self.number}\n".encode())
            self.log.append(f"edit {path}")

    def remove(self) -> None:
        path = self._pick()
        if path is not None:
            self.platform.sandbox.path(path).unlink()
            self.log.append(f"remove {path}")

    def rename(self) -> None:
        path = self._pick()
        if path is None:
            return
        content = self.held()[path]
        self.platform.sandbox.path(path).unlink()
        stem, dot, suffix = path.rpartition("/")[2].partition(".")
        new = f"{_HOME}/{self.chance.choice(_FOLDERS)}{stem}x{dot}{suffix}"
        if not self._is_free(new, content):
            new = path
        self.platform.sandbox.write(new, content)
        self.log.append(f"rename {path} to {new}")

    def turn_into_the_other_kind(self) -> None:
        """Make a notebook of a plain file, or a plain file of a notebook."""
        for path, content in sorted(self.held().items()):
            if path.endswith(".py"):
                text = content.decode()
                new = text.removeprefix(_HEADER) if text.startswith(_HEADER) else _HEADER + text
                self.platform.sandbox.path(path).unlink()
                if not self._is_free(path, new.encode()):
                    new = text
                self.platform.sandbox.write(path, new)
                self.log.append(f"other kind {path}")
                return

    def turn_into_a_folder(self) -> None:
        """Put a folder in the place of a file or notebook, under the name that it has in the workspace."""
        path = self._pick()
        if path is not None:
            name = self.names()[path]
            self.platform.sandbox.path(path).unlink()
            if not self.platform.sandbox.path(name).exists():
                self.platform.sandbox.write(f"{name}/inner.txt", "inner\n")
            self.log.append(f"folder {name}")

    def turn_into_a_file(self) -> None:
        """Put a file in the place of a folder."""
        folders = sorted(item for item in self.platform.sandbox.path(_HOME).rglob("*") if item.is_dir())
        if folders:
            folder = self.chance.choice(folders)
            shutil.rmtree(folder)
            folder.write_bytes(b"was a folder\n")
            self.log.append(f"file {folder.name}")

    def _pick(self) -> str | None:
        held = sorted(self.held())
        return self.chance.choice(held) if held else None

    def _content(self, suffix: str) -> bytes:
        if suffix == ".ipynb":
            cell = {"cell_type": "code", "source": [f"x = {self.number}"], "metadata": {}, "outputs": []}
            tree = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            return json.dumps(tree).encode()
        header = {".py": _HEADER, ".sql": "-- Databricks notebook source\n"}.get(suffix, "")
        comment = "--" if suffix == ".sql" else "#"
        return f"{self.chance.choice([header, ''])}{comment} {self.number}\n".encode()

    def _is_free(self, path: str, content: bytes) -> bool:
        """Return whether neither the repository nor the workspace would have two things of one name."""
        name = _name(path, content)
        taken = set(self.held()) | set(self.names().values())
        folders = {parent for one in taken for parent in _parents(one)}
        return not {path, name} & (taken | folders) and not {*_parents(path), *_parents(name)} & taken

    # By hand

    def edit_by_hand(self) -> None:
        path = self._pick_there()
        if path is not None:
            content = self.held()[path]
            edited = self._content(".ipynb") if path.endswith(".ipynb") else content + b"# by hand\n"
            self.platform.workspace.write(f"{FILES}/{path}", edited)
            self.touched.add(path)
            self.log.append(f"by hand: edit {path}")

    def delete_by_hand(self) -> None:
        path = self._pick_there()
        if path is not None:
            self.platform.workspace.delete(f"{FILES}/{self.names()[path]}")
            self.touched.add(path)
            self.log.append(f"by hand: delete {path}")

    def delete_a_folder_by_hand(self) -> None:
        self.platform.workspace.delete(f"{FILES}/{_HOME}/deep")
        self.touched |= {path for path in self.held() if f"{path}/".startswith(f"{_HOME}/deep/")}
        self.log.append("by hand: delete deep")

    def add_a_stray_by_hand(self) -> None:
        self.platform.workspace.write(f"{FILES}/{_HOME}/stray/stray.py", b"STRAY = 1\n")
        self.log.append("by hand: add a stray")

    def deploy_by_hand(self) -> None:
        """Deploy with the plain CLI from a checkout with other content."""
        self.platform.sandbox.write(f"{_HOME}/foreign.txt", "foreign\n")
        done = self.platform.deploy_by_hand("sales")
        assert done.exit_code == 0, done
        self.platform.sandbox.path(f"{_HOME}/foreign.txt").unlink()
        self.is_known = False
        self.log.append("by hand: deploy")

    def die_at_the_upload(self) -> None:
        """Be killed while the CLI uploads."""
        self._make_due()
        self.platform.workspace.kill("POST", "/api/2.0/workspace-files/import-file*", under=FILES)
        died = self.platform.deploy("--retry-seconds", "0")
        assert died.exit_code == 1, died
        self.platform.workspace.clear_rules()
        self.is_known = False
        self.log.append("killed")

    def _pick_there(self) -> str | None:
        """Return a file that is deployed as it is in the repository now."""
        there = self.platform.files("sales")
        found = [path for path, name in sorted(self.names().items()) if there.get(name) == self.held()[path]]
        return self.chance.choice(found) if found else None

    # The law

    def play(self) -> None:
        """Play some random events, by hand first."""
        events: dict[Callable[[], None], int] = {
            self.edit_by_hand: 2, self.delete_by_hand: 2, self.delete_a_folder_by_hand: 1, self.add_a_stray_by_hand: 1,
            self.deploy_by_hand: 1, self.die_at_the_upload: 1,
        }  # fmt: skip
        commits: dict[Callable[[], None], int] = {
            self.add: 3, self.edit: 3, self.remove: 1, self.rename: 2, self.turn_into_the_other_kind: 2,
            self.turn_into_a_folder: 1, self.turn_into_a_file: 1,
        }  # fmt: skip
        if self.chance.random() < 0.5:
            self.chance.choices(list(events), list(events.values()))[0]()
        for event in self.chance.choices(list(commits), list(commits.values()), k=self.chance.randint(1, 3)):
            event()

    def _make_due(self) -> None:
        self.number += 1
        self.platform.sandbox.write("src/sales/orders/due.txt", f"{self.number}\n")
        self.platform.push("Change")

    def deploy(self) -> None:
        """Deploy the head, and assert that it lies in the workspace as a full upload puts it, and what was uploaded."""
        self._make_due()
        self.platform.workspace.clear_requests()
        done = self.platform.deploy()
        assert done.exit_code == 0, done
        uploaded = {
            request.workspace_path.removeprefix(f"{FILES}/")
            for request in self.platform.workspace.requests()
            if request.method == "POST" and "import-file" in request.path and request.workspace_path.startswith(FILES)
        }
        full = Platform(self.platform.sandbox, self.platform.workspace.other(), self.platform.cli)
        done = full.deploy()
        assert done.exit_code == 0, done
        ours, theirs = self.platform.workspace.snapshot(FILES), full.workspace.snapshot(FILES)
        assert dict(ours.files) == dict(theirs.files)
        assert ours.notebooks == theirs.notebooks
        listed = json.loads(self.platform.workspace.read(f"{BASE}/sales/state/deployment.json") or b"")["files"]
        staged = {item["local_path"]: self.platform.sandbox.path(item["local_path"]).read_bytes() for item in listed}
        differing = {path for path, content in staged.items() if self.deployed.get(path) != content}
        assert uploaded == (differing | self.touched & staged.keys() if self.is_known else staged.keys())
        self.deployed, self.touched, self.is_known = staged, set(), True


def _name(path: str, content: bytes) -> str:
    return remote_name(path) if is_notebook(path, content) else path


def _parents(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts))}
