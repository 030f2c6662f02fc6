"""Plays the workflows of .github/workflows: reads the YAML, runs the `run:` steps of each job in order, in a clone, with the
environment that GitHub would give. Keys, contexts and actions that it doesn't know are errors; what it can't play is listed
in `workflow_actions.NOT_PLAYED`.
"""

import itertools
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.sandbox import Sandbox, git_environment
from tests.support.workflow_actions import NotPlayableError, Runner, play_action
from tests.support.workflow_expressions import Scope, as_text, truthy

_JOB_KEYS = frozenset(
    [
        "name",
        "needs",
        "if",
        "runs-on",
        "timeout-minutes",
        "permissions",
        "environment",
        "env",
        "steps",
        "outputs",
        "strategy",
        "concurrency",
        "uses",
        "with",
    ]
)
_STEP_KEYS = frozenset(["name", "id", "if", "uses", "with", "env", "run", "shell"])
_GIVEN = frozenset({".ci/check", '.ci/test-domains "$BASE"', '.ci/test-spark "$BASE"', ".ci/run"})
# The stand-in for uv is on the PATH already.
_INSTALLED = '"$ACTION/../../scripts/install-uv"'


@dataclass
class JobResult:
    """How a job ended; the jobs of a called workflow and of a matrix are below it."""

    result: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    jobs: dict[str, "JobResult"] = field(default_factory=dict)

    def all(self) -> list["JobResult"]:
        """Return it and all that are below it."""
        return [self, *(inner for job in self.jobs.values() for inner in job.all())]


@dataclass(frozen=True)
class Settings:
    """What is set on GitHub: variables of the repository and of environments, who approves; and how to reach the world.

    `identity` gives the environment of a job that may log in to a workspace; `actions` has checkouts of repositories whose
    actions are used; `api` is GitHub's own.
    """

    variables: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]
    identity: Callable[[str], Mapping[str, str]]
    tools: Path
    actions: Mapping[str, Path] = field(default_factory=dict)
    api: str = "http://127.0.0.1:9"
    rejected: frozenset[str] = frozenset()
    quality: bool = True


class Player:
    """One run of a workflow, for an event in a repository."""

    def __init__(self, origin: Sandbox, folder: Path, settings: Settings, github: Mapping[str, Any]) -> None:
        """Play for the commit `github["sha"]`; `folder` gets the clones and the artifacts."""
        self.origin = origin
        self.folder = folder
        self.settings = settings
        self.github = {"repository": "o/r", "run_id": "42", "run_attempt": "1", "token": "job-token", **github}
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir(parents=True)
        self._numbers = itertools.count()
        # What somebody else does to the run's artifacts just before a job begins.
        self.between: Mapping[str, Callable[[Path], object]] = {}

    def play(self, name: str, inputs: Mapping[str, Any] | None = None) -> JobResult:
        """Play a workflow to its end. By hand, `inputs` are those of `workflow_dispatch`, defaults filled in."""
        workflow = self._read(f".github/workflows/{name}")
        declared = (workflow["on"].get("workflow_dispatch") or {}).get("inputs", {})
        if inputs is None:
            return self._workflow(workflow, {}, ())
        return self._workflow(workflow, {key: one.get("default") for key, one in declared.items()} | dict(inputs), ())

    def _read(self, path: str) -> dict[str, Any]:
        text = self.origin.git("show", f"{self.github['sha']}:{path}")
        # To YAML 1.1 the key `on` is a boolean.
        workflow = yaml.load(re.sub(r"^on:", '"on":', text, flags=re.MULTILINE), yaml.CSafeLoader)
        if isinstance(workflow["on"], list):
            workflow["on"] = dict.fromkeys(workflow["on"])
        return workflow

    def _workflow(self, workflow: dict[str, Any], inputs: Mapping[str, Any], path: tuple[str, ...]) -> JobResult:
        if workflow["permissions"] != {}:
            raise NotPlayableError("a workflow whose jobs have permissions by default")
        jobs: dict[str, JobResult] = {}
        for name, job in workflow["jobs"].items():
            unknown = set(job) - _JOB_KEYS
            if unknown:
                raise NotPlayableError(f"keys {sorted(unknown)} of the job {name}")
            jobs[name] = self._job(name, job, inputs, jobs, workflow, path)
        results = {job.result for job in jobs.values()}
        result = "failure" if "failure" in results else "success" if "success" in results else "skipped"
        declared = ((workflow["on"].get("workflow_call") or {}).get("outputs")) or {}
        seen = Scope({"jobs": {key: {"outputs": job.outputs} for key, job in jobs.items()}})
        outputs = {key: as_text(seen.fill(one["value"])) for key, one in declared.items()}
        return JobResult(result, outputs, jobs=jobs)

    def _job(
        self,
        name: str,
        job: dict[str, Any],
        inputs: Mapping[str, Any],
        done: Mapping[str, JobResult],
        workflow: dict[str, Any],
        path: tuple[str, ...],
    ) -> JobResult:
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        before = {one.result for key in _ancestors(needs, workflow["jobs"]) if (one := done[key])}
        status = {
            "success": lambda: before <= {"success"},
            "failure": lambda: "failure" in before,
            "always": lambda: True,
            "cancelled": lambda: False,
        }
        contexts = {
            "github": self.github,
            "inputs": inputs,
            "vars": self.settings.variables,
            "needs": {key: {"result": done[key].result, "outputs": done[key].outputs} for key in needs},
        }
        scope = Scope(contexts, status)
        if not scope.is_true(job.get("if")):
            return JobResult("skipped")
        if "uses" in job:
            if not job["uses"].startswith("./"):
                raise NotPlayableError(job["uses"])
            called = self._read(job["uses"].removeprefix("./"))
            given = scope.fill(job.get("with", {}))
            declared = (called["on"]["workflow_call"] or {}).get("inputs", {})
            _check_inputs(name, given, declared)
            _check_permissions(name, job, called)
            defaults = {key: one.get("default", "") for key, one in declared.items()}
            return self._workflow(called, defaults | given, (*path, name))
        if "strategy" not in job:
            return self._steps(name, job, contexts, path)
        jobs = {
            f"{name} {number}": self._steps(f"{name}-{number}", job, {**contexts, "matrix": entry}, path)
            for number, entry in enumerate(matrix_entries(scope.fill(job["strategy"]["matrix"])))
        }
        result = "failure" if any(one.result != "success" for one in jobs.values()) else "success"
        return JobResult(result, jobs=jobs)

    def _steps(self, name: str, job: dict[str, Any], contexts: dict[str, Any], path: tuple[str, ...]) -> JobResult:
        if name in self.between:
            self.between[name](self.artifacts)
        scope = Scope(contexts)
        place = scope.fill(job.get("environment", ""))
        if place and place not in self.settings.environments:
            raise NotPlayableError(f"the environment {place}, which isn't set up")
        if place in self.settings.rejected:
            return JobResult("failure", log=f"{place} wasn't approved")
        contexts = {**contexts, "vars": {**self.settings.variables, **self.settings.environments.get(place, {})}}
        folder = self.folder / "-".join([*path, name, str(next(self._numbers))])
        runner = Runner(folder / "work", folder / "temp", self.settings.tools, self.artifacts, self.origin, self.github)
        for one in (runner.workspace, runner.temp):
            one.mkdir(parents=True)
        machine = _Machine(runner, self.settings, contexts, job)
        for step in job["steps"]:
            machine.step(step)
        outputs = {key: as_text(machine.scope().fill(value)) for key, value in job.get("outputs", {}).items()}
        return JobResult("failure" if machine.has_failed else "success", outputs, machine.log, machine.summary)


