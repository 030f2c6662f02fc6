"""Reading a manifest: what `scope plan` can't have written is refused, with all that is wrong."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scope.documents import manifest_reader
from scope.documents.document import dump
from scope.documents.manifest_reader import json_schema, loads, read_manifest
from scope.errors import UsageError
from tests.support.manifests import SCHEMA, assert_follows_schema, small_manifest

SMALL = dump(small_manifest())


def refusal(content: bytes) -> str:
    with pytest.raises(UsageError) as caught:
        loads(content)
    return str(caught.value)


def edited(edit: Callable[[dict[str, Any]], object]) -> bytes:
    tree = json.loads(SMALL)
    edit(tree)
    return json.dumps(tree).encode()


def test_the_published_schema_is_that_of_the_model(update_golden: bool) -> None:
    current = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        SCHEMA.write_text(current, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == current


def test_the_schema_asks_for_the_version() -> None:
    assert {"schema_version", "tool"} <= set(json_schema()["required"])


def test_a_manifest_of_a_plan_is_read_and_follows_the_schema() -> None:
    assert loads(SMALL) == small_manifest()
    assert_follows_schema(SMALL)


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_another_version_is_refused_by_its_number(version: int) -> None:
    message = refusal(edited(lambda tree: tree.update(schema_version=version)))
    assert f"version `{version}`" in message
    assert "reads version 1" in message


@pytest.mark.parametrize("version", [True, "1", 1.0, None, [1]])
def test_a_version_that_is_no_whole_number_is_none(version: object) -> None:
    assert "no number in `schema_version`" in refusal(edited(lambda tree: tree.update(schema_version=version)))


def test_a_manifest_without_a_version_is_none() -> None:
    assert "no number in `schema_version`" in refusal(edited(lambda tree: tree.pop("schema_version")))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_truncated_manifest_is_refused_with_the_place(share: float) -> None:
    message = refusal(SMALL[: int(len(SMALL) * share)])
    assert "This isn't JSON" in message


def test_a_manifest_that_ends_too_early_says_so() -> None:
    assert "It ends too early." in refusal(SMALL.rstrip()[:-1])


def test_a_key_given_twice_is_refused_by_name() -> None:
    assert "has the key `mode` twice" in refusal(SMALL.replace(b'"mode":', b'"mode": "none",\n  "mode":', 1))


def test_a_key_given_twice_deep_inside_is_refused_too() -> None:
    assert "has the key `domain` twice" in refusal(SMALL.replace(b'"domain":', b'"domain": "x", "domain":', 1))


def test_deep_nesting_is_refused() -> None:
    assert "nested too deeply" in refusal(b"[" * 1_000_000)
    assert "nested too deeply" in refusal(b'{"a":' * 1_000_000)


def test_more_bytes_than_any_manifest_has_are_refused_unparsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_reader, "MAX_BYTES", len(SMALL) - 1)
    assert "no manifest of `scope plan`" in refusal(SMALL)


def test_a_file_of_gigabytes_is_never_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(20 * 1024**3)  # a hole: no disk is used
    with pytest.raises(UsageError, match=r"more than 64 MiB"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda tree: tree.update(head=["HEAD", None, False]), "head: Input should be an object"),
        (lambda tree: tree["deploy"][0].pop("domain"), "deploy.0.domain: Field required"),
        (lambda tree: tree["bases"]["b0"].update(more=1), "bases.b0.more: Unexpected keyword argument"),
        (
            lambda tree: tree["deploy"][0]["causes"][0]["path"][0].update(edge=1),
            "path.0.edge: Input should be a valid string",
        ),
    ],
)
def test_values_are_read_by_name_and_nothing_else_is(edit: Callable[[dict[str, Any]], object], problem: str) -> None:
    assert problem in refusal(edited(edit))


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"`scope plan` writes"):
        read_manifest(tmp_path / "none.json")


@pytest.mark.parametrize("content", [b"NaN", SMALL.replace(b'"dirty": false', b'"dirty": NaN')])
def test_what_only_javascript_calls_a_number_is_refused(content: bytes) -> None:
    assert "a value that no manifest has: NaN" in refusal(content)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    assert "isn't UTF-8" in refusal(SMALL.replace(b"finance", b"fin\xffnce", 1))


def test_an_unknown_key_is_refused_by_name_at_any_depth() -> None:
    assert "secrets: Unexpected keyword argument" in refusal(edited(lambda tree: tree.update(secrets=1)))
    assert "deploy.0.run: Unexpected" in refusal(edited(lambda tree: tree["deploy"][0].update(run="rm")))


def test_values_of_another_type_are_refused_never_converted() -> None:
    assert "changes.0.reaches" in refusal(edited(lambda tree: tree["changes"][0].update(reaches="2")))
    assert "head.dirty" in refusal(edited(lambda tree: tree["head"].update(dirty=0)))


def test_all_problems_are_named_at_once() -> None:
    def edit(tree: dict[str, Any]) -> None:
        tree["mode"] = "some"
        tree["head"]["dirty"] = 1
        del tree["matrix"]

    message = refusal(edited(edit))
    assert all(part in message for part in ("mode", "head.dirty", "matrix"))


IMPOSSIBLE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "target that can't be": (lambda t: t["targets"].append("../prod"), "`../prod` is not a target's name"),
    "target twice": (lambda t: t["targets"].append("prod"), "`prod` is there twice"),
    "deployment of no target": (lambda t: t["targets"].remove("prod"), "`prod` is not in `targets`"),
    "domain with a path in it": (
        lambda t: t["deploy"][0].update(domain="../finance"),
        "`../finance` is not a domain's name",
    ),
    "domain with an option in it": (lambda t: t["deploy"][0].update(domain="--all"), "`--all` is not a domain's name"),
    "reserved domain": (lambda t: t["deploy"][0].update(domain="all"), "`all` is not a domain's name"),
    "id of another": (lambda t: t["deploy"][0].update(id="prod/sales"), "the id `prod/sales` is not that of"),
    "deployment twice": (lambda t: t["deploy"].append(t["deploy"][0]), "is there twice"),
    "cause without change": (lambda t: t["deploy"][0]["causes"][0].update(change="c9"), "`c9` is not one of `changes`"),
    "unknown base of a change": (lambda t: t["changes"][0].update(base="b7"), "changes.base: `b7`"),
    "unknown base of a deployment": (lambda t: t["deploy"][0].update(base="b7"), "deploy.base: `b7`"),
    "commit that is an option": (lambda t: t["head"].update(commit="--upload-pack=x"), "`--upload-pack=x` is not a commit"),
    "commit cut short": (lambda t: t["bases"]["b0"].update(commit="abc123"), "`abc123` is not a commit"),
    "commit in capitals": (lambda t: t["head"].update(commit="A" * 40), "is not a commit"),
    "fingerprint": (lambda t: t["deploy"][0]["fingerprint"].update(head="v1:0"), "`v1:0` is not a fingerprint"),
    "absolute path": (lambda t: t["changes"][0].update(path="/etc/passwd"), "`/etc/passwd` is not a path"),
    "path that leaves": (lambda t: t["changes"][0].update(path="src/../../x"), "`src/../../x` is not a path"),
    "path into git": (lambda t: t["changes"][0].update(path=".Git/config"), "`.Git/config` is not a path"),
    "empty path": (lambda t: t["changes"][0].update(path=""), "`` is not a path"),
    "path with a zero byte": (lambda t: t["changes"][0].update(path="a\0b"), r"`a\x00b` is not a path"),
    "quoted path that leaves": (lambda t: t["changes"][0].update(path='"\\056\\056/x"'), "is not a path"),
    "path quoted for nothing": (lambda t: t["changes"][0].update(path='"src"'), "is not a path"),
    "moved to nowhere": (lambda t: t["changes"][0].update(moved_to="a//b"), "`a//b` is not a path"),
    "change twice": (lambda t: t["changes"].append(t["changes"][0]), "changes.id: `c0` is there twice"),
    "reach beyond the set": (lambda t: t["changes"][0].update(reaches=3), "reaches `3` of 2"),
    "mode none that deploys": (lambda t: t.update(mode="none"), "mode: `none` with 2 deployments"),
    "removed and deployed": (lambda t: t["deploy"][0].update(because="removed"), "is removed, and to be deployed"),
    "reader of nothing": (lambda t: t["readers"][0].update(of="prod/sales"), "`prod/sales` is not one of `deploy`"),
    "reader that can't be": (lambda t: t["readers"][0].update(id="prod/../x"), "is not <target>/<domain>"),
    "line before the first": (lambda t: t["readers"][0].update(line=-1), "line `-1`"),
    "plan of what can't be": (lambda t: t["live"][0].update(id="prod/../x"), "live.id: `prod/../x`"),
    "plan twice": (lambda t: t["live"].append(t["live"][0]), "live.id: `prod/finance` is there twice"),
    "plan with fewer than none": (lambda t: t["live"][0].update(create=-1), "a count below none"),
    "matrix with more": (lambda t: t["matrix"]["include"][0].update(domains="finance sales"), "other deployments"),
    "matrix with less": (lambda t: t["matrix"]["include"].pop(), "other deployments"),
    "matrix with one twice": (lambda t: t["matrix"]["include"][0].update(domains="finance finance"), "is there twice"),
    "job whose name is a path": (lambda t: t["matrix"]["include"][0].update(id="../x"), "`../x` is not a job's id"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_is_refused(case: str) -> None:
    edit, expected = IMPOSSIBLE[case]
    assert expected in refusal(edited(edit))


def test_hidden_characters_of_a_manifest_are_shown_as_escapes() -> None:
    assert r"\u202e" in refusal(edited(lambda tree: tree["deploy"][0].update(domain="a\u202eb")))
    assert "\x1b" not in refusal(edited(lambda tree: tree.update({"\x1b[2J": 1})))


def test_a_flood_of_problems_is_cut_and_counted() -> None:
    message = refusal(edited(lambda tree: tree["targets"].extend(f"{number}/" for number in range(100))))
    assert "and 80 more" in message
    assert len(message) < 3000


DIGEST = hashlib.sha256(SMALL).hexdigest()


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper(), f"sha256:{DIGEST}", f"SHA256:{DIGEST}"])
def test_a_digest_may_be_written_with_its_algorithm_and_in_any_case(tmp_path: Path, digest: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(SMALL)
    assert read_manifest(path, digest) == small_manifest()


@pytest.mark.parametrize(
    ("digest", "problem"),
    [("0" * 64, "it isn't the one that was planned"), ("", "isn't a SHA-256"), (DIGEST[:-1], "isn't a SHA-256")],
)
def test_a_manifest_with_another_digest_is_refused_and_so_is_no_digest(tmp_path: Path, digest: str, problem: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(SMALL)
    with pytest.raises(UsageError, match=problem):
        read_manifest(path, digest)
