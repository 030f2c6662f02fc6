"""Plays the pipelines of .ci/azure: reads the YAML with its templates, runs the steps of each job in order, in a clone, with
the environment that Azure Pipelines would give. Keys, steps and expressions that it doesn't know are errors.
"""

import itertools
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tests.support.azure_expressions import evaluate, evaluate_runtime, fill_macros, fill_template
from tests.support.logging_commands import Command, read_commands
from tests.support.pipeline_machine import PlayedJob, World, clone_commit, run_script
from tests.support.workflow_actions import NotPlayableError

_STAGE_KEYS = {"stage", "dependsOn", "condition", "lockBehavior", "variables", "jobs", "displayName"}
_JOB_KEYS = {"job", "displayName", "dependsOn", "condition", "timeoutInMinutes", "strategy", "variables", "steps"}
_STEP_KEYS = {
    "checkout", "fetchDepth", "bash", "displayName", "name", "env", "condition", "continueOnError", "publish", "artifact",
    "download",
}  # fmt: skip
_MOST_LEGS = 256


@dataclass
class PlayedStage:
    """How a stage ended, and its jobs by name; a leg of a matrix is named `job leg`."""

    result: str = "skipped"
    jobs: dict[str, PlayedJob] = field(default_factory=dict)


class AzurePlayer:
    """One run of a pipeline. `groups` are the variable groups; `variables` what Azure and the pipeline's settings give."""

    def __init__(self, world: World, groups: Mapping[str, Mapping[str, str]], variables: Mapping[str, str]) -> None:
        self.world = world
        self.groups = groups
        self.variables = variables
        self.artifacts = world.folder / "artifacts"
        self.artifacts.mkdir(parents=True)
        self.commands: list[Command] = []
        self._numbers = itertools.count()

    def play(self, path: str, parameters: Mapping[str, Any] | None = None) -> dict[str, PlayedStage]:
        """Play a pipeline to its end; one without stages has a single one, without a name."""
        tree = self._load(path, parameters or {})
        stages = tree["stages"] if "stages" in tree else [{"stage": "", "jobs": tree["jobs"]}]
        played: dict[str, PlayedStage] = {}
        for stage in self._expand(path, "stages", stages):
            _check_keys(stage, _STAGE_KEYS)
            before = stage.get("dependsOn", list(played)[-1:])
            needs = [before] if isinstance(before, str) else before
            played[stage["stage"]] = self._stage(path, stage, {need: played[need] for need in needs}, played)
        return played

    def _load(self, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
        text = self.world.origin.git("show", f"{self.variables['Build.SourceVersion']}:{path}")
        tree = yaml.safe_load(text)
        declared = {one["name"]: one for one in tree.pop("parameters", [])}
        if unknown := set(given) - set(declared):
            raise NotPlayableError(f"{path} has no parameters {sorted(unknown)}")
        filled = {}
        for name, one in declared.items():
            filled[name] = given[name] if name in given else one["default"]
            expected = {"string": str, "boolean": bool, "object": list}[one["type"]]
            if not isinstance(filled[name], expected):
                raise NotPlayableError(f"{path}: {name} is {filled[name]!r}")
        return fill_template(tree, filled)

    def _expand(self, path: str, key: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return stages or jobs with those of templates in their place."""
        expanded: list[dict[str, Any]] = []
        for item in items:
            if "template" in item:
                inner = str(PurePosixPath(path).parent / item["template"])
                expanded += self._expand(inner, key, self._load(inner, item.get("parameters", {}))[key])
            else:
                expanded.append(item)
        return expanded

    def _stage(
        self, path: str, stage: dict[str, Any], needs: Mapping[str, PlayedStage], done: Mapping[str, PlayedStage]
    ) -> PlayedStage:
        results = {one.result for one in needs.values()}
        outputs = {
            name: {"outputs": {f"{job}.{key}": text for job, one in each.jobs.items() for key, text in one.outputs.items()}}
            for name, each in needs.items()
        }
        contexts: dict[str, Any] = {"results": results, "dependencies": outputs, "variables": self.variables}
        if not evaluate(stage.get("condition", "succeeded()"), contexts):
            return PlayedStage()
        variables = dict(self.variables)
        for one in stage.get("variables", []):
            if one["group"] not in self.groups:
                raise NotPlayableError(f"the variable group {one['group']}, which isn't set up")
            if one["group"] in self.world.rejected:
                return PlayedStage("failed")
            variables |= self.groups[one["group"]]
        played = PlayedStage()
        inner = {
            "stageDependencies": {
                name: {job: {"outputs": result.outputs} for job, result in each.jobs.items()} for name, each in done.items()
            }
        }
        for job in self._expand(path, "jobs", stage["jobs"]):
            _check_keys(job, _JOB_KEYS)
            self._job(job, played, variables, inner)
        ended = {job.result for job in played.jobs.values()}
        played.result = "failed" if "failed" in ended else "succeeded" if "succeeded" in ended else "skipped"
        return played

    def _job(
        self, job: dict[str, Any], stage: PlayedStage, variables: Mapping[str, str], contexts: Mapping[str, Any]
    ) -> None:
        need = job.get("dependsOn")
        before = {one.result for name, one in stage.jobs.items() if need and name.partition(" ")[0] == need}
        known = {**contexts, "results": before, "variables": variables}
        if not evaluate(job.get("condition", "succeeded()"), known):
            stage.jobs[job["job"]] = PlayedJob(job["job"])
            return
        own = {one["name"]: str(evaluate_runtime(one["value"], known)) for one in job.get("variables", [])}
        if "strategy" not in job:
            stage.jobs[job["job"]] = self._steps(job["job"], job["steps"], {**variables, **own})
            return
        legs = json.loads(evaluate_runtime(job["strategy"]["matrix"], known))
        if not 0 < len(legs) <= _MOST_LEGS:
            raise NotPlayableError(f"a matrix of {len(legs)} legs")
        for leg, values in legs.items():
            name = f"{job['job']} {leg}"
            stage.jobs[name] = self._steps(name, job["steps"], {**variables, **own, **values})

    def _steps(self, name: str, steps: list[dict[str, Any]], variables: Mapping[str, str]) -> PlayedJob:
        folder = self.world.folder / f"{name.replace(' ', '-')}-{next(self._numbers)}"
        job = PlayedJob(name, "succeeded")
        for part in ("temp", "pipeline"):
            (folder / part).mkdir(parents=True)
        given = {
            **variables,
            "Agent.TempDirectory": str(folder / "temp"),
            "Pipeline.Workspace": str(folder / "pipeline"),
            "System.JobAttempt": "1",
        }
        for step in steps:
            _check_keys(step, _STEP_KEYS)
            contexts = {"results": {job.result}, "variables": given}
            if not evaluate(step.get("condition", "succeeded()"), contexts):
                continue
            problem = self._step(step, folder, given, job)
            if problem:
                job.log += f"failed: {problem}\n"
                if not step.get("continueOnError"):
                    job.result = "failed"
        return job

    def _step(self, step: dict[str, Any], folder: Path, variables: Mapping[str, str], job: PlayedJob) -> str | None:
        """Do a step; return why it failed, or nothing."""
        work = folder / "pipeline" / "s"
        if "checkout" in step:
            commit, whole = self.variables["Build.SourceVersion"], step.get("fetchDepth") == 0
            clone_commit(self.world.origin, work, commit, whole=whole)
            return None
        if "publish" in step:
            source, name = work / step["publish"], fill_macros(step["artifact"], variables)
            if not source.exists():
                return f"{step['publish']} isn't there"
            if (self.artifacts / name).exists():
                return f"the artifact {name} is there already"
            if source.is_dir():
                shutil.copytree(source, self.artifacts / name)
            else:
                (self.artifacts / name).mkdir()
                shutil.copyfile(source, self.artifacts / name / source.name)
            return None
        if "download" in step:
            for source in [self.artifacts / step["artifact"]] if "artifact" in step else sorted(self.artifacts.iterdir()):
                shutil.copytree(source, folder / "pipeline" / source.name)
            return None
        return self._bash(step, work, folder, variables, job)

    def _bash(
        self, step: dict[str, Any], work: Path, folder: Path, variables: Mapping[str, str], job: PlayedJob
    ) -> str | None:
        if "$(" in fill_macros(step["bash"], variables).replace("$(git ", ""):
            raise NotPlayableError(f"a macro in a script: {step['bash']}")
        own = {name: fill_macros(str(value), variables) for name, value in step.get("env", {}).items()}
        # A secret is in the environment only where a step says so.
        shown = {name: value for name, value in variables.items() if name != "System.AccessToken"}
        environment = {name.upper().replace(".", "_"): value for name, value in shown.items()} | own
        environment |= {"TF_BUILD": "True", "HOME": str(folder / "temp")}
        if own.get("DATABRICKS_AUTH_TYPE") == "azure-devops-oidc" and own.get("SYSTEM_ACCESSTOKEN"):
            environment |= self.world.identity(environment["DATABRICKS_CLIENT_ID"])
        code, log = run_script(step["bash"], work, self.world, environment)
        job.log += f"== {step.get('displayName', step['bash'])}\n{log}"
        for command in read_commands(log):
            self.commands.append(command)
            if command.name == "task.setvariable" and command.properties.get("isOutput") == "true" and "name" in step:
                job.outputs[f"{step['name']}.{command.properties['variable']}"] = command.message
            if command.name == "task.uploadsummary":
                job.summary += Path(command.message).read_text(encoding="utf-8")
        return f"exit code {code}" if code else None


def _check_keys(item: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(item) - known:
        raise NotPlayableError(f"keys {sorted(unknown)}")
