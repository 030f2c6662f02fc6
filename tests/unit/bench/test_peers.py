"""What other tools answer is read as names of projects, and only that."""

import json
from pathlib import Path

import pytest

from tests.bench.peers import PEERS, Peer, describe_names, install, read_names
from tests.bench.timing import BenchError
from tests.support.sandbox import REPOSITORY

_BY_NAME = {peer.name: peer for peer in PEERS}
_ANSWERS = {
    "turbo": '{"packageManager": "npm", "packages": {"count": 2, "items": [{"name": "dom001", "path": "src/dom001"}, '
    '{"name": "lib000", "path": "src/common/lib000"}]}}',
    "nx, daemon warm": '["dom001","lib000"]\n',
    "nx, no daemon": '["dom001","lib000"]\n',
    "moon": '{"projects": [{"id": "dom001"}, {"id": "lib000"}], "options": {}}',
}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_an_answer_is_read_as_the_projects_that_it_names(peer: Peer) -> None:
    assert read_names(peer, _ANSWERS[peer.name]) == ["dom001", "lib000"]


@pytest.mark.parametrize("text", ["", "oh no", "{}", "[1]", '{"packages": {"items": [{"name": 1}]}}', '{"projects": 3}'])
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_anything_else_is_an_error_that_names_the_peer(peer: Peer, text: str) -> None:
    with pytest.raises(BenchError, match=f"{peer.name} printed no list of projects"):
        read_names(peer, text)


def test_only_domains_are_counted_each_once() -> None:
    assert describe_names(["dom001", "dom001", "lib000", "dom049", "platform"]) == "2 of 50 domains"


def test_peers_are_pinned_by_version_and_digest() -> None:
    pinned = REPOSITORY / "tests" / "bench" / "peers"
    wanted = json.loads((pinned / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((pinned / "package-lock.json").read_text("utf-8"))["packages"]
    assert wanted.keys() == {peer.package for peer in PEERS}
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert [name for name, package in locked.items() if name and not package["integrity"].startswith("sha512-")] == []


def test_without_npm_peers_are_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install(tmp_path / "peers", {}) is None
    assert capsys.readouterr().err == "bench: turbo, nx and moon are left out: npm isn't on the PATH.\n"
