"""The site of docs/: every page has its place, and means there what it means on GitHub."""

import pytest

from tests.docs.pages import PageError, convert, picture_name, place_of
from tests.docs.site import compare, find_loads, nav_pages, read_pages

_TEXTS = {
    "docs/index.md": "# Start\n",
    "docs/operations.md": "# Operations\n",
    "docs/tutorials/first.md": "# First\n",
    "CONTRIBUTING.md": "# Contributing\n",
}


def shown(page: str, text: str) -> str:
    return convert(page, {**_TEXTS, page: text}, picture_name)


def test_every_page_stands_in_the_navigation_once() -> None:
    assert sorted(nav_pages()) == sorted(place_of(page) or "" for page in read_pages())


@pytest.mark.parametrize(
    ("page", "text", "expected"),
    [
        ("docs/a.md", "[text](operations.md#locks)", "[text](operations.md#locks)"),
        ("docs/a.md", "[operations.md](operations.md#locks)", "[Operations](operations.md#locks)"),
        ("docs/a.md", "[CONTRIBUTING.md](../CONTRIBUTING.md)", "[Contributing](contributing.md)"),
        ("docs/tutorials/first.md", "[docs/operations.md](../operations.md)", "[Operations](../operations.md)"),
        ("docs/tutorials/first.md", "[it](../../CONTRIBUTING.md)", "[it](../contributing.md)"),
        ("CONTRIBUTING.md", "[docs/operations.md](docs/operations.md)", "[Operations](operations.md)"),
        ("CONTRIBUTING.md", "[README.md](README.md)", "[README.md](index.md)"),
        ("docs/a.md", "[here](#there), [web](https://example.com)", "[here](#there), [web](https://example.com)"),
        ("docs/a.md", "```console not-run\n$ [a](b)\n```\n", "```console\n$ [a](b)\n```\n"),
        ("docs/a.md", "<details>\n", '<details markdown="1">\n'),
    ],
)
def test_a_page_of_the_repository_becomes_one_of_the_site(page: str, text: str, expected: str) -> None:
    assert shown(page, text) == expected


def test_a_diagram_becomes_a_picture_with_its_labels_for_those_who_do_not_see_it() -> None:
    text = 'flowchart LR\n  a["one"] --> b(["two"])\n'
    expected = f"![Diagram: one, two](../pictures/{picture_name(text)})"
    assert shown("docs/tutorials/first.md", f"```mermaid\n{text}```") == expected


def test_a_link_that_leads_out_of_the_site_is_an_error() -> None:
    with pytest.raises(PageError, match=r"docs/a\.md: the link to \.\./justfile leads out of the site"):
        shown("docs/a.md", "[recipes](../justfile)")


def test_what_the_site_shows_otherwise_than_github_is_found() -> None:
    text = "1. one\n   - two\n"
    assert list(compare(text, "<article><ol><li>one<ul><li>two</li></ul></li></ol></article>")) == []
    assert list(compare(text, "<article><ol><li>one</li><li>two</li></ol></article>")) == ["0 of <ul> instead of 1"]


def test_what_a_page_would_load_from_elsewhere_is_found() -> None:
    inside = '<img src="a.svg"><a href="https://example.com"></a><link rel="canonical" href="https://example.com/a">'
    assert find_loads(inside) == []
    outside = (
        '<script src="https://unpkg.com/a.js"></script><link rel="stylesheet" href="//fonts.example.com">'
        '<img src="http://example.com/a.png">'
    )
    assert find_loads(outside) == ["https://unpkg.com/a.js", "//fonts.example.com", "http://example.com/a.png"]
