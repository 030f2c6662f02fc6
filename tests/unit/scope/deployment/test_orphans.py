"""Things that say nothing of their deployment, after a try that ended badly: whose they are, and what may become of them."""

import json
from collections.abc import Iterator

import pytest

from scope.controller.destroy import destroy_domain
from scope.controller.recover import RecoverOptions, diagnose, recover
from scope.controller.session import ApprovalRequired
from scope.documents.results import Counts, Outcome
from scope.errors import CliError, Fault, Refused, RemoteError
from scope.model import RemoteResource
from tests.support.fakes import InMemoryCli
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, Scene, setting

OTHER = "/Workspace/deploy/ads"


@pytest.fixture
def scene(sandbox: Sandbox) -> Iterator[Scene]:
    with setting(sandbox) as found:
        found.cli.named |= {"secret_scopes.x": "shared"}
        yield found


def die(fault: Fault = Fault.INVALID) -> None:
    raise CliError(fault, "The CLI died.")


def fail_before_anything(scene: Scene) -> None:
    """Let a try end that has announced what it makes, and made nothing."""
    scene.cli.before_deploy = die
    with pytest.raises(CliError):
        scene.deploy()
    scene.cli.before_deploy = lambda: None


def fail_before_the_state(scene: Scene) -> None:
    """Let a try end that has made everything, and told nobody."""
    scene.cli.before_state = die
    with pytest.raises(CliError):
        scene.deploy()
    scene.cli.before_state = lambda: None


def let_another_make(scene: Scene, key: str, name: str) -> RemoteResource:
    """Let another domain's deployment make and own a thing."""
    InMemoryCli(scene.workspace, OTHER, {}, (), {key: name}).deploy()
    return next(item for item in scene.workspace.named if item.name == name)


def test_what_was_made_without_a_state_is_taken_back(scene: Scene) -> None:
    fail_before_the_state(scene)
    made = set(scene.workspace.named)
    scene.deploy()
    assert scene.workspace.named == made
    assert dict(scene.record.inventory).keys() == {"resources.secret_scopes.x"}


def test_what_another_deployment_has_made_since_is_neither_bound_nor_deleted(scene: Scene) -> None:
    fail_before_anything(scene)
    theirs = let_another_make(scene, "secret_scopes.x", "shared")
    with pytest.raises(RemoteError, match="belongs to dev/ads"):
        scene.deploy()
    del scene.cli.named["secret_scopes.x"]
    scene.deploy()
    assert scene.record.is_clean
    assert scene.workspace.named == {theirs}


def test_destroying_the_one_that_failed_leaves_what_another_deployment_has_made_since(scene: Scene) -> None:
    fail_before_anything(scene)
    theirs = let_another_make(scene, "secret_scopes.x", "shared")
    assert destroy_domain(scene.session, "sales").counts == Counts()
    assert scene.workspace.named == {theirs}


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_leftover_that_nobody_defines_can_be_deleted_or_forgotten_about(scene: Scene, *, is_kept: bool) -> None:
    fail_before_the_state(scene)
    scene.cli.named.clear()
    (unmatched,) = scene.workspace.named
    with pytest.raises(Refused, match="doesn't know"):
        scene.deploy()
    assert recover(scene.session, "sales").unmatched == (unmatched,)
    ids = frozenset({unmatched.id})
    assert (
        recover(scene.session, "sales", RecoverOptions(forget=ids) if is_kept else RecoverOptions(delete=ids)).unmatched
        == ()
    )
    assert (unmatched in scene.workspace.named) is is_kept
    scene.deploy()
    assert scene.record.is_clean


def test_a_job_cannot_be_forgotten_about(scene: Scene) -> None:
    scene.deploy()
    twin = scene.workspace.add_resource("jobs", "job a", PATHS.metadata)
    with pytest.raises(Refused, match="Jobs and pipelines can't"):
        recover(scene.session, "sales", RecoverOptions(forget=frozenset({twin.id})))


