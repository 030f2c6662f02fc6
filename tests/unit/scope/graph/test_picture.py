"""The graph as a picture, folded until a person can read it."""

import pytest

from scope.graph.containment import Homes
from scope.graph.picture import Extent, Node, Picture, draw_picture, fold

DOMAIN = Extent(domains=frozenset({"a"}))


def test_a_picture_holds_what_depends_on_the_changed_and_nothing_else() -> None:
    edges = [
        ("domain:a", "file:src/a/s/x.py", "part-of"),
        ("file:src/a/s/x.py", "file:m", "imports"),
        ("domain:b", "file:n", "rule"),
    ]
    drawn = draw_picture(edges, Extent(frozenset({"file:m"}), frozenset({"a", "b"})))
    assert [node.id for node in drawn.nodes] == ["domain:a", "file:m", "file:src/a/s/x.py"]
    assert [node.id for node in drawn.nodes if node.is_changed] == ["file:m"]


def test_a_picture_of_a_hundred_domains_is_folded_until_it_can_be_read() -> None:
    names = [f"d{number:02}" for number in range(100)]
    edges = [
        (f"domain:{name}", f"file:src/{name}/s/{layer}/{file}.py", "part-of")
        for name in names
        for layer in ("raw", "base")
        for file in range(5)
    ]
    shared = [(f"file:src/{name}/s/raw/0.py", f"file:src/common/lib/m{name}.py", "imports") for name in names]
    drawn = draw_picture([*edges, *shared], Extent(domains=frozenset(names)))
    assert drawn.nodes == (
        Node("domain:d00", "domain", members=tuple(names)),
        Node("library:src/common/lib", "library"),
    )
    assert drawn.edges == (("domain:d00", "library:src/common/lib", "imports"),)
    assert drawn.folded == (
        "files and tables into sources",
        "sources into domains",
        "shared files into folders",
        "what has the same arrows into one node",
    )


def test_a_small_picture_is_not_folded() -> None:
    assert draw_picture([("domain:a", "file:src/a/s/x.py", "part-of")], DOMAIN).folded == ()


def test_a_catalog_that_no_domain_has_is_a_catalog() -> None:
    edges = [("file:src/a/s/x.py", f"table:ingest.{schema}.t", "reads") for schema in ("one", "two")]
    own = [("table:a.s.t", "file:src/a/s/x.py", "written-by"), ("file:src/a/s/y.py", "table:a.s.t", "reads")]
    drawn = draw_picture([*edges, *own, ("domain:a", "source:a.s", "part-of")], DOMAIN, limit=2)
    assert [(node.id, node.kind) for node in drawn.nodes] == [("catalog:ingest", "catalog"), ("domain:a", "domain")]


def test_a_domain_that_is_gone_is_marked_as_removed() -> None:
    extent = Extent(frozenset({"file:src/a/s/x.py"}), frozenset({"a"}), removed=frozenset({"a"}))
    drawn = draw_picture([("domain:a", "file:src/a/s/x.py", "part-of")], extent, limit=1)
    assert drawn.nodes == (Node("domain:a", "removed", changed_files=1),)


def test_what_is_folded_counts_its_changed_files() -> None:
    changed = frozenset(f"file:src/a/s/x{number}.py" for number in range(5))
    edges = [("source:a.s", f"file:src/a/s/x{number}.py", "part-of") for number in range(9)]
    drawn = draw_picture([("domain:a", "source:a.s", "part-of"), *edges], Extent(changed, frozenset({"a"})), limit=2)
    assert drawn.nodes == (Node("domain:a", "domain"), Node("source:a.s", "source", changed_files=5))


def test_a_file_that_is_alone_in_a_folder_keeps_its_name() -> None:
    edges = [(f"domain:a{number}", "file:src/common/lib/m.py", "imports") for number in range(3)]
    drawn = draw_picture([*edges, *((f"domain:a{number}", "file:tool.cfg", "rule") for number in range(3))], DOMAIN, limit=1)
    assert {node.id for node in drawn.nodes} == {"domain:a0", "file:src/common/lib/m.py", "file:tool.cfg"}


@pytest.mark.parametrize(
    ("nodes", "edges", "members"),
    [
        pytest.param(
            [Node("domain:a", "domain"), Node("domain:b", "domain"), Node("file:m", "shared")],
            [("domain:a", "file:m", "imports"), ("domain:b", "file:m", "imports")],
            {("a", "b")},
            id="the same arrows",
        ),
        pytest.param(
            [Node("domain:a", "domain"), Node("domain:b", "domain"), Node("file:m", "shared")],
            [("domain:a", "file:m", "imports"), ("domain:b", "file:m", "rule")],
            set(),
            id="another arrow",
        ),
        pytest.param(
            [Node("domain:a", "domain"), Node("domain:b", "removed"), Node("file:m", "shared")],
            [("domain:a", "file:m", "imports"), ("domain:b", "file:m", "imports")],
            set(),
            id="another kind",
        ),
        pytest.param(
            [Node("file:m", "shared", 1), Node("file:n", "shared"), Node("domain:a", "domain")],
            [("domain:a", "file:m", "imports"), ("domain:a", "file:n", "imports")],
            set(),
            id="changed or not",
        ),
        pytest.param(
            [Node(f"domain:{name}", "domain") for name in "abc"] + [Node(f"reader:{name}", "reader") for name in "abc"],
            [(f"reader:{reader}", f"domain:{domain}", "reads") for domain in "abc" for reader in "abc"],
            {("a", "b", "c")},
            id="both ends",
        ),
    ],
)
def test_what_is_equal_is_one_node_with_its_members(
    nodes: list[Node], edges: list[tuple[str, str, str]], members: set[tuple[str, ...]]
) -> None:
    drawn = fold(Picture(tuple(sorted(nodes)), tuple(sorted(edges))), lambda _: False, Homes({"a", "b", "c"}))
    assert {node.members for node in drawn.nodes if node.members} == members


def test_what_fits_nowhere_else_is_folded_by_kind_if_that_is_asked_for() -> None:
    nodes = [Node(f"domain:d{number}", "domain") for number in range(9)]
    edges = [(f"domain:d{number}", f"domain:d{number + 1}", "reads") for number in range(8)]
    picture = Picture(tuple(nodes), tuple(edges))
    assert len(fold(picture, lambda one: len(one.nodes) == 1, Homes(()), until_by_kind=True).nodes) == 1
    assert len(fold(picture, lambda one: len(one.nodes) == 1, Homes(())).nodes) == 9
