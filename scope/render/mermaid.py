"""Nodes and edges as a Mermaid flowchart, with every label inert.

Labels are quoted, and every character with a meaning in Mermaid, Markdown or HTML is written as a character code, so that
a file's name can neither end the code fence around it nor add a link, a style or a node.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scope.escaping import escape_invisible, shortened

# GitHub draws nothing longer.
MERMAID_LIMIT = 50_000
# Of a label, where nothing else is asked for.
LABEL_LENGTH = 80
_PLAIN = re.compile(r"[^A-Za-z0-9 _/]")
_BOXES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "file": ("[", "]"),
        "domain": ("([", "])"),
        "reader": ("([", "])"),
        "removed": ("([", "])"),
        "table": ("[(", ")]"),
        "catalog": ("[(", ")]"),
    }
)
_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "catalog": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
        "domain": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        "removed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
        "reader": "fill:#ddf4ff,stroke:#0969da,color:#1f2328,stroke-dasharray:4 3",
    }
)
# Over the style of its kind.
_CHANGED = "stroke:#bc4c00,stroke-width:3px"


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `kind` is `file`, `domain`, `reader`, `removed`, `table` or `catalog`; any other kind gives a plain box."""

    name: str
    label: str
    kind: str = "file"
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes, by their names; dashed if nothing is deployed because of it."""

    start: str
    end: str
    label: str = ""
    is_dashed: bool = False


def render_flowchart(
    nodes: Iterable[Node], edges: Iterable[Edge], limit: int = MERMAID_LIMIT, label_length: int = LABEL_LENGTH
) -> str | None:
    """Return the flowchart, from left to right in the order given, or None if it is longer than `limit` characters.

    Edges of unknown nodes are left out; labels beyond `label_length` characters lose their middle.
    """
    shown = list(nodes)
    ids = {node.name: f"n{number}" for number, node in enumerate(shown)}
    lines = ["flowchart LR"]
    for node in shown:
        left, right = _BOXES.get(node.kind, ("[", "]"))
        styled = f":::{node.kind}" if node.kind in _STYLES else ""
        lines.append(f'  {ids[node.name]}{left}"{_escape_label(node.label, label_length)}"{right}{styled}')
    for edge in edges:
        if edge.start in ids and edge.end in ids:
            arrow = "-.->" if edge.is_dashed else "-->"
            text = f'|"{_escape_label(edge.label, label_length)}"|' if edge.label else ""
            lines.append(f"  {ids[edge.start]} {arrow}{text} {ids[edge.end]}")
    lines += [f"  classDef {kind} {_STYLES[kind]}" for kind in sorted({node.kind for node in shown} & _STYLES.keys())]
    if changed := [ids[node.name] for node in shown if node.is_changed]:
        lines += [f"  classDef changed {_CHANGED}", f"  class {','.join(changed)} changed"]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= limit else None


def _escape_label(text: str, length: int) -> str:
    coded = _PLAIN.sub(lambda match: f"#{ord(match[0])};", shortened(escape_invisible(text), length))
    return coded if coded.strip() else "#8203;"
