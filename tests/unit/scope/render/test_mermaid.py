"""The flowchart: labels that do nothing, and nothing at all where it is too long."""

from scope.render.mermaid import Edge, Node, render_flowchart


def test_boxes_and_arrows_stand_in_the_order_given() -> None:
    nodes = (Node("a", "src/a"), Node("b", "finance", "domain"), Node("c", "sales", "reader"))
    edges = (Edge("a", "b", "imports"), Edge("b", "c", "read by", is_dashed=True))
    assert render_flowchart(nodes, edges) == (
        "flowchart LR\n"
        '  n0["src/a"]\n'
        '  n1(["finance"]):::domain\n'
        '  n2(["sales"]):::reader\n'
        '  n0 -->|"imports"| n1\n'
        '  n1 -.->|"read by"| n2\n'
        "  classDef domain fill:#dafbe1,stroke:#1a7f37,color:#1f2328\n"
        "  classDef reader fill:#ddf4ff,stroke:#0969da,color:#1f2328,stroke-dasharray:4 3\n"
    )


def test_whatever_means_something_in_a_label_is_a_character_code() -> None:
    drawn = render_flowchart([Node("a", '"]; click n0 "javascript:alert(1)" %%{init}%% ```<b>\n1. x')], ())
    assert drawn is not None
    label = drawn.splitlines()[1].removeprefix('  n0["').removesuffix('"]')
    assert not set(label) & set("\"[]()`<>%{}:.\n\\'")
    assert len(drawn.splitlines()) == 2


def test_an_empty_label_keeps_its_box() -> None:
    assert render_flowchart([Node("a", "")], ()) == 'flowchart LR\n  n0["#8203;"]\n'


def test_a_long_label_loses_its_middle() -> None:
    drawn = render_flowchart([Node("a", "x" * 500 + "end")], ())
    assert drawn is not None
    assert "xend" in drawn
    assert len(drawn) < 150


def test_arrows_of_nodes_that_are_not_given_are_left_out() -> None:
    assert render_flowchart([Node("a", "a")], [Edge("a", "b")]) == 'flowchart LR\n  n0["a"]\n'


def test_what_github_would_not_draw_is_nothing() -> None:
    assert render_flowchart([Node(f"{number}", "x" * 80) for number in range(1000)], ()) is None
    assert render_flowchart([Node("a", "a")], (), limit=10) is None


def test_what_has_changed_is_marked_over_the_style_of_its_kind() -> None:
    drawn = render_flowchart([Node("a", "a", "domain", True), Node("b", "b"), Node("c", "c", is_changed=True)], ())
    assert drawn is not None
    assert drawn.splitlines()[-3:] == [
        "  classDef domain fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        "  classDef changed stroke:#bc4c00,stroke-width:3px",
        "  class n0,n2 changed",
    ]
