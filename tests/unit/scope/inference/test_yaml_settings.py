"""The upper settings of a YAML file."""

import pytest

from scope.inference.yaml_settings import UnreadableYamlError, yaml_settings


def read(text: str, depth: int = 3) -> list[tuple[str, int, str | None]]:
    return [(setting.name, setting.line, setting.text) for setting in yaml_settings(text.encode(), depth)]


def test_settings_come_with_their_keys_line_and_text() -> None:
    text = "a:\n  b: 1\n  c:\n    d: {e: 2}\nf:\n- x\n- {g: y}\n"
    assert read(text) == [
        ("a", 1, None),
        ("a.b", 2, "1"),
        ("a.c", 3, None),
        ("a.c.d", 4, None),
        ("f", 5, None),
        ("f.[]", 6, "x"),
        ("f.[]", 7, None),
        ("f.[].g", 7, "y"),
    ]


def test_a_key_that_is_written_twice_is_there_twice() -> None:
    assert read("a: 1\na: 2\n") == [("a", 1, "1"), ("a", 2, "2")]


def test_aliases_merges_and_keys_that_are_no_text_are_reported_as_what_they_are() -> None:
    settings = yaml_settings(b"a: &x {b: 1}\nc: *x\n<<: *x\n? [k, l]\n: {m: 1}\n? *x\n: 2\n", 2)
    assert [(setting.name, setting.is_alias) for setting in settings] == [
        ("a", False),
        ("a.b", False),
        ("c", True),
        ("<<", True),
        ("?.[]", False),
        ("?.[]", False),
        ("?", False),
        ("?.m", False),
        ("?", False),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "just a text\n", "a: 1\n...\n"])
def test_what_has_no_settings_is_no_error(text: str) -> None:
    assert [name for name, _, _ in read(text)] in ([], ["a"])


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfea\0:\0", b"a: 1\n---\nb: 2\n", b"a: b: c\n"])
def test_what_cannot_be_read_for_certain_is_an_error(content: bytes) -> None:
    with pytest.raises(UnreadableYamlError):
        yaml_settings(content, 2)


def test_a_file_without_measure_is_read() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    deep = "a: " + "[" * 5_000 + "]" * 5_000
    assert len(read(bomb, 1)) == 40
    assert read(deep, 1) == [("a", 1, None)]
