"""What turbo, nx and moon need to know a repository's projects: a package for each domain and each shared library.

A package names the libraries whose modules its code imports, as a person who uses these tools would write it down.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ROOT = "platform"
_IGNORED = "node_modules\n.nx/\n.turbo/\n.moon/cache/\n"


@dataclass(frozen=True, slots=True)
class Project:
    """A folder, its name, and the names of the projects that it needs."""

    folder: str
    name: str
    needs: tuple[str, ...]


def workspace_files(projects: Sequence[Project]) -> Iterator[tuple[str, str]]:
    """Yield the files of the three tools, at the root and in each project."""
    yield (
        "package.json",
        _json(
            {
                "name": _ROOT,
                "private": True,
                "packageManager": "npm@10.0.0",
                "workspaces": [project.folder for project in projects],
            }
        ),
    )
    yield "package-lock.json", _json({"name": _ROOT, "lockfileVersion": 3, "requires": True, "packages": _locked(projects)})
    yield "turbo.json", _json({"tasks": {"build": {"dependsOn": ["^build"]}}})
    yield "nx.json", _json({"defaultBase": "main", "analytics": False, "neverConnectToCloud": True})
    yield (
        ".moon/workspace.yml",
        "".join(
            [
                "vcs:\n  defaultBranch: main\ntelemetry: false\nprojects:\n",
                *(f"  {project.name}: {project.folder}\n" for project in projects),
            ]
        ),
    )
    for project in projects:
        yield (
            f"{project.folder}/package.json",
            _json(
                {
                    "name": project.name,
                    "version": "1.0.0",
                    "scripts": {"build": "true"},
                    "dependencies": dict.fromkeys(project.needs, "*"),
                }
            ),
        )
        yield f"{project.folder}/moon.yml", f"dependsOn: {json.dumps(project.needs)}\n"


def ignore(text: str) -> str:
    """Return a `.gitignore` that leaves out what the tools write, too."""
    return text.rstrip("\n") + "\n" + _IGNORED


def _locked(projects: Sequence[Project]) -> dict[str, object]:
    locked: dict[str, object] = {"": {"name": _ROOT, "workspaces": [project.folder for project in projects]}}
    for project in projects:
        locked[project.folder] = {
            "name": project.name,
            "version": "1.0.0",
            "dependencies": dict.fromkeys(project.needs, "*"),
        }
        locked[f"node_modules/{project.name}"] = {"resolved": project.folder, "link": True}
    return locked


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
