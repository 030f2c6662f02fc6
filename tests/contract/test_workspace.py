"""What every workspace does, the double and the real adapter on the fake workspace alike."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from scope.adapters.named_kinds import DELETERS
from scope.adapters.workspace import DatabricksWorkspace
from scope.errors import Fault, RemoteError
from scope.workspace_model import RemoteEntry, RemoteKind, RemoteResource
from scope.workspace_ports import Workspace
from tests.support.fake_workspace import FakeWorkspace
from tests.support.fakes import InMemoryWorkspace

ROOT = "/Workspace/deploy/x"
METADATA = f"{ROOT}/state/metadata.json"


@dataclass(frozen=True, slots=True)
class Subject:
    """A workspace, and ways to bring it into a state that the port can't."""

    port: Workspace
    add_resource: Callable[[str, str, str], RemoteResource]
    set_active: Callable[[RemoteResource], None]
    forbid: Callable[[str], None]
    add_named: Callable[[str, str], str]


def ids(subject: Subject, kind: str, name: str) -> tuple[str, ...]:
    return tuple(resource.id for resource in subject.port.named(kind, name) or ())


def in_memory() -> Subject:
    double = InMemoryWorkspace()
    return Subject(
        double,
        double.add_resource,
        double.running.add,
        lambda path: double.failing.update({path: Fault.PERMISSION}),
        lambda kind, name: double.add_named(kind, name).id,
    )


def real(fake: FakeWorkspace) -> Subject:
    def add_resource(kind: str, name: str, metadata_path: str) -> RemoteResource:
        path, field = {
            "jobs": ("/api/2.2/jobs/create", "job_id"),
            "pipelines": ("/api/2.0/pipelines", "pipeline_id"),
        }[kind]
        deployment = {"kind": "BUNDLE", "metadata_file_path": metadata_path}
        answer = fake.call("POST", path, {"name": name, "deployment": deployment})
        return RemoteResource(kind, str(answer[field]), name)

    def set_active(resource: RemoteResource) -> None:
        if resource.kind == "jobs":
            fake.set_active(job_id=int(resource.id))
        else:
            fake.set_active(pipeline_id=resource.id)

    def add_named(kind: str, name: str) -> str:
        folder, _, last = name.rpartition("/")
        if folder:
            fake.call("POST", "/api/2.0/workspace/mkdirs", {"path": folder})
        parts = dict(zip(("catalog_name", "schema_name", "name"), name.split("."), strict=False))
        path, body, field = {
            "schemas": (
                "2.1/unity-catalog/schemas",
                {"catalog_name": parts["catalog_name"], "name": last.rpartition(".")[2]},
                "full_name",
            ),
            "volumes": ("2.1/unity-catalog/volumes", {**parts, "volume_type": "MANAGED"}, "full_name"),
            "registered_models": ("2.1/unity-catalog/models", parts, "full_name"),
            "dashboards": ("2.0/lakeview/dashboards", {"parent_path": folder, "display_name": last}, "dashboard_id"),
            "alerts": ("2.0/alerts", {"parent_path": folder, "display_name": last}, "id"),
            "experiments": ("2.0/mlflow/experiments/create", {"name": name}, "experiment_id"),
            "secret_scopes": ("2.0/secrets/scopes/create", {"scope": name}, ""),
            "model_serving_endpoints": ("2.0/serving-endpoints", {"name": name}, "name"),
            "apps": ("2.0/apps", {"name": name}, "name"),
            "sql_warehouses": ("2.0/sql/warehouses", {"name": name}, "id"),
            "clusters": ("2.1/clusters/create", {"cluster_name": name}, "cluster_id"),
        }[kind]
        answer = fake.call("POST", f"/api/{path}", body)
        return str(answer[field]) if field else name

    def forbid(path: str) -> None:
        fake.forbid(path)

    return Subject(DatabricksWorkspace(fake.url), add_resource, set_active, forbid, add_named)


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.cli)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "double":
        yield in_memory()
        return
    yield real(request.getfixturevalue("logged_in"))


def classify_failure(call: Callable[[], object]) -> Fault:
    with pytest.raises(RemoteError) as caught:
        call()
    return caught.value.fault


def test_a_file_is_read_as_it_was_written(subject: Subject) -> None:
    subject.port.make_folder(ROOT)
    path = f"{ROOT}/a #?%é.json"
    subject.port.write(path, b"one")
    subject.port.write(path, b"two\0")
    assert subject.port.read(path) == b"two\0"


