"""Plays the pipelines of .ci/gitlab: reads the YAML with what it includes and extends, runs the scripts of each job, in a
clone, with the environment that GitLab would give, and the child pipelines that jobs have made. Keys and rules that it
doesn't know are errors.
"""

import itertools
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.pipeline_machine import QUALITY, PlayedJob, World, clone_commit, run_script
from tests.support.sandbox import REPOSITORY
from tests.support.workflow_actions import NotPlayableError

_GLOBAL = {"include", "workflow", "stages", "default", "variables"}
_JOB_KEYS = {
    "stage", "rules", "script", "after_script", "before_script", "timeout", "variables", "artifacts", "needs", "environment",
    "id_tokens", "extends", "trigger", "resource_group", "when", "allow_failure",
}  # fmt: skip
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass
class PlayedPipeline:
    """The jobs of a pipeline by name, and the child pipelines by the job that started them."""

    jobs: dict[str, PlayedJob] = field(default_factory=dict)
    children: dict[str, "PlayedPipeline"] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def is_green(self) -> bool:
        """Return whether no job failed."""
        return "failed" not in self.results.values()


class GitLabPlayer:
    """Pipelines of one commit. `environments` hold the variables that are scoped to an environment.

    `predefined` is what GitLab sets, `given` what a person gave to the pipeline: that beats a job's own variables.
    """

    def __init__(
        self,
        world: World,
        environments: Mapping[str, Mapping[str, str]],
        predefined: Mapping[str, str],
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.world = world
        self.environments = environments
        self.predefined = predefined
        self.given = dict(given or {})
        self._numbers = itertools.count()

    def play(self, path: str) -> PlayedPipeline:
        """Play the pipeline of a file to its end."""
        text = self.world.origin.git("show", f"{self.predefined['CI_COMMIT_SHA']}:{path}")
        return self._pipeline(yaml.safe_load(text), self.given, self.world.folder / "parent", None)

    def _pipeline(
        self, tree: dict[str, Any], given: Mapping[str, str], artifacts: Path, parent: Path | None
    ) -> PlayedPipeline:
        tree = self._included(tree)
        workflow = tree.get("workflow", {}).get("rules")
        if workflow is not None and _find_rule(workflow, {**self.predefined, **given}) is None:
            raise NotPlayableError("a pipeline that its rules don't start")
        stages = [*tree.get("stages", ["test"]), ".post"]
        jobs = {name: _extended(name, tree) for name in tree if name not in _GLOBAL and not name.startswith(".")}
        played = PlayedPipeline()
        for name, job in sorted(jobs.items(), key=lambda pair: stages.index(pair[1].get("stage", "test"))):
            if unknown := set(job) - _JOB_KEYS:
                raise NotPlayableError(f"keys {sorted(unknown)} of the job {name}")
            variables = {**self.predefined, **tree.get("variables", {}), **job.get("variables", {}), **given}
            when = _find_when(job, variables)
            if when is None:
                continue
            needs = [need if isinstance(need, dict) else {"job": need} for need in job.get("needs", [])]
            own = [need["job"] for need in needs if "pipeline" not in need]
            stage = stages.index(job.get("stage", "test"))
            earlier = [one for one in played.jobs if stages.index(jobs[one].get("stage", "test")) < stage]
            before = {played.jobs[one].result for one in (own if "needs" in job else earlier) if not _may_fail(jobs[one])}
            starts = {
                "on_success": before <= {"succeeded"},
                "manual": before <= {"succeeded"},
                "always": True,
                "on_failure": "failed" in before,
            }[when]
            played.jobs[name] = PlayedJob(name)
            if not starts:
                continue
            environment = job.get("environment", {}).get("name", "")
            if environment and environment not in self.environments:
                raise NotPlayableError(f"the environment {environment}, which isn't set up")
            if when == "manual" and environment in self.world.rejected:
                continue
            sources = [(artifacts, one) for one in earlier]
            if "needs" in job:
                sources = [
                    ((parent if "pipeline" in need else artifacts) or artifacts, need["job"])
                    for need in needs
                    if need.get("artifacts", True)
                ]
            variables |= self.environments.get(environment, {})
            variables |= {key: value for source in sources for key, value in _dotenv(source).items()}
            if "trigger" in job:
                self._trigger(job, played, name, variables, given, artifacts)
            else:
                played.jobs[name] = self._run(name, job, variables, sources, artifacts)
        return played

    def _included(self, tree: dict[str, Any]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for one in tree.get("include", []):
            text = self.world.origin.git("show", f"{self.predefined['CI_COMMIT_SHA']}:{one['local']}")
            whole = _merged(whole, self._included(yaml.safe_load(text)))
        return _merged(whole, {key: value for key, value in tree.items() if key != "include"})

    def _trigger(
        self,
        job: dict[str, Any],
        played: PlayedPipeline,
        name: str,
        variables: Mapping[str, str],
        given: Mapping[str, str],
        artifacts: Path,
    ) -> None:
        [include] = job["trigger"]["include"]
        if job["trigger"] != {"include": [include], "strategy": "depend", "forward": {"pipeline_variables": True}}:
            raise NotPlayableError("another kind of trigger")
        tree = yaml.safe_load((artifacts / include["job"] / include["artifact"]).read_text(encoding="utf-8"))
        own = {key: _expanded(str(value), variables) for key, value in job.get("variables", {}).items()}
        child = self._pipeline(tree, {**given, **own}, self.world.folder / f"child-{name}", artifacts)
        played.children[name] = child
        played.jobs[name].result = "succeeded" if child.is_green else "failed"

    def _run(
        self, name: str, job: dict[str, Any], variables: dict[str, str], sources: list[tuple[Path, str]], artifacts: Path
    ) -> PlayedJob:
        folder = self.world.folder / f"{name}-{next(self._numbers)}"
        work = folder / "work"
        if variables.get("GIT_STRATEGY") == "none":
            work.mkdir(parents=True)
        else:
            clone_commit(self.world.origin, work, variables["CI_COMMIT_SHA"], whole=variables.get("GIT_DEPTH") == "0")
        for place, source in sources:
            if (place / source).is_dir():
                shutil.copytree(place / source, work, dirs_exist_ok=True)
        environment = {key: _expanded(str(value), variables) for key, value in variables.items()}
        environment |= {"CI_PROJECT_DIR": str(work), "CI_JOB_NAME": name, "CI_JOB_NAME_SLUG": name, "HOME": str(folder)}
        for token, value in job.get("id_tokens", {}).items():
            environment[token] = value["aud"]
        if environment.get("DATABRICKS_AUTH_TYPE") == "env-oidc":
            audience = environment["DATABRICKS_OIDC_TOKEN"]
            # What the policy of each service principal says.
            assert audience == f"databricks:{job['environment']['name']}"
            assert environment["DATABRICKS_CLIENT_ID"]
            environment |= self.world.identity(audience.removeprefix("databricks:"))
        # What the gate needs is installed where it runs: its outcome is given.
        prepared = [] if job["script"][0].startswith(QUALITY) else job.get("before_script", [])
        script = "\n".join([*prepared, *job["script"]])
        code, log = run_script(script, work, self.world, environment, "-eo", "pipefail")
        if "after_script" in job:
            log += run_script("\n".join(job["after_script"]), work, self.world, environment, "-eo", "pipefail")[1]
        played = PlayedJob(name, "failed" if code else "succeeded", log)
        for page in sorted((work / ".scope" / "summary").glob(f"{name}.md")):
            played.summary += page.read_text(encoding="utf-8")
        kept = job.get("artifacts", {})
        if kept and (not code or kept.get("when") == "always"):
            reports = [path for path in kept.get("reports", {}).values() if isinstance(path, str)]
            for path in [*kept.get("paths", []), *reports]:
                _keep(work / path, artifacts / name / path)
        return played


def read_jobs(path: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a file in the repository by name, with what they extend; hidden ones and included ones too."""
    tree = _read_included(path)
    return {name: _extended(name, tree) for name in tree if name not in _GLOBAL}


def _read_included(path: Path) -> dict[str, Any]:
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    whole: dict[str, Any] = {}
    for one in tree.pop("include", []):
        whole = _merged(whole, _read_included(REPOSITORY / one["local"]))
    return _merged(whole, tree)


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the variables of a report of the kind `dotenv`, as GitLab reads it: a line each, within its limits."""
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) <= 5 * 1024
    pairs = [line.partition("=") for line in text.splitlines()]
    assert len(pairs) <= 20
    return {name: value for name, _, value in pairs}


def _dotenv(source: tuple[Path, str]) -> dict[str, str]:
    path = source[0] / source[1] / ".scope" / "outputs.env"
    return read_dotenv(path) if path.is_file() else {}


def _keep(source: Path, goal: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, goal, dirs_exist_ok=True)
    elif source.is_file():
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, goal)


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return two trees as one: tables are merged, everything else is the other's."""
    whole = dict(one)
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(whole.get(key), Mapping)
        whole[key] = _merged(whole[key], value) if both else value
    return whole


def _extended(name: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    job = tree[name]
    above = job.get("extends", [])
    whole: dict[str, Any] = {}
    for base in [above] if isinstance(above, str) else above:
        whole = _merged(whole, _extended(base, tree))
    return _merged(whole, job)


def _find_when(job: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    """Return when a job runs, or None if its rules keep it out of the pipeline."""
    if "rules" not in job:
        return job.get("when", "on_success")
    rule = _find_rule(job["rules"], variables)
    return None if rule is None else rule.get("when", job.get("when", "on_success"))


def _find_rule(rules: list[dict[str, Any]], variables: Mapping[str, str]) -> dict[str, Any] | None:
    return next((rule for rule in rules if all(_holds(part, variables) for part in rule["if"].split(" && "))), None)


def _holds(text: str, variables: Mapping[str, str]) -> bool:
    match = re.fullmatch(r'(\$\w+)(?: (==|!=) (\$\w+|"[^"]*"))?', text)
    if match is None:
        raise NotPlayableError(f"a rule: {text}")
    one = variables.get(match[1][1:], "")
    if match[2] is None:
        return bool(one)
    other = variables.get(match[3][1:], "") if match[3].startswith("$") else match[3].strip('"')
    return (one == other) is (match[2] == "==")


def _may_fail(job: Mapping[str, Any]) -> bool:
    return job.get("allow_failure") is True


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables.get(match[1], ""), text)
