"""What people do by hand: lose files of a state, deploy with the plain CLI, edit what is deployed, recover."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.cli import CliResult
from tests.support.deploying import BASE, wait_for
from tests.support.killing import Running
from tests.support.law.world import QUICK, World
from tests.support.operations import approve

STRANGER = "stranger@example.com"


@dataclass
class Hands:
    """Changes the workspace of a world, past scope."""

    world: World

    def lose_state(self) -> None:
        names = self.world.deployed()
        if not names:
            return
        name = self.world.chance.choice(names)
        files = ["resources.json", "deployment.json", "scope.json", "metadata.json", "deploy.lock", "../uploads.json"]
        if self.world.chance.random() < 0.2:
            self.world.workspace.delete(f"{BASE}/{name}/state")
            self.world.note(f"the whole state of {name} deleted")
            return
        path = posixpath.normpath(f"{BASE}/{name}/state/{self.world.chance.choice(files)}")
        content = self.world.workspace.read(path)
        if content is None:
            self.world.note(f"{path} isn't there to be lost")
        elif self.world.chance.random() < 0.5:
            self.world.workspace.delete(path)
            self.world.note(f"{path} deleted")
        else:
            self.world.workspace.write(path, content[: len(content) // 2])
            self.world.note(f"{path} truncated")

    def deploy_by_hand(self) -> None:
        """Deploy with the plain CLI from the checkout, with the permit, and perhaps get killed meanwhile."""
        name = self.world.pick_domain()
        if name is None:
            return
        self.world.sandbox.append(f"src/{name}/orders/base/facts.py", "BY_HAND = 1\n")
        if self.world.chance.random() < 0.4:
            self.world.workspace.kill(skip=self.world.chance.randint(0, 60), after_work=self.world.chance.random() < 0.5)
        done = self.world.platform.deploy_by_hand(name)
        self.world.sandbox.git("checkout", "--quiet", "--", ".")
        self.world.note(f"{name} deployed by hand", done)

    def let_another_create_a_schema(self) -> None:
        """Have somebody else create a schema that a domain defines now, or may define later."""
        name = self.world.pick_domain()
        if name is None or f"{name}.orders" in self.world.workspace.snapshot().resources.get("schemas", {}):
            return
        fields = {"name": "orders", "catalog_name": name}
        self.world.workspace.call("POST", "/api/2.1/unity-catalog/schemas", fields)
        self.world.workspace.set_creator(f"{name}.orders", STRANGER)
        self.world.foreign.add(f"{name}.orders")
        self.world.note(f"somebody else created {name}.orders")

    def edit_a_resource(self) -> None:
        """Change or delete a deployed job or pipeline, as a person in the workspace's user interface does."""
        resources = self.world.workspace.snapshot(BASE).resources
        jobs = sorted(key for key, item in resources.get("jobs", {}).items() if _is_ours(item.get("settings", {})))
        pipelines = sorted(key for key, item in resources.get("pipelines", {}).items() if _is_ours(item.get("spec") or item))
        if not jobs:
            return
        self.world.has_manual_edits = True
        key = self.world.chance.choice(jobs)
        edit = self.world.chance.choice(["change", "change", "delete a job", "delete a pipeline"])
        if edit == "change":
            settings = {**resources["jobs"][key]["settings"], "max_concurrent_runs": 40}
            self.world.workspace.call("POST", "/api/2.2/jobs/reset", {"job_id": int(key), "new_settings": settings})
        elif edit == "delete a job":
            self.world.workspace.call("POST", "/api/2.2/jobs/delete", {"job_id": int(key)})
        elif pipelines:
            key = self.world.chance.choice(pipelines)
            self.world.workspace.call("DELETE", f"/api/2.0/pipelines/{key}")
        self.world.note(f"by hand: {edit} ({key})")

    def edit_a_file(self) -> None:
        """Edit or delete a deployed file, or put another beside it."""
        names = self.world.deployed()
        if not names:
            return
        folder = f"{BASE}/{self.world.chance.choice(names)}/files"
        files = sorted(self.world.workspace.snapshot(folder).files)
        if not files:
            return
        self.world.has_manual_edits = True
        path = self.world.chance.choice(files)
        edit = self.world.chance.choice(["edit", "delete", "add"])
        if edit == "delete":
            self.world.workspace.delete(path)
        else:
            self.world.workspace.write(path if edit == "edit" else f"{path}_added.py", b"BY_HAND = 1\n")
        self.world.note(f"by hand: {edit} {path}")

    def edit_between_plan_and_apply(self) -> None:
        """Change a resource after a deploy has planned, and was approved, and before the CLI applies that plan."""
        name = self.world.pick_domain()
        if name is None:
            return
        words = ("deploy", "--target", "prod", "--domain", name, *QUICK)
        shown = self.world.platform.scope(*words)
        self.world.note("deploy, before an edit", shown)
        if shown.exit_code == 3:
            words = (*words, *approve(self.world.platform))
        else:
            path = f"src/{name}/orders/base/facts.py"
            self.world.sandbox.append(path, f"EDIT_{self.world.next_number()} = 1\n")
            self.world.platform.push("Change")
        rule = self.world.workspace.hold("POST", under=f"{BASE}/{name}/state/scope.json", after_work=True)
        running = Running.start(self.world.platform, *words)
        wait_for("the attempt's record", lambda: not running.process.is_alive() or rule.state()["holding"])
        if self.world.chance.random() < 0.3:
            self.let_another_create_a_schema()
        else:
            self.edit_a_resource()
        rule.release()
        self.world.note("deploy, with an edit between plan and apply", running.finish())

    def recover(self) -> None:
        names = self.world.deployed()
        if names:
            self.recover_domain(self.world.chance.choice(names))

    def recover_domain(self, name: str) -> CliResult:
        arguments = ("recover", "--target", "prod", "--domain", name, "--yes")
        done = self.world.platform.scope(*arguments)
        self.world.note("recover", done)
        left = re.findall(r"--delete-id ([^\s,]+)", done.stderr)
        if done.exit_code == 3 and left:
            done = self.world.platform.scope(*arguments, *(word for leftover in left for word in ("--delete-id", leftover)))
            self.world.note("recover, leftovers deleted", done)
        # A deploy by hand created these and lost its state. Only a person can say whose they are, and here one does.
        notes = re.findall(r"^.*?: (\S+) (\S+) exists already.* import it: ", done.stderr, re.MULTILINE)
        lost = [key for key, name in notes if name not in self.world.others_schemas]
        if lost:
            done = self.world.platform.scope(*arguments, *(word for key in lost for word in ("--import", key)))
            self.world.note("recover, imported", done)
        return done


def _is_ours(fields: Mapping[str, Any]) -> bool:
    return str(fields.get("deployment", {}).get("metadata_file_path", "")).startswith(f"{BASE}/")
