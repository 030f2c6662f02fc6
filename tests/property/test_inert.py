"""No text of a repository does anything in a comment: it is shown, and that's all."""

import json
import re
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from scope.controller.status import Report, Status, Sync
from scope.documents.manifest import Manifest
from scope.documents.results import Result
from scope.escaping import code_span, escape_invisible, markdown_text
from scope.render.markdown import MARKER, render_comment
from scope.render.results_page import render_deploy_page
from scope.render.status_page import render_status_page
from tests.property.strategies import manifests, texts
from tests.support.graph_pages import render
from tests.support.manifest_cases import CASES

OURS = re.compile(
    r"<!-- scope: blast radius -->|</?details>|<summary>[A-Za-z0-9,' ]*</summary>|</?sub>"
    r"|<details><summary>[A-Za-z0-9,' ]*</summary>"
)
TAGS = {
    *("blockquote", "code", "details", "em", "h3", "li", "p", "pre", "strong", "sub", "summary", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
# What GitHub makes links of after Markdown, outside code: names, issues, addresses, commits. And emoji, and formulas.
LINKED = re.compile(
    r"@\w|#\d|GH-\d|www\.|://|\S@\S|\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b|\b[a-f]{7,40}\b|:\w+:|\$", re.IGNORECASE
)


class _Page(HTMLParser):
    """The tags of a page with their attributes, and its text outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(f"{name}={value}" for name, value in attrs)))
        self.open.append(tag)
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text.append(data)


def rendered(markdown: str) -> _Page:
    """Render as GitHub does: CommonMark, tables, strikethrough, bare addresses as links, and HTML let through."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    # GitHub doesn't link a bare domain such as `final.io`; a `www.` is looked for in the text (GFM, "Autolinks").
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False})
    for token in parser.parse(markdown):
        for one in (token, *(token.children or ())):
            if one.type in {"html_block", "html_inline"}:
                for line in one.content.strip().splitlines():
                    assert OURS.fullmatch(line), line
    page = _Page()
    page.feed(parser.render(markdown))
    page.close()
    return page


def assert_inert(manifest: Manifest) -> None:
    markdown = render_comment(manifest)
    page = rendered(markdown)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {attribute for _, attributes in page.tags for attribute in attributes} <= {"class=language-mermaid"}
    assert not LINKED.findall("\n".join(page.text))
    assert escape_invisible(markdown.replace("\n", "")) == markdown.replace("\n", "")
    assert markdown.startswith(MARKER)
    assert page.open == [], "a fold isn't ended where it should be"


@given(manifests())
def test_no_manifest_puts_anything_but_text_into_its_comment(manifest: Manifest) -> None:
    assert_inert(manifest)


def test_the_hostile_example_is_inert() -> None:
    assert_inert(CASES["hostile"])


@given(texts)
def test_a_code_span_is_one_element_in_a_cell_and_in_a_sentence(text: str) -> None:
    page = rendered(f"| a | b |\n|---|---|\n| {code_span(text)} | x |\n\nA word {code_span(text)} end.\n")
    assert [tag for tag, _ in page.tags].count("code") == 2
    assert [tag for tag, _ in page.tags].count("td") == 2
    assert {tag for tag, _ in page.tags} <= {"table", "thead", "tbody", "tr", "th", "td", "code", "p"}
    assert "".join(page.text).split() == ["a", "b", "x", "A", "word", "end."]


@given(texts)
def test_a_sentence_of_a_repository_is_words_or_code(text: str) -> None:
    page = rendered(f"Word: {markdown_text(text)}\n")
    assert {tag for tag, _ in page.tags} <= {"p", "code"}
    assert not LINKED.findall("".join(page.text))


@given(texts)
@example("A.BA")
def test_the_message_of_a_deploy_is_a_cell_of_its_summary(text: str) -> None:
    result = Result(
        id="prod/finance",
        target="prod",
        domain="finance",
        action="deploy",
        because="changed",
        outcome="failed",
        fault=None,
        message=text,
        created=0,
        uploaded=0,
        changed=0,
        deleted=0,
        destructive=(),
        digest=None,
        seconds=1,
        log=None,
    )
    page = rendered(render_deploy_page("prod", [result], 0))
    assert {tag for tag, _ in page.tags} <= TAGS
    assert [tag for tag, _ in page.tags].count("td") == 8
    assert not LINKED.findall("\n".join(page.text))


@given(st.lists(texts, min_size=4, max_size=4))
def test_the_state_of_a_target_is_a_table_whatever_its_words_are(words: list[str]) -> None:
    why, change, difference, holder = words
    status = Status(
        domain="finance",
        sync=Sync.BEHIND,
        why=why,
        commit="1" * 40,
        dirty=False,
        started_at=None,
        actor=None,
        run_url=None,
        changes=(change,) * 7,
        differences=(difference,),
        unexplained=(difference,),
        unverified=why,
        locked_by=holder,
    )
    page = rendered(render_status_page(Report("prod", "https://x.invalid", "1" * 40, False, (status,))))
    assert {tag for tag, _ in page.tags} <= TAGS
    assert [tag for tag, _ in page.tags].count("td") == 4
    assert not LINKED.findall("\n".join(page.text))


@given(texts)
@example("</script><!--<script>\u2028")
def test_a_name_in_the_page_of_a_graph_is_data(text: str) -> None:
    name = f"file:{text}"
    page = render([(name, "file:src/common/a.py", "imports")], ["finance"], [name])
    data, _, rest = page.partition('<script type="application/json" id="graph">')[2].partition("</script>")
    assert data.isascii()
    assert not set(data) & set("<>&")
    assert rest.count("<script") == 1
    assert escape_invisible(text) in {node[0] for node in json.loads(data)["nodes"]}
