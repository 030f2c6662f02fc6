"""Installs the tools that plans are compared with, and says what they are asked: which projects does this branch affect?

They come from the npm registry, pinned by the lock file in `peers/`, into a folder of the run's own.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.repositories import DOMAINS
from tests.bench.timing import BenchError, Command, run, tell

_PINNED = Path(__file__).with_name("peers")
_QUIET = {"DO_NOT_TRACK": "1", "TURBO_TELEMETRY_DISABLED": "1", "NX_NO_CLOUD": "true", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool: its name in tables, its program below node_modules, and how it is asked."""

    name: str
    package: str
    programs: tuple[str, ...]
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    read: Callable[[Any], list[str]]


def _names_of_turbo(answer: Any) -> list[str]:  # noqa: ANN401  JSON
    return [item["name"] for item in answer["packages"]["items"]]


def _names_of_moon(answer: Any) -> list[str]:  # noqa: ANN401  JSON
    return [project["id"] for project in answer["projects"]]


def _names_of_nx(answer: Any) -> list[str]:  # noqa: ANN401  JSON
    if not isinstance(answer, list):
        raise TypeError
    return answer


_NX = ("show", "projects", "--affected", "--base=main", "--head={branch}", "--json")
PEERS = (
    # The native programs, without the launcher in JavaScript that npm puts before them.
    Peer(
        "turbo",
        "turbo",
        ("@turbo/linux-64/bin/turbo", "@turbo/linux-arm64/bin/turbo", "@turbo/darwin-arm64/bin/turbo", "turbo/bin/turbo"),
        ("ls", "--affected", "--output", "json"),
        {"TURBO_SCM_BASE": "main", "TURBO_SCM_HEAD": "{branch}"},
        _names_of_turbo,
    ),
    Peer("nx, daemon warm", "nx", (".bin/nx",), _NX, {"NX_DAEMON": "true"}, _names_of_nx),
    Peer("nx, no daemon", "nx", (".bin/nx",), _NX, {"NX_DAEMON": "false"}, _names_of_nx),
    Peer(
        "moon",
        "@moonrepo/cli",
        ("@moonrepo/core-linux-x64-gnu/moon", "@moonrepo/core-linux-arm64-gnu/moon", ".bin/moon"),
        ("query", "projects", "--affected", "--downstream", "deep"),
        {"MOON_BASE": "main", "MOON_HEAD": "{branch}"},
        _names_of_moon,
    ),
)


def read_names(peer: Peer, text: str) -> list[str]:
    """Return the projects that a peer names. Raises `BenchError` where it printed something else."""
    try:
        names = peer.read(json.loads(text))
        if all(isinstance(name, str) for name in names):
            return names
    except (ValueError, KeyError, TypeError):
        pass
    raise BenchError(f"{peer.name} printed no list of projects: {text[:500]}")


def describe_names(names: list[str]) -> str:
    """Return an answer in a few words, so that it can be compared with the deployments that are right."""
    domains = len(set(names) & set(DOMAINS))
    return f"{domains} of {len(DOMAINS)} domains"


class InstalledPeers:
    """The peers that could be installed, with a home folder of their own."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        """Know them in a folder where `install` put them."""
        self._modules = folder / "node_modules"
        home = folder / "home"
        home.mkdir(exist_ok=True)
        self._env = {**env, **_QUIET, "HOME": str(home), "MOON_HOME": str(home / ".moon")}

    def versions(self) -> dict[str, str]:
        """Return the version of each, by the name of its package's table entry."""
        found = {}
        for peer in PEERS:
            text = (self._modules / peer.package / "package.json").read_text(encoding="utf-8")
            found[peer.name.partition(",")[0]] = json.loads(text)["version"]
        return found

    def link(self, root: Path) -> None:
        """Let a repository find them, as after `npm install` there."""
        place = root / "node_modules"
        place.unlink(missing_ok=True)
        place.symlink_to(self._modules)

    def commands(self, root: Path, branch: str) -> list[Command]:
        """Return what each is asked about a branch that is checked out."""
        return [self._command(peer, root, branch) for peer in PEERS if self._program(peer)]

    def _command(self, peer: Peer, root: Path, branch: str) -> Command:
        return Command(
            peer.name,
            [str(self._program(peer)), *(argument.format(branch=branch) for argument in peer.arguments)],
            root,
            {**self._env, **{name: value.format(branch=branch) for name, value in peer.env.items()}},
            read=lambda text: describe_names(read_names(peer, text)),
        )

    def _program(self, peer: Peer) -> Path | None:
        places = (self._modules / program for program in peer.programs)
        return next((place for place in places if place.exists()), None)

    @contextmanager
    def warm(self, root: Path, branch: str) -> Iterator[list[Command]]:
        """Ask each once, which starts the daemon and fills the caches; yield the commands, and stop the daemon at the end.

        A peer that doesn't answer is left out, and why is said.
        """
        commands = []
        try:
            for command in self.commands(root, branch):
                try:
                    run(command)
                except BenchError as error:
                    tell(f"{command.name} is left out. {error}")
                else:
                    commands.append(command)
            yield commands
        finally:
            nx = self._modules / ".bin" / "nx"
            subprocess.run([nx, "daemon", "--stop"], cwd=root, env=self._env, check=False, capture_output=True)


def install(folder: Path, env: Mapping[str, str]) -> InstalledPeers | None:
    """Return the peers, installed into a folder if they aren't there yet; None, and why on stderr, if they can't be."""
    npm = shutil.which("npm")
    if npm is None:
        tell("turbo, nx and moon are left out: npm isn't on the PATH.")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    locked = (_PINNED / "package-lock.json").read_bytes()
    stamp = folder / "installed-from"
    if not stamp.is_file() or stamp.read_bytes() != locked:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_PINNED / name, folder / name)
        tell("installing turbo, nx and moon")
        # Exactly what is locked, each by its digest; nothing of it runs while it is installed.
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        done = subprocess.run(command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            tell(f"turbo, nx and moon are left out: npm can't install them: {lines[0]}")
            return None
        stamp.write_bytes(locked)
    return InstalledPeers(folder, env)
