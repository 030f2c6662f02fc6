"""What one YAML file of a bundle says of files, whatever it looks like."""

import contextlib
import time

import pytest

from scope.inference.bundle_files import (
    BundleText,
    SyncText,
    UnreadableBundleError,
    find_words,
    fixed_part,
    read_bundle_text,
    resolve,
    without_expression,
)


def read(text: str) -> BundleText:
    return read_bundle_text(text.encode())


def test_targets_are_told_with_their_lines() -> None:
    assert read("bundle: {name: x}\ntargets:\n  dev:\n  prod: {}\n").targets == (("dev", 3), ("prod", 4))
    assert read("environments: {a: }\n").targets == (("a", 1),)


@pytest.mark.parametrize(
    ("text", "sync"),
    [
        ("", SyncText()),
        ("sync:\n", SyncText()),
        ("sync: {paths: }\n", SyncText()),
        ("sync: {paths: []}\n", SyncText(paths=())),
        ("sync: {paths: [., ../x], include: [a], exclude: [b, 3]}\n", SyncText((".", "../x"), ("a",), ("b", "3"))),
        ("sync: {paths: ../x}\n", SyncText()),
        ("sync: {paths: [[a], {b: c}, d]}\n", SyncText(paths=("d",))),
        ("base: &b {paths: [x]}\nsync: {<<: *b, exclude: [y]}\n", SyncText(("x",), (), ("y",))),
        ("base: &b {paths: [x]}\nsync:\n  <<: [{exclude: [z]}, *b]\n", SyncText(("x",), (), ("z",))),
        ("base: &b [x, y]\nsync: {paths: *b}\n", SyncText(("x", "y"))),
        ("base: &b\n  sync: {paths: [x]}\n<<: *b\n", SyncText(("x",))),
        ("sync: {paths: [a]}\nsync: {paths: [b]}\n", SyncText(("b",))),
    ],
)
def test_sync_is_read_as_it_is_written(text: str, sync: SyncText) -> None:
    assert read(text).sync == sync


def test_a_target_has_a_sync_of_its_own_also_through_a_mapping_that_it_takes_over() -> None:
    text = read("x: &x {sync: {paths: [a]}}\ntargets: {dev: {sync: {exclude: [b]}}, prod: {<<: *x}, qa: {}}\n")
    assert text.target_syncs == (("dev", SyncText(exclude=("b",))), ("prod", SyncText(("a",))))


@pytest.mark.parametrize(
    ("text", "runs_code"),
    [
        ("resources: {}\n", False),
        ("artifacts: {x: {type: whl}}\n", True),
        ("targets: {dev: {artifacts: {x: {type: whl}}}}\n", True),
        ("python: {resources: ['a:b']}\n", True),
        ("experimental: {python: {resources: ['a:b']}}\n", True),
        ("experimental: {scripts: {preinit: make}}\n", True),
        ("experimental: {use_legacy_run_as: true}\n", False),
        ("scripts: {clean: {content: rm -r x}}\n", False),
    ],
)
def test_code_runs_at_a_deploy_where_the_bundle_builds_or_has_python_or_hooks(text: str, runs_code: bool) -> None:
    assert read(text).runs_code is runs_code


def test_commands_that_people_start_lead_nowhere_nor_does_what_is_read_as_such() -> None:
    assert read("scripts: {clean: {content: 'cd ../..'}}\nx: ../y\n").words == {"../y"}
    assert read("include: [a/*]\nsync: {exclude: [./data/**]}\ntargets: {dev: {sync: {paths: [../z]}, x: ./y}}\n").words == {
        "./y"
    }


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (b"a: [\n", "it isn't YAML: did not find expected node content", 2),
        (b"- a\n", "it holds no mapping", 1),
        (b"a: 1\n---\nb: 2\n", "but found another document", 2),
        (b"\xff\xfe", "can't decode", 0),
        (b"a: *b\n", "undefined alias", 1),
        (b"[" * 3000, "nested", 0),
        (b"a: " + b"x" * 400_000, "KiB", 0),
        (b"a: \x00", "control characters", 0),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: bytes, message: str, line: int) -> None:
    with pytest.raises(UnreadableBundleError, match=message) as caught:
        read_bundle_text(text)
    assert str(caught.value)
    assert "\n" not in str(caught.value)
    assert line in {0, caught.value.line}


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x.y, x.y]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        "a: &a {<<: *a}\n<<: *a\nsync: *a\n",
        "targets: &t {dev: {targets: *t, sync: *t}}\n? [a, *t]\n: b\n",
        "a: &a\n  <<: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nsync: *a\n",
        "targets: {" + ", ".join(f"t{n}: {{}}" for n in range(5000)) + "}\n",
        "x: '" + "../" * 50_000 + "'\n",
    ],
    ids=["aliases of aliases", "a circle", "targets of targets", "circles", "many targets", "a long path"],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(UnreadableBundleError):
        read(text)
    assert time.process_time() - started < 3


def test_words_are_parts_that_may_be_paths() -> None:
    text = "cd ../lib && python -m build -o 'dist/' \"${workspace.root}/x.whl\" file:///../libs a plain"
    assert set(find_words(text)) == {"../lib", "dist/", "workspace.root", "/x.whl", "../libs"}


@pytest.mark.parametrize(
    ("folder", "word", "path"),
    [
        ("a/b", "../c", "a/c"),
        ("a/b", "../..", ""),
        ("a/b", "../../..", None),
        ("a", "/etc", None),
        ("", ".", ""),
        ("a", "./b/", "a/b"),
        ("a", "..\\b", "a/..\\b"),
        ("a", "C:/b", "a/C:/b"),
        ("a", "~/b", "a/~/b"),
        ("ä ö", "ü.py", "ä ö/ü.py"),
    ],
)
def test_a_word_is_resolved_from_a_folder(folder: str, word: str, path: str | None) -> None:
    assert resolve(folder, word) == path


def test_the_fixed_part_of_a_glob_or_of_an_expression_is_a_folder() -> None:
    assert [fixed_part(path) for path in ("a/b", "a/*.yml", "a/b*/c", "*", "a/[b]/c")] == ["a/b", "a", "a", "", "a"]
    assert [without_expression(path) for path in ("../a", "../a/${var.x}/b", "a${x}", "../${x}")] == [
        "../a",
        "../a",
        ".",
        "..",
    ]
