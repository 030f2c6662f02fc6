"""What every CLI does in a stage, the double and the real one on the fake workspace alike."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from scope.adapters.bundle_cli import StagedCli
from scope.adapters.workspace import DatabricksWorkspace
from scope.deployment.state import FileState, parse_resources, read_state
from scope.errors import CliError, Fault
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, RemoteResource
from scope.workspace_ports import BundleCli, Workspace
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.fakes import InMemoryCli, InMemoryWorkspace

ROOT = "/Workspace/deploy/x/sales"
STATE, METADATA = f"{ROOT}/state", f"{ROOT}/state/metadata.json"
CREATE, SKIP, DELETE = ActionKind.CREATE, ActionKind.SKIP, ActionKind.DELETE
A, B = ResourceKey("jobs", "a"), ResourceKey("jobs", "b")
JOBS = {"a": "job a", "b": "job b"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A workspace, and the way to a fresh stage over it that defines some jobs, by key and name, and some files."""

    workspace: Workspace
    staged: Callable[[Mapping[str, str]], BundleCli]
    add_job: Callable[[str], RemoteResource]
    forbid: Callable[[str], None]

    def jobs(self) -> dict[str, str]:
        """Return the deployment's jobs in the workspace: ids by name."""
        return {item.name: item.id for item in self.workspace.resources_of(METADATA)}

    def ids(self) -> dict[str, str]:
        """Return what the workspace's state knows: ids by key."""
        return {key.name: resource_id for key, resource_id in read_state(self.workspace, STATE).resources.inventory.items()}


def in_memory() -> Subject:
    workspace = InMemoryWorkspace()
    return Subject(
        workspace,
        lambda jobs: InMemoryCli(workspace, ROOT, dict(jobs), ("src/a.py",)),
        lambda name: workspace.add_resource("jobs", name, METADATA),
        lambda path: workspace.failing.update({path: Fault.PERMISSION}),
    )


def real(fake: FakeWorkspace, cli: DatabricksCli, folder: Path) -> Subject:
    count = iter(range(100))

    def staged(jobs: Mapping[str, str]) -> BundleCli:
        stage = folder / f"stage{next(count)}"
        (stage / "src").mkdir(parents=True)
        (stage / "src" / "a.py").write_text("ROWS = 1\n")
        (stage / ".git").mkdir()
        (stage / ".gitignore").write_text(".databricks/\n")
        bundle = {
            "bundle": {"name": "x", "deployment": {"lock": {"enabled": False}}},
            "variables": {"domain": {"default": ""}},
            "sync": {"paths": ["src"]},
            "targets": {"prod": {"workspace": {"host": fake.url, "root_path": ROOT}}},
            "resources": {"jobs": {key: {"name": name} for key, name in jobs.items()}},
        }
        (stage / "databricks.yml").write_text(yaml.safe_dump(bundle))
        return StagedCli(cli.path, stage, "prod", "sales", folder / "log", cli.environment(fake))

    def add_job(name: str) -> RemoteResource:
        deployment = {"kind": "BUNDLE", "metadata_file_path": METADATA}
        answer = fake.call("POST", "/api/2.2/jobs/create", {"name": name, "deployment": deployment})
        return RemoteResource("jobs", str(answer["job_id"]), name)

    def forbid(path: str) -> None:
        fake.forbid(path)

    return Subject(DatabricksWorkspace(fake.url), staged, add_job, forbid)


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.cli)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "double":
        yield in_memory()
        return
    yield real(request.getfixturevalue("logged_in"), request.getfixturevalue("databricks_cli"), tmp_path)


def deploy(cli: BundleCli) -> None:
    cli.deploy(cli.plan())


def planned(cli: BundleCli) -> dict[str, ActionKind]:
    return {action.key.name: action.action for action in cli.plan().actions}


def classify_failure(call: Callable[[], object]) -> Fault:
    with pytest.raises(CliError) as caught:
        call()
    return caught.value.fault


def test_before_the_first_deploy_a_plan_makes_everything_and_writes_nothing(subject: Subject) -> None:
    cli = subject.staged(JOBS)
    plan = cli.plan()
    assert [(item.key, item.action, item.name) for item in plan.actions] == [
        (A, CREATE, "job a"),
        (B, CREATE, "job b"),
    ]
    assert plan.lineage is None
    assert subject.jobs() == {}
    assert subject.workspace.entries(f"{ROOT}/state") in {None, ()}


