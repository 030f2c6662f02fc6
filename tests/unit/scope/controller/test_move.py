"""Moving resources between two deployments: which records allow it."""

from dataclasses import replace
from pathlib import Path

import pytest

from scope.controller.deployment import Deployment
from scope.controller.move import carry_out_moves
from scope.deployment.record import dumps, read_record
from scope.deployment.state import parse_resources
from scope.deployment.target import Paths
from scope.errors import Refused
from scope.graph.closure import DomainIndex
from scope.model import ResourceKey
from scope.repository.snapshot import Snapshot
from tests.support.fakes import InMemoryCli
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, Scene

THERE = Paths("/Workspace/deploy/ads")
KEY = ResourceKey("jobs", "b")


@pytest.fixture
def moving(scene: Scene, sandbox: Sandbox) -> Scene:
    """Give a scene whose head declares that a job has moved to another domain, which defines it."""
    scene.cli.named = {"schemas.s": "sales.orders"}
    scene.deploy()
    sandbox.write_all({"src/ads/orders/facts.py": "", "resources/ads/jobs.py": ""})
    sandbox.write("moves.toml", f'moves = ["sales.{KEY.short} -> ads.{KEY.short}"]\n')
    commit = sandbox.commit("move")
    there = InMemoryCli(scene.workspace, THERE.root, {"b": "job b"}, ("src/pyproject.toml", "src/ads/orders/facts.py"))

    def make_cli(folder: Path, _domain: str) -> InMemoryCli:
        return there if (folder / "src/ads").exists() else scene.cli

    del scene.cli.jobs["b"]
    git = scene.session.git
    index, head = DomainIndex(Snapshot(git, git.root_tree(commit))), replace(scene.session.head, commit=commit)
    scene.session = replace(scene.session, index=index, head=head, make_cli=make_cli)
    scene.begin_again()
    return scene


def test_a_clone_without_an_origin_and_one_with_it_move_alike(moving: Scene) -> None:
    """What a deploy goes on with, a move goes on with too, and the record keeps what stays."""
    moving.session = replace(moving.session, head=replace(moving.session.head, repository="github.com/acme/data"))
    carry_out_moves(Deployment(moving.session, "ads"))
    assert set(parse_resources(moving.workspace.read(f"{THERE.state}/resources.json")).inventory) == {KEY}
    assert set(moving.record.inventory) == {ResourceKey("schemas", "s")}
    assert moving.record.repository == "github.com/acme/data"


def test_nothing_is_moved_from_another_repositorys_deployment_and_the_way_out_is_said(moving: Scene) -> None:
    record = replace(moving.record, repository="github.com/acme/other")
    moving.workspace.write(f"{PATHS.state}/scope.json", dumps(record))
    moving.session = replace(moving.session, head=replace(moving.session.head, repository="github.com/acme/data"))
    with pytest.raises(Refused, match="scope recover --target dev --domain sales --yes --new-repository"):
        carry_out_moves(Deployment(moving.session, "ads"))
    assert read_record(moving.workspace, THERE.state) is None