def test_some_files_of_a_folder_are_read_together(subject: Subject) -> None:
    subject.port.make_folder(f"{ROOT}/state/c")
    for name in ("a", "b", "c/d"):
        subject.port.write(f"{ROOT}/state/{name}", f"{name}\0".encode())
    for _ in range(2):
        assert subject.port.read_files(f"{ROOT}/state", {"a", "c", "d", "none"}) == {"a": b"a\0"}
        assert subject.port.read_files(f"{ROOT}/none", {"a"}) == {}
    subject.port.delete(f"{ROOT}/state/a")
    subject.port.write(f"{ROOT}/state/b", b"two")
    assert subject.port.read_files(f"{ROOT}/state", {"a", "b"}) == {"b": b"two"}


def test_what_is_not_there_is_an_answer(subject: Subject) -> None:
    assert subject.port.read(f"{ROOT}/none") is None
    assert subject.port.entries(f"{ROOT}/none") is None
    assert subject.port.files(f"{ROOT}/none") == ()
    assert subject.port.delete(f"{ROOT}/none") is False


def test_nothing_is_written_into_a_folder_that_is_not_there(subject: Subject) -> None:
    assert classify_failure(lambda: subject.port.write("/Workspace/nowhere/a", b"")) is Fault.MISSING
    assert classify_failure(lambda: subject.port.create("/Workspace/nowhere/a", b"")) is Fault.MISSING


def test_of_many_that_make_one_file_exactly_one_wins_and_its_content_stays(subject: Subject) -> None:
    subject.port.make_folder(ROOT)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: subject.port.create(f"{ROOT}/lock", b"%d" % number), range(8)))
    assert sum(won) == 1
    assert subject.port.read(f"{ROOT}/lock") == b"%d" % won.index(True)


def test_a_folder_is_made_twice_without_complaint_and_goes_with_what_is_in_it(subject: Subject) -> None:
    subject.port.make_folder(f"{ROOT}/state")
    subject.port.make_folder(f"{ROOT}/state")
    subject.port.write(f"{ROOT}/state/a", b"")
    assert classify_failure(lambda: subject.port.delete(f"{ROOT}/state")) is Fault.INVALID
    assert subject.port.delete(f"{ROOT}/state", recursive=True) is True
    assert subject.port.entries(ROOT) == ()


def test_look_alikes_of_a_deleted_folder_stay(subject: Subject) -> None:
    for folder in (f"{ROOT}/sales", f"{ROOT}/sales_eu"):
        subject.port.make_folder(folder)
        subject.port.write(f"{folder}/a", b"")
    subject.port.delete(f"{ROOT}/sales", recursive=True)
    assert subject.port.files(ROOT) == (RemoteEntry(f"{ROOT}/sales_eu/a", RemoteKind.FILE),)


def test_a_folder_is_listed_one_level_deep_and_its_files_at_any_depth(subject: Subject) -> None:
    subject.port.make_folder(f"{ROOT}/b/c")
    subject.port.write(f"{ROOT}/a", b"")
    subject.port.write(f"{ROOT}/b/c/d", b"")
    assert subject.port.entries(ROOT) == (
        RemoteEntry(f"{ROOT}/a", RemoteKind.FILE),
        RemoteEntry(f"{ROOT}/b", RemoteKind.FOLDER),
    )
    assert [entry.path for entry in subject.port.files(ROOT)] == [f"{ROOT}/a", f"{ROOT}/b/c/d"]


def test_a_listing_tells_how_long_a_file_is_and_another_time_once_it_was_written_again(subject: Subject) -> None:
    subject.port.make_folder(ROOT)
    times = list[int | None]()
    for content in (b"x = 1\n", b"x = 2\n", b"x = 2\n"):
        time.sleep(0.01)  # the real one's clock ticks in milliseconds
        subject.port.write(f"{ROOT}/a", content)
        (entry,), (file,) = subject.port.entries(ROOT) or (), subject.port.files(ROOT)
        assert (entry.modified_at, entry.size) == (file.modified_at, 6)
        times.append(entry.modified_at)
    assert None not in times
    assert len(set(times)) == len(times)


def test_resources_are_found_by_the_deployment_they_name(subject: Subject) -> None:
    mine = [subject.add_resource(kind, f"sales {kind}", METADATA) for kind in ("jobs", "pipelines")]
    subject.add_resource("jobs", "sales jobs", f"{ROOT}_eu/state/metadata.json")
    subject.add_resource("pipelines", "sales pipelines", f"{ROOT}_eu/state/metadata.json")
    assert subject.port.resources_of(METADATA) == tuple(sorted(mine))
    assert subject.port.resources_of(METADATA, frozenset({"sales jobs"})) == (mine[0],)
    assert subject.port.resources_of(METADATA, frozenset({"sales%"})) == ()
    assert subject.port.resources_of(METADATA, frozenset()) == ()