class _Machine:
    """One job's steps, in order; what one leaves, the next ones see."""

    def __init__(self, runner: Runner, settings: Settings, contexts: Mapping[str, Any], job: dict[str, Any]) -> None:
        self.runner = runner
        self.settings = settings
        self.contexts: Mapping[str, Any] = {**contexts, "runner": {"temp": str(runner.temp)}, "steps": {}}
        self.has_failed = False
        self.log = ""
        self.summary = ""
        self._path: list[str] = []
        may = job.get("permissions", {})
        place = Scope(self.contexts).fill(job.get("environment", ""))
        self._job = {key: as_text(value) for key, value in Scope(self.contexts).fill(job.get("env", {})).items()}
        # What federation would give, and only to a job that may ask for it.
        has_identity = may.get("id-token") == "write" and self._job.get("DATABRICKS_AUTH_TYPE") == "github-oidc"
        self._identity = settings.identity(place) if has_identity and self._job.get("DATABRICKS_CLIENT_ID") else {}
        self._may_comment = may.get("pull-requests") == "write"

    def scope(self) -> Scope:
        return Scope(
            self.contexts,
            {
                "success": lambda: not self.has_failed,
                "failure": lambda: self.has_failed,
                "always": lambda: True,
                "cancelled": lambda: False,
            },
        )

    def step(self, step: dict[str, Any], inputs: Mapping[str, Any] | None = None) -> None:
        unknown = set(step) - _STEP_KEYS
        if unknown:
            raise NotPlayableError(f"keys {sorted(unknown)} of a step")
        outer = self.contexts
        if inputs is not None:
            self.contexts = {**outer, "inputs": inputs}
        try:
            if self.scope().is_true(step.get("if")):
                self._do(step)
        finally:
            self.contexts = outer

    def _do(self, step: dict[str, Any]) -> None:
        name = step.get("name") or step.get("uses") or step["run"]
        self.log += f"== {name}\n"
        if "run" in step:
            self._run(step)
            return
        given = self.scope().fill(step.get("with", {}))
        if step["uses"].startswith("./"):
            self._play_composite(self.runner.workspace / step["uses"], step["uses"], given)
            return
        name, _, pin = step["uses"].partition("@")
        owner, repository, *folders = name.split("/")
        if folders and len(pin) == 40:
            self._play_composite(self.settings.actions[f"{owner}/{repository}"].joinpath(*folders), name, given)
            return
        problem = play_action(step["uses"], given, self.runner)
        if problem:
            self.log += f"failed: {problem}\n"
            self.has_failed = True

    def _play_composite(self, folder: Path, name: str, given: Mapping[str, Any]) -> None:
        action = yaml.load((folder / "action.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        _check_inputs(name, given, action["inputs"])
        outer = self.contexts
        self.contexts = {**outer, "github": {**outer["github"], "action_path": str(folder)}}
        try:
            for inner in action["runs"]["steps"]:
                self.step(inner, {key: given.get(key, one.get("default", "")) for key, one in action["inputs"].items()})
        finally:
            self.contexts = outer

    def _run(self, step: dict[str, Any]) -> None:
        if "${{" in step["run"]:
            raise NotPlayableError(f"an expression in a script: {step['run']}")
        if step["run"] in _GIVEN:
            self.has_failed = self.has_failed or not self.settings.quality
            return
        if step["run"] == _INSTALLED:
            return
        files = {name: self.runner.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_bytes(b"")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", *(["-o", "pipefail"] if step.get("shell") else []), "-c", step["run"]],
            cwd=self.runner.workspace,
            env=self._environment(step, files),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=600,
        )
        self.log += done.stdout.decode(errors="replace")
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        self._path += files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines()
        if "id" in step:
            written = files["GITHUB_OUTPUT"].read_text(encoding="utf-8")
            self.contexts["steps"][step["id"]] = {"outputs": read_outputs(written)}
        if done.returncode != 0:
            self.log += f"failed with {done.returncode}\n"
            self.has_failed = True

    def _environment(self, step: dict[str, Any], files: Mapping[str, Path]) -> dict[str, str]:
        github = self.contexts["github"]
        own = {key: as_text(value) for key, value in self.scope().fill(step.get("env", {})).items()}
        if own.get("GITHUB_TOKEN") and not self._may_comment:
            own["GITHUB_TOKEN"] = "read-only"  # noqa: S105  no secret: what a token without rights is here
        return {
            **git_environment(),
            "PATH": os.pathsep.join([*reversed(self._path), str(self.settings.tools), os.environ["PATH"]]),
            "HOME": str(self.runner.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.settings.api,
            "GITHUB_SERVER_URL": "https://github.invalid",
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ID": github["run_id"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_REF": github["ref"],
            "GITHUB_EVENT_NAME": github["event_name"],
            "RUNNER_TEMP": str(self.runner.temp),
            **{name: str(path) for name, path in files.items()},
            **self._job,
            **self._identity,
            **own,
        }


def read_outputs(text: str) -> dict[str, str]:
    """Read a file of outputs as the runner does."""
    outputs: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, sign, delimiter = line.partition("<<")
        if not sign:
            name, _, outputs[name] = line.partition("=")
            continue
        outputs[name] = "\n".join(itertools.takewhile(lambda inner, end=delimiter: inner != end, lines))
    return outputs


def matrix_entries(matrix: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a matrix's jobs, in order; none and more than 256 are errors, as on GitHub."""
    included = matrix.get("include", [])
    axes = {key: values for key, values in matrix.items() if key != "include"}
    if axes and included:
        raise NotPlayableError("a matrix with axes and `include`")
    entries = included or [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    if not 0 < len(entries) <= 256:
        raise NotPlayableError(f"a matrix of {len(entries)} jobs: GitHub refuses none and more than 256")
    return entries


def _ancestors(needs: list[str], jobs: Mapping[str, Any]) -> set[str]:
    ancestors: set[str] = set()
    for name in needs:
        above = jobs[name].get("needs", [])
        ancestors |= {name} | _ancestors([above] if isinstance(above, str) else above, jobs)
    return ancestors


def _check_inputs(name: str, given: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    unknown = set(given) - set(declared)
    missing = {key for key, one in declared.items() if one.get("required")} - set(given)
    if unknown or missing:
        raise NotPlayableError(f"{name}: unknown inputs {sorted(unknown)}, missing {sorted(missing)}")
    for key, value in given.items():
        if declared[key].get("type") == "boolean" and not isinstance(value, bool):
            raise NotPlayableError(f"{name}: {key} is {value!r}, no boolean")


def _check_permissions(name: str, job: Mapping[str, Any], called: Mapping[str, Any]) -> None:
    """A called workflow's jobs can't have more than the job that calls: GitHub refuses the run."""
    allowed = job.get("permissions", {})
    for inner in called["jobs"].values():
        for key, value in inner.get("permissions", {}).items():
            if truthy(value) and allowed.get(key) != value:
                raise NotPlayableError(f"{name} calls a job with `{key}: {value}`, and hasn't got it itself")
