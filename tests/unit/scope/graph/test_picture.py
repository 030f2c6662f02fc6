"""The graph as a picture, folded until a person can read it."""

from scope.graph.picture import draw_picture


def test_a_picture_holds_what_depends_on_the_changed_and_nothing_else() -> None:
    edges = [
        ("domain:a", "file:src/a/s/x.py", "part-of"),
        ("file:src/a/s/x.py", "file:m", "imports"),
        ("domain:b", "file:n", "rule"),
    ]
    drawn = draw_picture(edges, frozenset({"file:m"}))
    assert [node.id for node in drawn.nodes] == ["domain:a", "file:m", "file:src/a/s/x.py"]
    assert [node.id for node in drawn.nodes if node.is_changed] == ["file:m"]


def test_a_picture_of_a_hundred_domains_is_folded_until_it_can_be_read() -> None:
    edges = [
        (f"domain:d{number}", f"file:src/d{number}/s/{layer}/{file}.py", "part-of")
        for number in range(100)
        for layer in ("raw", "base")
        for file in range(5)
    ]
    shared = [(f"file:src/d{number}/s/raw/0.py", f"file:src/common/lib/m{number}.py", "imports") for number in range(100)]
    drawn = draw_picture([*edges, *shared])
    assert len(drawn.nodes) == 101
    assert drawn.folded[-1] == "shared files into folders"
    assert {one for one, _, _ in drawn.edges} == {f"domain:d{number}" for number in range(100)}


def test_a_small_picture_is_not_folded() -> None:
    assert draw_picture([("domain:a", "file:src/a/s/x.py", "part-of")]).folded == ()
