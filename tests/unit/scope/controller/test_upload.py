"""What a deploy uploads: what differs; and everything, where anything is odd."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pytest

from scope.adapters.bundle_cli import StagedCli
from scope.documents.results import Counts
from scope.errors import CliError, Fault, RemoteError
from scope.workspace_model import BundlePlan, RemoteEntry, StagedFile
from tests.support.fakes import InMemoryCli, InMemoryWorkspace
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, ROOT, Scene

PROJECT, FACTS = "src/pyproject.toml", "src/sales/orders/facts.py"


def change(scene: Scene, sandbox: Sandbox) -> None:
    """Check out a commit that changes one of the two files."""
    sandbox.append(FACTS, "MORE = 1\n")
    scene.check_out(sandbox.commit("more"))


def files(scene: Scene) -> dict[str, bytes]:
    prefix = f"{ROOT}/files/"
    return {path.removeprefix(prefix): content for path, content in scene.workspace.held.items() if path.startswith(prefix)}


def mark(scene: Scene) -> None:
    """Put something into the file that doesn't change, in a way that the workspace doesn't tell: only an upload shows."""
    scene.workspace.held[f"{ROOT}/files/{PROJECT}"] = b"[PROJECT]\n"


def is_uploaded(scene: Scene) -> bool:
    return files(scene)[PROJECT] == b"[project]\n"


def test_only_what_differs_is_uploaded_and_counted(scene: Scene, sandbox: Sandbox) -> None:
    assert scene.deploy().counts == Counts(created=2, uploaded=2)
    for _ in range(3):
        change(scene, sandbox)
        mark(scene)
        assert scene.deploy().counts == Counts(uploaded=1)
        assert not is_uploaded(scene)
        assert files(scene)[FACTS] == sandbox.path(FACTS).read_bytes()


def test_what_somebody_has_edited_or_deleted_is_uploaded(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    for act in (lambda path: scene.workspace.write(path, b"[PROJECT]\n"), scene.workspace.delete):
        act(f"{ROOT}/files/{PROJECT}")
        change(scene, sandbox)
        assert scene.deploy().counts == Counts(uploaded=2)
        assert is_uploaded(scene)


def test_a_deploy_is_good_without_a_receipt(scene: Scene, sandbox: Sandbox) -> None:
    scene.workspace.read_only.add(PATHS.receipt)
    assert scene.deploy().outcome == "deployed"
    change(scene, sandbox)
    assert scene.deploy().counts == Counts(uploaded=2)
    assert any("uploads everything" in line for line in scene.events)


def lose(scene: Scene) -> None:
    scene.workspace.delete(PATHS.receipt)


def truncate(scene: Scene) -> None:
    scene.workspace.write(PATHS.receipt, scene.workspace.held[PATHS.receipt][:-20])


def replace_by_an_older_one(scene: Scene) -> None:
    tree = json.loads(scene.workspace.held[PATHS.receipt])
    scene.workspace.write(PATHS.receipt, json.dumps({**tree, "upload": "0" * 64}).encode())


def take_another_cli(scene: Scene) -> None:
    scene.session = replace(scene.session, cli_version="1.14.0")


def deploy_by_hand(scene: Scene) -> None:
    other = InMemoryCli(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files, stage=scene.cli.stage)
    other.deploy(other.plan())


def die(scene: Scene) -> None:
    def fail() -> None:
        raise CliError(Fault.INVALID, "The CLI died.")

    scene.cli.before_deploy = fail
    with pytest.raises(CliError):
        scene.deploy()
    scene.cli.before_deploy = lambda: None


@pytest.mark.parametrize(
    "odd",
    [lose, truncate, replace_by_an_older_one, take_another_cli, deploy_by_hand, die],
    ids=lambda odd: odd.__name__,
)
def test_everything_is_uploaded_where_anything_is_odd(scene: Scene, sandbox: Sandbox, odd: Callable[[Scene], None]) -> None:
    scene.deploy()
    change(scene, sandbox)
    odd(scene)
    mark(scene)
    assert scene.deploy().counts.uploaded == 2
    assert is_uploaded(scene)
    # And what it left is a receipt again.
    change(scene, sandbox)
    assert scene.deploy().counts.uploaded == 1


def test_everything_is_uploaded_where_the_receipt_is_longer_than_what_is_read(
    scene: Scene, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.deploy()
    change(scene, sandbox)
    mark(scene)

    def read(path: str) -> bytes | None:
        if path == PATHS.receipt:
            raise RemoteError(Fault.INVALID, f"{path} is larger than 100 MB, so it isn't read. Look who wrote it.")
        return scene.workspace.held.get(path)

    monkeypatch.setattr(scene.workspace, "read", read)
    assert scene.deploy().counts.uploaded == 2
    assert is_uploaded(scene)


def test_everything_is_uploaded_where_somebody_deploys_after_the_lock_was_taken(scene: Scene, sandbox: Sandbox) -> None:
    class Interrupted(InMemoryCli):
        def plan(self) -> BundlePlan:
            listed = f"{PATHS.state}/deployment.json"
            self.workspace.held[listed] = self.workspace.held[listed].replace(b'"version": 1', b'"version":  1')
            return super().plan()

    scene.deploy()
    change(scene, sandbox)
    mark(scene)
    cli = Interrupted(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda stage, _domain: cli.within(stage))
    assert scene.deploy().counts.uploaded == 2
    assert is_uploaded(scene)


def test_a_workspace_that_does_not_tell_when_a_file_was_written_gets_everything(scene: Scene, sandbox: Sandbox) -> None:
    class Mute(InMemoryWorkspace):
        def files(self, folder: str) -> tuple[RemoteEntry, ...]:
            return tuple(RemoteEntry(entry.path, entry.kind) for entry in super().files(folder))

    workspace = Mute()
    cli = InMemoryCli(workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, workspace=workspace, make_cli=lambda stage, _domain: cli.within(stage))
    scene.deploy()
    assert workspace.read(PATHS.receipt) is None
    change(scene, sandbox)
    assert scene.deploy().counts == Counts(uploaded=2)


def test_a_file_that_is_kept_and_edited_during_the_deploy_is_uploaded_by_another_try(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    change(scene, sandbox)
    acts = [lambda: scene.workspace.write(f"{ROOT}/files/{PROJECT}", b"[PROJECT]\n")]
    scene.cli.before_deploy = lambda: acts.pop()() if acts else None
    with pytest.raises(RemoteError, match=r"src/pyproject\.toml changed in .*/files during the deploy, not by it"):
        scene.deploy()
    assert not scene.record.is_clean
    scene.cli.before_deploy = lambda: None
    assert scene.deploy().counts.uploaded == 2
    assert is_uploaded(scene)


def test_a_retry_uploads_everything(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    change(scene, sandbox)
    acts = [lambda: scene.workspace.write(f"{ROOT}/files/{PROJECT}", b"[PROJECT]\n")]
    scene.cli.before_deploy = lambda: acts.pop()() if acts else None
    assert scene.deploy(retry_seconds=30).counts.uploaded == 2
    assert is_uploaded(scene)
    assert "changed in" in scene.events[0]


def test_a_file_that_is_edited_after_its_upload_is_uploaded_by_the_next_deploy(scene: Scene, sandbox: Sandbox) -> None:
    scene.cli.before_state = lambda: scene.workspace.write(f"{ROOT}/files/{PROJECT}", b"[PROJECT]\n")
    scene.deploy()
    scene.cli.before_state = lambda: None
    change(scene, sandbox)
    assert scene.deploy().counts.uploaded == 2
    assert is_uploaded(scene)


def test_a_file_that_code_of_the_bundle_writes_during_the_deploy_is_no_failure(scene: Scene, sandbox: Sandbox) -> None:
    class Generating(InMemoryCli):
        """Writes a file of the stage again while it deploys, so that its time is another, and uploads it."""

        writes: int = 0

        def staged_files(self, paths: Iterable[str]) -> Mapping[str, StagedFile]:
            held = super().staged_files(paths)
            return {path: file._replace(written_at=self.writes) if path == PROJECT else file for path, file in held.items()}

        def deploy(self, plan: BundlePlan) -> None:
            self.writes += 1
            assert PROJECT in self.kept
            self.kept -= {PROJECT}
            super().deploy(plan)

    scene.deploy()
    change(scene, sandbox)
    cli = Generating(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda stage, _domain: cli.within(stage))
    assert scene.deploy().counts.uploaded == 2
    assert scene.events == []


def test_a_link_in_a_stage_is_no_file_of_it(scene: Scene, sandbox: Sandbox) -> None:
    sandbox.path("link.py").symlink_to(sandbox.path(FACTS))
    cli = StagedCli(sandbox.path("databricks"), sandbox.root, "prod", "sales", sandbox.path("log"))
    assert cli.staged_files(["link.py", FACTS]).keys() == {FACTS}
    assert scene.events == []
