"""What each job of the workflows is and can do, read from the YAML, called workflows and local actions included.

Nothing is run: an expression that tells something about a job is evaluated for each event that starts it, with stand-ins for
what an event brings. `workflow_player` runs the jobs; this says what they are, whatever they do.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.workflow_expressions import Scope


class _Outputs(dict[str, str]):
    """Outputs of a job before, and variables: something is to be done, and all of it."""

    def get(self, _key: str, _default: object = None) -> str:  # type: ignore[override]
        return "true"


_STATIC = {"success": lambda: True, "failure": lambda: False, "always": lambda: True, "cancelled": lambda: False}
_SCRIPT = re.compile(r"(?:\.github|\$ACTION/\.\./\.\.)/(scripts/[\w-]+)|\.ci/run")
_SCOPE = re.compile(r"^(?:exec )?scope ", re.MULTILINE)
# What the action puts on the PATH.
_PROGRAM = ".github/actions/setup/bin/scope"
# What a checkout gives, by the commit that it names.
_CODE = {"base": "base", "before": "base", "main": "main", "head": "head", "merge": "head", "group": "head"}
_EVENTS: Mapping[str, Mapping[str, Any]] = {
    "pull_request": {
        "sha": "merge",
        "event": {
            "pull_request": {
                "base": {"sha": "base", "ref": "main"},
                "head": {"sha": "head", "repo": {"full_name": "o/r"}},
                "user": {"login": "somebody"},
                "number": 1,
            }
        },
    },
    "merge_group": {"sha": "group", "event": {"merge_group": {"base_sha": "base"}}},
    "push": {"sha": "main", "event": {"before": "before"}},
    "schedule": {"sha": "main", "event": {}},
    "workflow_dispatch": {"sha": "main", "event": {}},
}


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job as one event starts it. `path` begins with the workflow of the event and ends with the job itself."""

    event: str
    workflow: str
    path: tuple[str, ...]
    permissions: Mapping[str, str]
    environments: tuple[str, ...]
    code: str | None
    steps: tuple[Mapping[str, Any], ...]
    commands: tuple[str, ...]
    needs: frozenset[str]
    """The environments of all jobs that must have passed before it."""

    @property
    def name(self) -> str:
        """Return how GitHub shows it, below the name of the event's workflow."""
        return " / ".join(self.path)

    @property
    def has_identity(self) -> bool:
        """Return whether it may log in to a workspace."""
        return self.permissions.get("id-token") == "write"


def read_jobs(repository: Path) -> list[WorkflowJob]:
    """Return every job of every workflow, once for each event that starts it."""
    return list(_Reader(repository).read_all())


