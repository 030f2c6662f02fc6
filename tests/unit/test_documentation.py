"""The documentation is true of the code: what it names is there, its picture is the contract's, its links lead somewhere."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from scope.deployment.target import TargetSettings, check_host
from scope.errors import Refused, UsageError
from scope.repository.settings import load_rules
from tests.support.sandbox import REPOSITORY, tracked_files

_PAGES = sorted(path for path in tracked_files(REPOSITORY) if re.fullmatch(r"(docs/.*/?)?[^/]+\.md", path))
_ABOUT_CODE = ("docs/architecture.md", "CONTRIBUTING.md")
_FENCE = re.compile(r"^```[^\n]*\n.*?^```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:scope|tests|generator|src|resources|specs|targets|docs|\.github|\.ci)/[\w./-]*")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
# `name` in `module`, `name` and `other` in `module`, `name` (`module`), and the rows of tables: step, functions, module.
_SPANS = r"`\w+`(?:(?:, | and )`\w+`)*"
_DEFINED = re.compile(rf"({_SPANS})(?: in | of | \(|\s\|\s)`((?:scope|tests)/[\w/]+\.py)`")


def text_of(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


@cache
def names_of(module: Path) -> frozenset[str]:
    """Return every function, class and constant that a module defines, methods too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return frozenset(names)


def layers() -> list[set[str]]:
    """Return the layers of the contract, from top to bottom."""
    tree = tomllib.loads(text_of("pyproject.toml"))
    contract = next(one for one in tree["tool"]["importlinter"]["contracts"] if one["id"] == "rooms")
    return [set(re.split(r" [|:] ", layer)) for layer in contract["layers"]]


def rooms() -> list[Path]:
    return sorted(path.parent for path in (REPOSITORY / "scope").glob("*/__init__.py"))


# What is named


@pytest.mark.parametrize("page", _ABOUT_CODE)
def test_every_path_that_is_named_exists(page: str) -> None:
    named = {span for span in _SPAN.findall(_FENCE.sub("", text_of(page))) if _PATH.fullmatch(span)}
    assert any(path.startswith("scope/") for path in named)
    assert [path for path in sorted(named) if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("page", _ABOUT_CODE)
def test_every_name_stands_in_the_module_that_is_said_to_have_it(page: str) -> None:
    missing = [
        f"{module}: {name}"
        for spans, module in _DEFINED.findall(" ".join(text_of(page).split()))
        for name in _SPAN.findall(spans)
        if name not in names_of(REPOSITORY / module)
    ]
    assert missing == []


def test_the_functions_on_the_way_to_a_deploy_are_looked_up() -> None:
    documented = {(spans, module) for spans, module in _DEFINED.findall(" ".join(text_of("docs/architecture.md").split()))}
    assert ("`open_session`", "scope/bootstrap.py") in documented
    assert ("`check_upload`, `delete_strays`", "scope/deployment/verification.py") in documented


def test_every_room_is_described() -> None:
    text = text_of("docs/architecture.md")
    tops = [path.relative_to(REPOSITORY).as_posix() for path in sorted((REPOSITORY / "scope").glob("*.py"))]
    named = [f"{room.relative_to(REPOSITORY).as_posix()}/" for room in rooms()]
    assert [path for path in [*tops, *named] if f"| `{path}`" not in text and f", `{path}`" not in text] == [
        "scope/__init__.py"
    ]


# What may import what


def test_the_picture_says_what_the_contract_says() -> None:
    picture = next(block for block in _FENCE.findall(text_of("docs/architecture.md")) if block.startswith("```mermaid"))
    labels = {name: set(label.split(" · ")) for name, label in re.findall(r'(\w+)\["([^"]+)"\]', picture)}
    arrows = [(one, other) for one, other in re.findall(r"(\w+)(?:\[[^\]]*\])? --> (\w+)", picture)]
    may: dict[str, set[str]] = {}
    for one, other in reversed(arrows):  # from the bottom up
        may.setdefault(one, set()).update(labels[other], may.get(other, set()))
    drawn = {room: may.get(name, set()) for name, label in labels.items() for room in label}
    order = layers()
    assert drawn == {room: set().union(*order[level + 1 :]) for level, layer in enumerate(order) for room in layer}


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_says_what_it_may_import(room: Path) -> None:
    order = layers()
    level = next(level for level, layer in enumerate(order) if room.name in layer)
    said = re.search(
        r"May import (.*?) and the rooms below", ast.get_docstring(ast.parse((room / "__init__.py").read_bytes())) or ""
    )
    assert said is not None
    assert set(_SPAN.findall(said[1])) == order[level + 1]


# What messages say


@cache
def messages() -> frozenset[str]:
    """Return every text in scope and in the bundle's guard, with a line end in the place of each value."""
    texts = {text_of("databricks.yml")}
    for module in sorted((REPOSITORY / "scope").rglob("*.py")):
        tree = ast.parse(module.read_bytes())
        docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                texts.add("".join(str(part.value) if isinstance(part, ast.Constant) else "\n" for part in node.values))
    return frozenset(texts)


def quoted_messages() -> list[str]:
    """Return the parts of messages that the table of refusals quotes, without what differs each time."""
    text = text_of("docs/operations.md")
    rows = re.findall(r"^\| (`.*?) \| ", text[text.index("## Refusals") : text.index("## Rolling back")], re.MULTILINE)
    spans = [span for row in rows for span in _SPAN.findall(row)]
    return [part.strip() for span in spans for part in re.split(r"…|\b[A-Z]+$", span) if part.strip()]


def test_the_table_of_refusals_is_read() -> None:
    assert {"is held by", "--approve-destructive", "is checked out"} <= set(quoted_messages())


@pytest.mark.parametrize("part", quoted_messages())
def test_every_message_that_is_quoted_is_one_that_scope_writes(part: str) -> None:
    assert any(part in message for message in messages())


def test_the_examples_of_messages_are_what_scope_says() -> None:
    hosts = "https://prod.example.com", "https://dev.example.com"
    prod = TargetSettings("prod", "platform", hosts[0], "targets/prod.yml:9", "", "", "production", "main")
    with pytest.raises(Refused) as refused:
        check_host(prod, hosts[1])
    with pytest.raises(UsageError) as wrong:
        load_rules(b"[tool.scope]\nmatrix_jobs = 20\nmax-deletions = -1\n")
    example = next(block for block in _FENCE.findall(text_of("docs/architecture.md")) if block.startswith("```text"))
    assert " ".join(f"{refused.value} {wrong.value}".split()) == " ".join(example.split()[1:-1])


# Where links lead


def anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_within_the_repository_leads_somewhere(page: str) -> None:
    text = _FENCE.sub("", text_of(page))
    broken: list[str] = []
    for link in _LINK.findall(text):
        path, _, fragment = link.partition("#")
        if "://" in link:
            continue
        place = (REPOSITORY / page).parent / path if path else REPOSITORY / page
        anchors = {anchor(heading) for heading in _HEADING.findall(place.read_text(encoding="utf-8"))} if fragment else set()
        if not place.exists() or (fragment and fragment not in anchors):
            broken.append(link)
    assert broken == []
