"""The page of a graph: its data can't end the element that holds them, and say what the page needs to know."""

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from typing import Any

import pytest

from scope.escaping import escape_invisible
from scope.graph.nodes import file_node
from scope.model import quote_path
from tests.support.graph_pages import MARKUP, parts, render


class _Page(HTMLParser):
    """The elements of a page, and the text of each script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.raw: dict[str, str] = {}
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open = f"{tag} {dict(attrs).get('id') or ''}".strip() if tag in {"script", "style"} else ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[self._open] = self.raw.get(self._open, "") + data

    def handle_endtag(self, tag: str) -> None:
        if self._open.startswith(tag):
            self._open = ""


def content_of(page: str) -> dict[str, Any]:
    return json.loads(_Page(page).raw["script graph"])


def names_in(page: str) -> set[str]:
    return {name for name, *_ in content_of(page)["nodes"]}


@pytest.mark.parametrize("name", MARKUP, ids=range(len(MARKUP)))
def test_no_name_ends_the_element_of_the_data(name: str) -> None:
    edges = parts("finance", "stripe", name)
    page = render(edges, ["finance"], [file_node(name)])
    plain = render(parts("finance", "stripe", "src/finance/stripe/a.py"), ["finance"], ["file:src/finance/stripe/a.py"])
    assert _Page(page).tags == _Page(plain).tags
    data = _Page(page).raw["script graph"]
    assert data.isascii()
    assert not set(data) & set("<>&")
    assert escape_invisible(quote_path(name)) in names_in(page)


def test_the_policy_names_the_script_and_the_style_of_the_page_and_nothing_else() -> None:
    page = _Page(render(parts("finance", "stripe"), ["finance"]))
    hashes = {
        kind: b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in (("script", page.raw["script"]), ("style", page.raw["style __________cytoscape_stylesheet"]))
    }
    assert dict(page.attributes)["content"] is not None
    policy = next(value for name, value in page.attributes if name == "content" and (value or "").startswith("default-src"))
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in {"src", "href", "style"}]


def test_the_libraries_come_with_their_licences() -> None:
    script = _Page(render([], [])).raw["script"]
    for library in ("cytoscape", "@dagrejs/dagre", "@dagrejs/graphlib"):
        assert re.search(rf"^{library} [\d.]+$", script, re.MULTILINE)
    assert script.count("Permission is hereby granted, free of charge") >= 3


def test_the_same_graph_gives_the_same_bytes() -> None:
    edges = [*parts("finance", "stripe", "src/finance/stripe/a.py"), *parts("legal", "files", "src/legal/files/b.py")]
    assert render(edges, ["finance", "legal"]) == render(edges[::-1], ["legal", "finance"])


def test_the_data_say_what_changed_what_it_is_and_where_it_deploys() -> None:
    path = "src/finance/stripe/raw/a.py"
    edges = [
        *parts("finance", "stripe", path),
        (file_node(path), "table:ingest.stripe.payments", "reads"),
        ("domain:finance", "target:dev", "deployed-to"),
        ("target:dev", "file:targets/dev.yml", "configures"),
        ("domain:finance", "file:uv.lock", "rule"),
        (file_node(path), "file:src/common/readers/csv.py", "imports"),
    ]
    content = content_of(render(edges, ["finance"], finance=("dev", "prod")))
    kinds, ways = content["kinds"], content["ways"]
    nodes = [(name, kinds[kind], parent, changed) for name, kind, parent, changed in content["nodes"]]
    names = [name for name, *_ in nodes]
    assert {name: (kind, names[parent] if parent >= 0 else None) for name, kind, parent, _ in nodes} == {
        "finance": ("domain", None),
        "finance.stripe": ("source", "finance"),
        path: ("code", "finance.stripe"),
        "ingest": ("catalog", None),
        "ingest.stripe": ("schema", "ingest"),
        "ingest.stripe.payments": ("table", "ingest.stripe"),
        "dev": ("target", None),
        "targets/dev.yml": ("config", "dev"),
        "the bundle and its tooling": ("tooling", None),
        "uv.lock": ("config", "the bundle and its tooling"),
        "src/common": ("library", None),
        "src/common/readers": ("library", "src/common"),
        "src/common/readers/csv.py": ("shared", "src/common/readers"),
    }
    flat = content["edges"]
    assert {(names[flat[at]], names[flat[at + 1]], ways[flat[at + 2]]) for at in range(0, len(flat), 3)} == {
        (path, "ingest.stripe.payments", "reads"),
        (path, "src/common/readers/csv.py", "imports"),
        ("dev", "targets/dev.yml", "configures"),
        ("finance", "dev", "deployed-to"),
        ("finance", "uv.lock", "rule"),
    }
    assert [(names[node], content["targets"][target]) for node, target in content["deployments"]] == [
        ("finance", "dev"),
        ("finance", "prod"),
    ]
    assert not content["isImpact"]
    impact = content_of(render(edges, ["finance"], [file_node(path)]))
    assert impact["isImpact"]
    assert [name for name, _, _, changed in impact["nodes"] if changed] == [path]
