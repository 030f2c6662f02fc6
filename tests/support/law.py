"""Random sequences of events in a platform: commits, deploys, faults, manual changes. A seed repeats each."""

import json
import random
import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.builders import domain, job_fields, resource_module, resource_yaml, source
from tests.support.cli import CliResult
from tests.support.deploying import BASE, Platform, finished
from tests.support.killing import run_and_kill

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# How many reconciles it may take to bring the target to the head: each shows what needs approval or recovery next.
_ROUNDS = 9
_KINDS = ("jobs", "pipelines", "schemas", "volumes")
STRANGER = "stranger@example.com"
_QUICK = ("--retry-seconds", "3", "--lock-timeout", "0")


class Scenario:
    """One platform and the random events that it goes through. `log` is what happened so far, for a failing test."""

    def __init__(self, platform: Platform, chance: random.Random) -> None:
        self.platform = platform
        self.chance = chance
        self.log: list[str] = []
        self.foreign: set[str] = set()
        self._number = 0

    def note(self, words: str, result: CliResult | None = None) -> None:
        self.log.append(words if result is None else f"{words}\n{result}")

    @property
    def domains(self) -> list[str]:
        """The domains in the work tree; a wheel that was built there by hand is none."""
        return sorted(
            path.parent.name for path in self.platform.sandbox.root.glob("src/*/__init__.py") if path.parent.name != "common"
        )

    def play_event(self) -> None:
        """Play one random event."""
        events: dict[Callable[[], None], int] = {
            self.commit: 6,
            self.deploy: 2,
            self.deploy_with_a_killed_cli: 3,
            self.deploy_killed: 3,
            self.deploy_with_lost_answers: 2,
            self.deploy_with_errors: 2,
            self.two_deploys_at_once: 1,
            self.deploy_an_older_commit: 2,
            self.revert: 1,
            self.lose_state: 2,
            self.deploy_by_hand: 2,
            self.recover: 1,
            self.let_another_create_a_schema: 1,
        }
        self.chance.choices(list(events), list(events.values()))[0]()
        self.platform.workspace.clear_rules()

    # Commits

    def commit(self) -> None:
        """Change something, and push it."""
        changes = (
            self._edit, self._edit, self._add_file, self._delete_file, self._change_job, self._add_job, self._remove_job,
            self._add_domain, self._remove_domain, self._change_shared, self._toggle_schema, self._edit_docs,
        )  # fmt: skip
        for _ in range(self.chance.randint(1, 2)):
            change = self.chance.choice(changes)
            self.note(f"{change.__name__}: {change()}")
        self.platform.push("Change")

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _domain(self) -> str | None:
        return self.chance.choice(self.domains) if self.domains else None

    def _edit(self) -> str:
        name = self._domain()
        if name is None:
            return self._add_domain()
        path = f"src/{name}/orders/base/facts.py"
        self.platform.sandbox.append(path, f"EDIT_{self._next()} = 1\n")
        return path

    def _add_file(self) -> str:
        path = f"src/{self._domain() or 'common'}/extra_{self._next()}.py"
        self.platform.sandbox.write(path, "EXTRA = 1\n")
        return path

    def _delete_file(self) -> str:
        extra = sorted(self.platform.sandbox.root.glob("src/*/extra_*.py"))
        if not extra:
            return "nothing"
        path = str(self.chance.choice(extra).relative_to(self.platform.sandbox.root))
        self.platform.sandbox.delete(path)
        return path

    def _job(self, name: str, key: str, runs: int) -> None:
        fields = {**job_fields(key, f"{name}_orders_final_facts_pipeline"), "max_concurrent_runs": runs}
        path = f"resources/{name}/orders/jobs/{key}.py"
        self.platform.sandbox.write(path, resource_module("job", f"{name}_{key}_job", fields))

    def _extra_jobs(self) -> list[Path]:
        return sorted(self.platform.sandbox.root.glob("resources/*/orders/jobs/extra_*.py"))

    def _change_job(self) -> str:
        jobs = self._extra_jobs()
        if not jobs:
            return self._add_job()
        path = self.chance.choice(jobs)
        self._job(path.parts[-4], path.stem, self.chance.randint(1, 9))
        return path.name

    def _add_job(self) -> str:
        name = self._domain()
        if name is None:
            return "nothing"
        key = f"extra_{self._next()}"
        self._job(name, key, 1)
        return f"{name}/{key}"

    def _remove_job(self) -> str:
        jobs = self._extra_jobs()
        if not jobs:
            return "nothing"
        path = str(self.chance.choice(jobs).relative_to(self.platform.sandbox.root))
        self.platform.sandbox.delete(path)
        return path

    def _add_domain(self) -> str:
        name = self.chance.choice(["sales", "sales_eu", "ads"])
        if name not in self.domains:
            self.platform.sandbox.write_all(domain(name))
        return name

    def _remove_domain(self) -> str:
        if len(self.domains) < 2:
            return "nothing"
        name = self.chance.choice(self.domains)
        shutil.rmtree(self.platform.sandbox.path(f"src/{name}"))
        shutil.rmtree(self.platform.sandbox.path(f"resources/{name}"))
        return name

    def _change_shared(self) -> str:
        self.platform.sandbox.append("src/common/money.py", f"EDIT_{self._next()} = 1\n")
        name = self._domain()
        if name is not None:
            self.platform.sandbox.write_all(source(name, "orders", imports=["common.money"]))
        return str(name)

    def _toggle_schema(self) -> str:
        name = self._domain()
        if name is None:
            return "nothing"
        path = f"resources/{name}/orders/schema.yml"
        if self.platform.sandbox.path(path).exists():
            self.platform.sandbox.delete(path)
        else:
            fields = {"name": "orders", "catalog_name": name}
            self.platform.sandbox.write(path, resource_yaml("schemas", f"{name}_orders", fields))
        return path

    def _edit_docs(self) -> str:
        self.platform.sandbox.write("docs/note.md", f"{self._next()}\n")
        return "docs/note.md"

    def _older_commit(self) -> str:
        # The first commit has no host yet.
        return self.chance.choice(self.platform.sandbox.git("rev-list", "HEAD").splitlines()[:-1])

    def revert(self) -> None:
        """Commit an older tree again."""
        commit = self._older_commit()
        self.platform.sandbox.git("rm", "--quiet", "-r", "--ignore-unmatch", ".")
        self.platform.sandbox.git("checkout", "--quiet", commit, "--", ".")
        self.platform.push("Revert")
        self.note(f"reverted to the tree of {commit[:9]}")

    # Deploys

    def deploy(self) -> None:
        self.note("deploy", self.platform.deploy(*_QUICK, *self._maybe_prune()))

    def _maybe_prune(self) -> tuple[str, ...]:
        return ("--prune",) if self.chance.random() < 0.5 else ()

    def deploy_with_a_killed_cli(self) -> None:
        after = self.chance.randint(0, 60)
        self.platform.workspace.kill(skip=after, after_work=self.chance.random() < 0.5)
        retry = self.chance.choice(["0", "3"])
        self.note(
            f"deploy, CLI killed at request {after}",
            self.platform.deploy("--retry-seconds", retry, "--lock-timeout", "0", "--prune"),
        )

    def deploy_killed(self) -> None:
        """Kill scope and all its children at a random request, as a runner that disappears would."""
        number = self.chance.randint(1, 91)
        after_work = self.chance.random() < 0.5
        result = run_and_kill(self.platform, number, "deploy", "--target", "prod", *_QUICK, "--prune", after_work=after_work)
        self.note(f"deploy, all killed at request {number}", result)

    def deploy_with_lost_answers(self) -> None:
        after = self.chance.randint(0, 20)
        self.platform.workspace.lose_answer("POST", "/api/*", skip=after, times=self.chance.randint(1, 3))
        self.note(f"deploy, answers lost after {after} writes", self.platform.deploy(*_QUICK, "--prune"))

    def deploy_with_errors(self) -> None:
        status = self.chance.choice([429, 500, 502, 503, 504])
        after, times = self.chance.randint(0, 60), self.chance.randint(1, 4)
        is_after = self.chance.random() < 0.5
        self.platform.workspace.fail("", "/api/*", status, skip=after, times=times, after_work=is_after)
        self.note(f"deploy, {times} x {status} after {after} requests", self.platform.deploy(*_QUICK, "--prune"))

    def two_deploys_at_once(self) -> None:
        both = [self.platform.start("deploy", "--target", "prod", *_QUICK) for _ in range(2)]
        for process in both:
            self.note("one of two deploys at once", finished(process))

    def deploy_an_older_commit(self) -> None:
        commit = self._older_commit()
        self.platform.sandbox.git("checkout", "--quiet", "--detach", commit)
        self.note(f"deploy of {commit[:9]}, which may be older", self.platform.deploy(*_QUICK))
        self.platform.sandbox.git("checkout", "--quiet", "main")

    # Manual changes

    def _deployed(self) -> list[str]:
        folders = self.platform.workspace.snapshot(BASE).folders
        return sorted({path.removeprefix(f"{BASE}/").split("/")[0] for path in folders if path.startswith(f"{BASE}/")})

    def lose_state(self) -> None:
        names = self._deployed()
        if not names:
            return
        name = self.chance.choice(names)
        files = ["resources.json", "deployment.json", "scope.json", "metadata.json", "deploy.lock"]
        if self.chance.random() < 0.2:
            self.platform.workspace.delete(f"{BASE}/{name}/state")
            self.note(f"the whole state of {name} deleted")
            return
        path = f"{BASE}/{name}/state/{self.chance.choice(files)}"
        content = self.platform.workspace.read(path)
        if content is None:
            self.note(f"{path} isn't there to be lost")
        elif self.chance.random() < 0.5:
            self.platform.workspace.delete(path)
            self.note(f"{path} deleted")
        else:
            self.platform.workspace.write(path, content[: len(content) // 2])
            self.note(f"{path} truncated")

    def deploy_by_hand(self) -> None:
        """Deploy with the plain CLI from the checkout, with the permit, and perhaps get killed meanwhile."""
        name = self._domain()
        if name is None:
            return
        self.platform.sandbox.append(f"src/{name}/orders/base/facts.py", "BY_HAND = 1\n")
        if self.chance.random() < 0.4:
            self.platform.workspace.kill(skip=self.chance.randint(0, 60), after_work=self.chance.random() < 0.5)
        done = self.platform.deploy_by_hand(name)
        self.platform.sandbox.git("checkout", "--quiet", "--", ".")
        self.note(f"{name} deployed by hand", done)

    def let_another_create_a_schema(self) -> None:
        """Have somebody else create a schema that a domain defines now, or may define later."""
        name = self._domain()
        if name is None or f"{name}.orders" in self.platform.workspace.snapshot().resources.get("schemas", {}):
            return
        fields = {"name": "orders", "catalog_name": name}
        self.platform.workspace.call("POST", "/api/2.1/unity-catalog/schemas", fields)
        self.platform.workspace.set_creator(f"{name}.orders", STRANGER)
        self.foreign.add(f"{name}.orders")
        self.note(f"somebody else created {name}.orders")

    def recover(self) -> None:
        names = self._deployed()
        if names:
            self._recover(self.chance.choice(names))

    def _recover(self, name: str) -> CliResult:
        arguments = ("recover", "--target", "prod", "--domain", name, "--yes")
        done = self.platform.scope(*arguments)
        self.note("recover", done)
        left = re.findall(r"--delete-id ([^\s,]+)", done.stderr)
        if done.exit_code == 3 and left:
            done = self.platform.scope(*arguments, *(word for leftover in left for word in ("--delete-id", leftover)))
            self.note("recover, leftovers deleted", done)
        # A deploy by hand created these and lost its state. Only a person can say whose they are, and here one does.
        lost = re.findall(r"--import (\S+)", done.stderr)
        if lost:
            done = self.platform.scope(*arguments, *(word for key in lost for word in ("--import", key)))
            self.note("recover, imported", done)
        return done

    # The end

    def settle(self) -> None:
        """Reconcile undisturbed, recover where a run asks for it, and approve what it shows."""
        self.platform.workspace.clear_rules()
        approvals: list[str] = []
        for _ in range(_ROUNDS):
            words = [word for digest in approvals for word in ("--approve-destructive", digest)]
            done = self.platform.scope("reconcile", "--target", "prod", "--prune", "--lock-timeout", "0", *words)
            self.note("reconcile, undisturbed", done)
            if done.exit_code == 0:
                return
            for item in self.platform.results().values():
                if item["digest"]:
                    approvals.append(item["digest"])
                elif item["message"] and f"created by {STRANGER}" in item["message"]:
                    self._give_way(item["domain"])
                elif item["message"] and "looks like a move" in item["message"]:
                    self._declare_no_move(item["message"])
                elif item["message"] and "scope recover" in item["message"]:
                    self._recover(item["domain"])
        raise AssertionError("It doesn't settle.")

    def _give_way(self, name: str) -> None:
        """Commit that a domain doesn't define the schema that somebody else has."""
        self.platform.sandbox.delete(f"resources/{name}/orders/schema.yml")
        self.platform.push("Leave that schema to its owner")

    def _declare_no_move(self, message: str) -> None:
        """Commit that what looks like a move is none: here, domains come and go without any being another."""
        path = self.platform.sandbox.path("moves.toml")
        declared = tomllib.loads(path.read_text())["moves"] if path.exists() else []
        sources = re.findall(r'^  "(\S+) -> \S+",$', message, re.MULTILINE)
        lines = sorted({*declared, *(f"{source} -> nowhere" for source in sources)})
        self.platform.sandbox.write("moves.toml", f"moves = {json.dumps(lines)}\n")
        self.platform.push("Say what is no move")

    def _theirs(self) -> set[str]:
        """Return the schemas that somebody else created and still has: none of our states knows them."""
        schemas = self.platform.workspace.snapshot().resources.get("schemas", {})
        states = (self.platform.workspace.read(f"{BASE}/{name}/state/resources.json") or b"" for name in self._deployed())
        ours = b"".join(states)
        return {
            name for name, item in schemas.items() if item["created_by"] == STRANGER and f'"{name}"'.encode() not in ours
        }

    def check(self) -> None:
        """Assert the law: the workspace equals a fresh full deploy of the head, and every record says so."""
        status = self.platform.scope("status", "--target", "prod", "--verify", "--format", "json", "--detailed-exitcode")
        self.note("status", status)
        assert status.exit_code == 0
        assert {item["domain"] for item in status.json["domains"]} == set(self.domains)
        assert all(item["locked_by"] is None for item in status.json["domains"])
        fresh = Platform(self.platform.sandbox, self.platform.workspace.other(), self.platform.cli)
        done = fresh.deploy()
        self.note("a fresh full deploy elsewhere", done)
        assert done.exit_code == 0
        assert self._theirs() == self.foreign, "what wasn't ours was deleted or taken"
        assert held(self.platform, self.foreign) == held(fresh)
        for name in self.domains:
            state = json.loads(self.platform.workspace.read(f"{BASE}/{name}/state/resources.json") or b"{}")
            ids = {
                entry["__id__"]
                for key, entry in state["state"].items()
                if key.split(".")[1] in {"jobs", "pipelines"} and key.count(".") == 2
            }
            assert ids == owned_ids(self.platform, name), f"{name}'s state and what belongs to it differ"


Held = tuple[dict[str, bytes], dict[str, list[str]]]


def held(platform: Platform, foreign: "Collection[str]" = ()) -> Held:
    """Return the deployed files and resources of a workspace, without ids and times, which differ in any other.

    Schemas that others created are left out.
    """
    snapshot = platform.workspace.snapshot()
    files = {
        path: content
        for path, content in snapshot.below(BASE).items()
        if path.split("/")[1] == "files" and not path.split("/")[0].startswith(".")
    }
    names: dict[str, str] = {}
    for kind in _KINDS:
        for resource_id, item in snapshot.resources.get(kind, {}).items():
            names[str(resource_id)] = f"<{kind} {_fields(item).get('name', '')}>"
    resources: dict[str, list[str]] = {}
    for kind in _KINDS:
        items = snapshot.resources.get(kind, {}).items()
        resources[kind] = sorted(_plain(item, names) for key, item in items if kind != "schemas" or key not in foreign)
    return files, resources


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    return item.get("settings") or item.get("spec") or item


def _plain(item: dict[str, Any], names: dict[str, str]) -> str:
    text = json.dumps(_fields(item), sort_keys=True)
    for resource_id, name in names.items():
        text = text.replace(f'"{resource_id}"', f'"{name}"')
    text = re.sub(r'"(created_at|updated_at|schema_id|volume_id)": [^,}]*', r'"\1": 0', text)
    # Where the workspace puts what is in a managed volume.
    return re.sub(r'"storage_location": "[^"]*/volumes/[^"]*"', '"storage_location": ""', text)


def owned_ids(platform: Platform, name: str) -> set[str]:
    """Return the ids of the jobs and pipelines that say they belong to a domain's deployment in prod."""
    path = f"{BASE}/{name}/state/metadata.json"
    resources = platform.workspace.snapshot().resources
    return {
        str(resource_id)
        for kind in ("jobs", "pipelines")
        for resource_id, item in resources.get(kind, {}).items()
        if _fields(item).get("deployment", {}).get("metadata_file_path") == path
    }
