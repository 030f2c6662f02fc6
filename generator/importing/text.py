"""A spec's tree → its text, as a person would write it; and the comments of a YAML text, which no tree holds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from generator.emit import QuotingDumper
from generator.layout import Kind
from generator.scaffold import schema_line
from generator.yaml_tree import Json

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its line, from 1, and whether nothing else stands there."""

    line: int
    text: str
    is_alone: bool


class _SpecDumper(QuotingDumper):
    """Writes texts of several lines as blocks, and lists below their names."""

    def represent_lines(self, text: str) -> yaml.ScalarNode:
        node = self.represent_text(text)
        if "\n" in text and not node.style:
            node.style = "|"
        return node

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  a spec has no anchors
        return True


_SpecDumper.add_representer(str, _SpecDumper.represent_lines)


def spec_text(path: str, kind: Kind, tree: Mapping[str, Json], comments: Iterable[str]) -> str:
    """Return the text of the spec at a path; the comments go above its fields."""
    # Lines are as long as their texts.
    body = yaml.dump(dict(tree), Dumper=_SpecDumper, sort_keys=False, allow_unicode=True, width=100_000)
    return "\n".join([schema_line(path, kind), *comments, body])


def plain_yaml(tree: Mapping[str, Json]) -> str:
    """Return a file of the bundle, in the same form."""
    return yaml.dump(dict(tree), Dumper=_SpecDumper, sort_keys=False, allow_unicode=True, width=100_000)


@lru_cache(maxsize=4)
def comments_of(text: str) -> tuple[Comment, ...]:
    """Return the comments of a YAML text that was parsed before."""
    inside: dict[int, list[tuple[int, int]]] = {}
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark, token.end_mark
            for line in range(start.line, end.line + 1):
                first = start.column if line == start.line else 0
                last = end.column if line == end.line else len(text)
                inside.setdefault(line, []).append((first, last))
    found: list[Comment] = []
    for number, line in enumerate(text.splitlines()):
        for match in _COMMENT.finditer(line):
            if not any(first <= match.start() < last for first, last in inside.get(number, ())):
                shown = line[match.start() :].rstrip()
                found.append(Comment(number + 1, shown, is_alone=not line[: match.start()].strip()))
                break
    return tuple(found)


def comments_above(line: int, comments: Iterable[Comment]) -> list[Comment]:
    """Return the comments that stand in the lines right above one, from top to bottom."""
    alone = {one.line: one for one in comments if one.is_alone}
    above: list[Comment] = []
    while (line := line - 1) in alone:
        above.insert(0, alone[line])
    return above