def test_a_deploy_makes_what_is_defined_uploads_the_files_and_says_so_in_both_state_files(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    assert set(subject.jobs()) == {"job a", "job b"}
    state = read_state(subject.workspace, STATE)
    assert state.resources.file_state is state.files.file_state is FileState.READABLE
    assert subject.ids() == {"a": subject.jobs()["job a"], "b": subject.jobs()["job b"]}
    assert (state.files.seq, state.files.local) == (1, {"src/a.py"})
    assert [entry.path for entry in subject.workspace.files(f"{ROOT}/files")] == [f"{ROOT}/files/src/a.py"]


def test_a_second_deploy_changes_no_resource_and_counts_on(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    before, made = read_state(subject.workspace, STATE), subject.jobs()
    cli = subject.staged(JOBS)
    assert planned(cli) == {"a": SKIP, "b": SKIP}
    deploy(cli)
    after = read_state(subject.workspace, STATE)
    assert subject.jobs() == made
    assert after.files.seq == 2
    assert (after.resources.lineage, after.resources.inventory) == (before.resources.lineage, before.resources.inventory)
    assert after.resources.serial is not None
    assert before.resources.serial is not None
    assert after.resources.serial >= before.resources.serial


def test_a_stage_knows_the_workspaces_state_after_a_plan(subject: Subject) -> None:
    assert subject.staged(JOBS).state_file() is None
    deploy(subject.staged(JOBS))
    cli = subject.staged(JOBS)
    plan = cli.plan()
    state = parse_resources(cli.state_file())
    assert state.inventory == {ResourceKey("jobs", key): one for key, one in subject.ids().items()}
    assert (plan.lineage, plan.serial) == (state.lineage, state.serial)


def test_what_is_not_defined_any_more_is_deleted(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    cli = subject.staged({"a": "job a"})
    assert planned(cli) == {"a": SKIP, "b": DELETE}
    deploy(cli)
    assert set(subject.jobs()) == {"job a"}
    assert set(subject.ids()) == {"a"}


def test_what_somebody_has_deleted_is_made_again(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    gone = subject.jobs()["job b"]
    subject.workspace.delete_resource(RemoteResource("jobs", gone, "job b"))
    cli = subject.staged(JOBS)
    assert planned(cli) == {"a": SKIP, "b": CREATE}
    deploy(cli)
    assert set(subject.jobs()) == {"job a", "job b"}
    assert subject.ids()["b"] == subject.jobs()["job b"] != gone


def test_the_deletion_of_what_is_gone_already_says_so(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    subject.workspace.delete_resource(RemoteResource("jobs", subject.jobs()["job b"], "job b"))
    plan = subject.staged({"a": "job a"}).plan()
    assert [(item.key, item.action, item.is_gone) for item in plan.actions] == [
        (A, SKIP, False),
        (B, DELETE, True),
    ]


def test_what_is_bound_is_not_made_again(subject: Subject) -> None:
    orphan = subject.add_job("job a")
    cli = subject.staged(JOBS)
    cli.bind(A, orphan.id)
    assert planned(cli)["a"] is not CREATE
    deploy(cli)
    assert subject.jobs()["job a"] == orphan.id
    assert len(subject.workspace.resources_of(METADATA)) == 2


def test_only_what_is_there_is_bound_and_only_under_a_key_that_is_defined_and_free(subject: Subject) -> None:
    cli = subject.staged(JOBS)
    assert classify_failure(lambda: cli.bind(A, "17")) is Fault.MISSING
    orphan = subject.add_job("job c")
    with pytest.raises(CliError):
        cli.bind(ResourceKey("jobs", "c"), orphan.id)
    cli.bind(A, orphan.id)
    other = subject.add_job("job a")
    assert classify_failure(lambda: subject.staged(JOBS).bind(A, other.id)) is Fault.ALREADY_EXISTS


def test_a_stage_goes_by_its_own_state_where_the_workspace_has_none(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    state = subject.workspace.read(f"{STATE}/resources.json")
    assert state is not None
    subject.workspace.delete(STATE, recursive=True)
    assert planned(subject.staged(JOBS)) == {"a": CREATE, "b": CREATE}
    cli = subject.staged(JOBS)
    cli.seed_state(state)
    assert cli.state_file() == state
    assert planned(cli) == {"a": SKIP, "b": SKIP}
    assert subject.workspace.read(f"{STATE}/resources.json") is None


def test_a_stage_that_defines_nothing_deletes_everything_and_leaves_an_empty_state(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    cli = subject.staged({})
    assert planned(cli) == {"a": DELETE, "b": DELETE}
    deploy(cli)
    assert subject.jobs() == {}
    assert read_state(subject.workspace, STATE).resources.inventory == {}


def test_a_plan_of_an_older_state_is_refused_and_nothing_of_it_is_applied(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    cli = subject.staged({"a": "job a"})
    plan = cli.plan()
    deploy(subject.staged({**JOBS, "c": "job c"}))
    assert classify_failure(lambda: cli.deploy(plan)) is Fault.STALE_PLAN
    assert set(subject.jobs()) == {"job a", "job b", "job c"}


def test_what_a_plan_leaves_alone_is_left_alone_whatever_became_of_it_since(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    cli = subject.staged({**JOBS, "c": "job c"})
    plan = cli.plan()
    subject.workspace.delete_resource(RemoteResource("jobs", subject.jobs()["job b"], "job b"))
    cli.deploy(plan)
    assert set(subject.jobs()) == {"job a", "job c"}


def test_a_plan_without_a_state_is_applied_whatever_is_there(subject: Subject) -> None:
    """The controller must look itself whether there is a state by now."""
    cli = subject.staged(JOBS)
    plan = cli.plan()
    deploy(subject.staged(JOBS))
    cli.deploy(plan)
    assert len(subject.workspace.resources_of(METADATA)) == 4


def test_a_refusal_of_the_workspace_has_its_class_and_nothing_was_made(subject: Subject) -> None:
    subject.forbid(f"{ROOT}/files")
    assert classify_failure(lambda: deploy(subject.staged(JOBS))) is Fault.PERMISSION
    assert subject.jobs() == {}


def edit_by_hand(subject: Subject) -> None:
    subject.workspace.write(f"{ROOT}/files/src/a.py", b"BY_HAND = 1\n")


def is_edited(subject: Subject) -> bool:
    return subject.workspace.read(f"{ROOT}/files/src/a.py") == b"BY_HAND = 1\n"


def test_a_stage_tells_its_plain_files_by_their_content(subject: Subject) -> None:
    cli = subject.staged(JOBS)
    files = cli.staged_files(["src/a.py", "src/none.py", "src"])
    assert files.keys() == {"src/a.py"}
    assert files == cli.staged_files(["src/a.py"])
    deploy(cli)
    content = subject.workspace.read(f"{ROOT}/files/src/a.py")
    assert content is not None
    assert (files["src/a.py"].digest, files["src/a.py"].size) == (hashlib.sha256(content).hexdigest(), len(content))


@pytest.mark.parametrize("hides_values", [False, True])
def test_a_file_that_is_kept_is_not_uploaded_and_stays_listed(subject: Subject, *, hides_values: bool) -> None:
    deploy(subject.staged(JOBS))
    edit_by_hand(subject)
    cli = subject.staged(JOBS)
    plan = cli.plan()
    assert cli.keep(cli.staged_files(["src/a.py"])) == {"src/a.py"}
    cli.deploy(replace(plan, hides_values=hides_values))
    assert is_edited(subject)
    files = read_state(subject.workspace, STATE).files
    assert (files.seq, files.local) == (2, {"src/a.py"})


def test_what_nobody_keeps_is_uploaded(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    edit_by_hand(subject)
    cli = subject.staged(JOBS)
    plan = cli.plan()
    assert cli.keep({}) == set()
    cli.deploy(plan)
    assert not is_edited(subject)


def test_what_was_to_be_kept_is_uploaded_after_that_was_forgotten(subject: Subject) -> None:
    deploy(subject.staged(JOBS))
    edit_by_hand(subject)
    cli = subject.staged(JOBS)
    cli.plan()
    cli.keep(cli.staged_files(["src/a.py"]))
    cli.forget_uploads()
    deploy(cli)
    assert not is_edited(subject)
    edit_by_hand(subject)
    cli.forget_uploads()
    deploy(cli)
    assert not is_edited(subject)


def test_what_was_never_uploaded_is_not_kept(subject: Subject) -> None:
    cli = subject.staged(JOBS)
    plan = cli.plan()
    assert cli.keep(cli.staged_files(["src/a.py"])) == set()
    cli.deploy(plan)
    assert subject.workspace.read(f"{ROOT}/files/src/a.py") is not None