def test_schemas_are_deleted_after_what_lies_in_them(scene: Scene) -> None:
    scene.cli.named |= {"schemas.s": "sales.orders", "volumes.v": "sales.orders.landing"}
    fail_before_the_state(scene)
    scene.cli.named.clear()
    unmatched = recover(scene.session, "sales").unmatched
    assert [item.kind for item in unmatched] == ["secret_scopes", "volumes", "schemas"]
    recover(scene.session, "sales", RecoverOptions(delete=frozenset(item.id for item in unmatched)))
    assert scene.workspace.named == set()


def test_a_lost_state_gives_back_what_was_owned_and_nothing_else(scene: Scene) -> None:
    scene.deploy()
    own = next(iter(scene.workspace.named))
    theirs = scene.workspace.add_named("sql_warehouses", "BI")
    scene.cli.named["sql_warehouses.new"] = "BI"
    scene.workspace.delete(f"{PATHS.state}/resources.json")
    assert "--import sql_warehouses.new" in " ".join(diagnose(scene.session, "sales").notes)
    recover(scene.session, "sales")
    bound = [call for call in scene.cli.calls if call.startswith("bind")]
    assert f"bind x {own.id}" in bound
    assert not [call for call in bound if theirs.id in call]


def test_a_person_s_word_comes_before_any_guess(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.delete(f"{PATHS.state}/resources.json")
    first = next(item for item in scene.workspace.owned if item.name == "job a")
    second = scene.workspace.add_resource("jobs", "another name", PATHS.metadata)
    assert recover(scene.session, "sales", RecoverOptions(imports={"jobs.a": second.id})).unmatched == (first,)
    assert f"bind a {second.id}" in scene.cli.calls
    assert f"bind a {first.id}" not in scene.cli.calls
    # Ended and begun again, it has nothing more to do.
    assert recover(scene.session, "sales", RecoverOptions(imports={"jobs.a": second.id})).unmatched == (first,)


@pytest.mark.parametrize(
    ("take", "words"),
    [
        ({"jobs.nobody": "1"}, "isn't a key under which a deploy would make something"),
        ({"jobs.a": None}, "Say its id"),
        ({"secret_scopes.x": None}, "there is nothing of its name"),
        ({"secret_scopes.x": "theirs"}, "belongs to dev/ads"),
    ],
)
def test_taking_what_cannot_be_is_refused(scene: Scene, take: dict[str, str | None], words: str) -> None:
    theirs = let_another_make(scene, "secret_scopes.y", "of another")
    wanted = {key: theirs.id if found == "theirs" else found for key, found in take.items()}
    with pytest.raises(Refused, match=words):
        recover(scene.session, "sales", RecoverOptions(imports=wanted))


def test_taking_what_is_not_there_is_an_error_and_no_silence(scene: Scene) -> None:
    with pytest.raises(CliError, match="does not exist"):
        recover(scene.session, "sales", RecoverOptions(imports={"jobs.a": "12345"}))


def test_a_folder_without_a_state_is_deleted_with_consent_only(scene: Scene) -> None:
    scene.workspace.make_folder(PATHS.files)
    scene.workspace.write(f"{PATHS.files}/a.py", b"")
    with pytest.raises(ApprovalRequired) as caught:
        destroy_domain(scene.session, "sales")
    assert caught.value.items == (f"delete the folder {PATHS.root}, which has files and no state",)
    done = destroy_domain(scene.allowing(approvals=frozenset({caught.value.digest})), "sales")
    assert done.outcome is Outcome.DESTROYED


@pytest.mark.parametrize("creates", [[["x", "y"]], [["resources.schemas.a.grants", "y"]], [["resources.Schemas.a", "y"]]])
def test_a_record_whose_keys_cannot_be_is_not_believed(scene: Scene, creates: list[list[str]]) -> None:
    scene.deploy()
    path = f"{PATHS.state}/scope.json"
    record = json.loads(scene.workspace.read(path) or b"")
    record["attempted"]["creates"] = creates
    scene.workspace.write(path, json.dumps(record).encode())
    scene.deploy()
    assert scene.record.is_clean