class _Reader:
    def __init__(self, repository: Path) -> None:
        self._repository = repository

    def read_all(self) -> Iterator[WorkflowJob]:
        for path in sorted((self._repository / ".github" / "workflows").glob("*.yml")):
            tree = self._load(path)
            for event in tree["on"]:
                if event != "workflow_call":
                    github = {"event_name": event, "repository": "o/r", "ref": "refs/heads/main", "run_id": "1"}
                    contexts = {"github": {**github, "run_attempt": "1", **_EVENTS[event]}, "inputs": {}, "vars": _Outputs()}
                    yield from self._read(path.name, tree, contexts, (), frozenset())

    @staticmethod
    def _load(path: Path) -> dict[str, Any]:
        # To YAML 1.1 the key `on` is a boolean.
        tree = yaml.load(re.sub(r"^on:", '"on":', path.read_text(encoding="utf-8"), flags=re.MULTILINE), yaml.CSafeLoader)
        if isinstance(tree.get("on"), list):
            tree["on"] = dict.fromkeys(tree["on"])
        return tree

    def _read(
        self,
        workflow: str,
        tree: dict[str, Any],
        contexts: Mapping[str, Any],
        above: tuple[str, ...],
        passed: frozenset[str],
    ) -> Iterator[WorkflowJob]:
        own: dict[str, frozenset[str]] = {}
        for name, job in tree["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            before = passed.union(*(own.get(need, frozenset()) for need in needs))
            if not any(self._starts(job, needs, result, contexts) for result in ("success", "failure")):
                continue
            if "uses" in job:
                called = self._repository / job["uses"].removeprefix("./")
                inner = {**contexts, "inputs": self._inputs(called, job, contexts)}
                jobs = list(self._read(called.name, self._load(called), inner, (*above, name), before))
                own[name] = before.union(*(one.environments for one in jobs))
                yield from jobs
                continue
            environments = tuple(sorted(self._environments(job, contexts)))
            own[name] = before.union(environments)
            steps = list(self._steps(job["steps"]))
            yield WorkflowJob(
                event=str(contexts["github"]["event_name"]),
                workflow=workflow,
                path=(*above, name),
                permissions=job.get("permissions", {}),
                environments=environments,
                code=self._code(steps, contexts),
                steps=tuple(steps),
                commands=tuple(self._expand(step["run"]) for step in steps if "run" in step),
                needs=before,
            )

    @staticmethod
    def _starts(job: dict[str, Any], needs: list[str], result: str, contexts: Mapping[str, Any]) -> bool:
        """Return whether a job starts where all that it needs ended so."""
        done = {need: {"result": result, "outputs": _Outputs()} for need in needs}
        status = {**_STATIC, "success": lambda: result == "success", "failure": lambda: result == "failure"}
        return Scope({**contexts, "needs": done}, status).is_true(job.get("if"))

    def _inputs(self, called: Path, job: dict[str, Any], contexts: Mapping[str, Any]) -> dict[str, Any]:
        declared = (self._load(called)["on"]["workflow_call"] or {}).get("inputs", {})
        given = {}
        for key, value in job.get("with", {}).items():
            # What a job before has found out isn't known here.
            given[key] = value if "needs." in str(value) else Scope(contexts, _STATIC).fill(value)
        return {key: one.get("default", "") for key, one in declared.items()} | given

    def _environments(self, job: dict[str, Any], contexts: Mapping[str, Any]) -> set[str]:
        if "environment" not in job:
            return set()
        axes = job.get("strategy", {}).get("matrix", {})
        if isinstance(axes, str):
            # A plan made it, which by default gives each job the environment of its target.
            entries = [{"environment": contexts["inputs"]["target"]}]
        else:
            entries = [dict(zip(axes, one, strict=True)) for one in _product(axes)]
        return {str(Scope({**contexts, "matrix": entry}, _STATIC).fill(job["environment"])) for entry in entries}

    def _steps(self, steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for step in steps:
            yield step
            if step.get("uses", "").startswith("./"):
                action = self._load(self._repository / step["uses"] / "action.yml")
                yield from self._steps(action["runs"]["steps"])

    def _code(self, steps: list[dict[str, Any]], contexts: Mapping[str, Any]) -> str | None:
        """Return whose code lies in the work tree: the base's, the head's or main's."""
        refs = [step["with"].get("ref") for step in steps if step.get("uses", "").startswith("actions/checkout@")]
        commits = {str(Scope(contexts).fill(ref) if ref else contexts["github"]["sha"]) for ref in refs}
        codes = {_CODE[commit] for commit in commits}
        assert len(codes) <= 1, "one job checks out two commits"
        return next(iter(codes), None)

    def _expand(self, script: str) -> str:
        """Return a script together with the repository's own scripts that it starts."""
        names = sorted({f".github/{one[1]}" if one[1] else one[0] for one in _SCRIPT.finditer(script)})
        texts = [script, *(self._read_text(name) for name in names)]
        if any(map(_SCOPE.search, texts)):
            texts.append(self._read_text(_PROGRAM))
        return "\n".join(texts).replace("\\\n", " ")

    def _read_text(self, path: str) -> str:
        return (self._repository / path).read_text(encoding="utf-8")


def _product(axes: Mapping[str, list[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*axes.values())