def test_what_belongs_to_any_deployment_of_a_target_is_found_with_the_place_it_names(subject: Subject) -> None:
    mine = [subject.add_resource(kind, "x", f"{ROOT}/{kind}/state/metadata.json") for kind in ("jobs", "pipelines")]
    subject.add_resource("jobs", "x", f"{ROOT}_eu/jobs/state/metadata.json")
    assert subject.port.owned_below(ROOT) == tuple((f"{ROOT}/{item.kind}/state/metadata.json", item) for item in mine)


def test_a_name_with_quotes_is_only_a_name(subject: Subject) -> None:
    mine = subject.add_resource("pipelines", "it's 100%_sure", METADATA)
    assert subject.port.resources_of(METADATA, frozenset({"it's 100%_sure"})) == (mine,)


def test_a_resource_is_deleted_once(subject: Subject) -> None:
    for kind in ("jobs", "pipelines"):
        resource = subject.add_resource(kind, "sales", METADATA)
        assert subject.port.delete_resource(resource) is True
        assert subject.port.resources_of(METADATA) == ()


def test_what_runs_is_told_apart_from_what_does_not(subject: Subject) -> None:
    resources = [subject.add_resource(kind, name, METADATA) for kind in ("jobs", "pipelines") for name in ("a", "b")]
    subject.set_active(resources[0])
    subject.set_active(resources[3])
    assert subject.port.active(resources) == (resources[0], resources[3])


NAMED = {
    "schemas": "finance.stripe",
    "volumes": "finance.stripe.landing",
    "registered_models": "finance.stripe.churn",
    "dashboards": "/Workspace/deploy/x/resources/sales",
    "alerts": "/Workspace/deploy/x/resources/late",
    "experiments": "/Shared/churn",
    "secret_scopes": "finance",
    "model_serving_endpoints": "churn",
    "apps": "front",
    "sql_warehouses": "small",
    "clusters": "own",
}


@pytest.mark.parametrize("kind", NAMED)
def test_what_has_a_name_of_its_own_is_found_by_it_and_deleted_once(subject: Subject, kind: str) -> None:
    name = NAMED[kind]
    assert subject.port.named(kind, name) == ()
    resource_id = subject.add_named(kind, name)
    assert ids(subject, kind, name) == (resource_id,)
    assert subject.port.named(kind, name[:-1]) == ()
    if kind in DELETERS:
        assert subject.port.delete_resource(RemoteResource(kind, resource_id, name)) is True
        assert subject.port.named(kind, name) == ()


def test_a_schema_with_something_in_it_goes_only_by_force(subject: Subject) -> None:
    schema = RemoteResource("schemas", subject.add_named("schemas", "finance.stripe"), "finance.stripe")
    subject.add_named("volumes", "finance.stripe.landing")
    assert classify_failure(lambda: subject.port.delete_resource(schema)) is Fault.INVALID
    assert subject.port.delete_resource(schema, force=True) is True
    assert subject.port.named("volumes", "finance.stripe.landing") == ()


def test_a_kind_that_nobody_has_thought_of_is_not_deleted(subject: Subject) -> None:
    assert classify_failure(lambda: subject.port.delete_resource(RemoteResource("planets", "1", "x"))) is Fault.INVALID


def test_jobs_are_not_found_by_a_name_that_anybody_may_give(subject: Subject) -> None:
    assert subject.port.named("jobs", "sales") is None


def test_a_name_cannot_lead_to_another_place(subject: Subject) -> None:
    subject.add_named("schemas", "finance.stripe")
    assert subject.port.named("volumes", "../schemas/finance.stripe") == ()


def test_a_refusal_is_of_its_own_class(subject: Subject) -> None:
    subject.port.make_folder(f"{ROOT}/state")
    subject.forbid(f"{ROOT}/state")
    assert classify_failure(lambda: subject.port.read(f"{ROOT}/state/a")) is Fault.PERMISSION
    assert classify_failure(lambda: subject.port.read_files(f"{ROOT}/state", {"a"})) is Fault.PERMISSION
    assert classify_failure(lambda: subject.port.write(f"{ROOT}/state/a", b"")) is Fault.PERMISSION
    assert classify_failure(lambda: subject.port.create(f"{ROOT}/state/a", b"")) is Fault.PERMISSION
    assert classify_failure(lambda: subject.port.entries(f"{ROOT}/state")) is Fault.PERMISSION


def test_the_user_has_a_short_name(subject: Subject) -> None:
    assert (subject.port.user().name, subject.port.user().short_name) == ("tester@databricks.com", "tester")
