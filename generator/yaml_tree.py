"""YAML bytes → a tree of plain values in which everything has a position.

The reader is strict where YAML surprises: one document, no tags, no merge keys, no duplicate keys, no dates, no `yes` for
true and no octal numbers; size, depth and the number of values after aliases are limited, so that no file can explode. It
builds on the parser's events: `yaml.compose` can't tell written tags from its own, and deep nesting crashes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from generator.errors import Problem, SpecError, quoted
from generator.layout import MAX_BYTES
from generator.scalars import UnclearScalarError, is_text, read_scalar

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
TreePath = tuple[str | int, ...]

MAX_DEPTH = 40
MAX_VALUES = 20_000

# libyaml where pyyaml was built with it, as in all wheels: ten times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a value somewhere below a place in a document; `at_key` if the field itself is the fault."""

    path: TreePath
    message: str
    at_key: bool = False

    def below(self, *path: str | int) -> "Fault":
        """Return the fault as seen from further up."""
        return Fault((*path, *self.path), self.message, self.at_key)

    def place(self, *above: str) -> str:
        """Return the path to it, as people write it."""
        return field_name((*above, *self.path))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping, and the positions of its keys and values."""

    file: str
    tree: dict[str, Json]
    values: Mapping[TreePath, Position]
    keys: Mapping[TreePath, Position]

    def located(self, fault: Fault) -> Problem:
        """Return a fault as a problem of this document."""
        return self.problem(fault.path, fault.message, at_key=fault.at_key)

    def problem(self, path: TreePath, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem of the value at `path`, or of its key; a missing value is reported at its parent's position."""
        position = self.keys.get(path) if at_key else None
        known = path
        while position is None:
            position = self.values.get(known)
            if position is None and known == ():
                position = Position(1, 1)
            known = known[:-1]
        return Problem(self.file, position.line, position.column, field_name(path), message)


def field_name(path: TreePath) -> str:
    """Return a path as people write it.

    >>> field_name(("tasks", 0, "notebook_task"))
    'tasks[0].notebook_task'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text if text.isprintable() and len(text) <= 200 else quoted(text, 200)


def parse_document(file: str, content: bytes, *, merges: bool = False, may_be_empty: bool = False) -> Document:
    """Return the mapping that `content` holds; `merges` allows YAML's merge keys. Raises SpecError with all problems."""
    text = _decode(file, content)
    reader = _Reader(file, merges=merges)
    try:
        tree = reader.read_document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(_syntax_problem(file, text, mark, str(error.problem or error.context))) from None
    except yaml.YAMLError as error:
        raise SpecError(Problem(file, 1, 1, "", f"is not YAML: {' '.join(str(error).split())}.")) from None
    if reader.problems:
        raise SpecError(*reader.problems)
    if tree is None and may_be_empty:
        tree = {}
    if not isinstance(tree, dict):
        fault = "is empty" if tree is None else "has a list at the top" if isinstance(tree, list) else "holds a single value"
        raise SpecError(Problem(file, 1, 1, "", f"{fault}; a file of fields is needed, one `name: value` per line."))
    return Document(file, tree, reader.values, reader.keys)


def _decode(file: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise SpecError(Problem(file, 0, 0, "", f"has {len(content)} bytes; at most {MAX_BYTES} are read."))
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise SpecError(Problem(file, 1, 1, "", "begins with a byte order mark; save it as UTF-8 without one."))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        byte = content[error.start]
        raise SpecError(Problem(file, line, column, "", f"is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8.")) from None


def _syntax_problem(file: str, text: str, mark: yaml.Mark | None, problem: str) -> Problem:
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    if line < len(lines) and "\t" in lines[line][: column + 1]:
        return Problem(file, line + 1, column + 1, "", "a tab where YAML wants spaces; indent with spaces.")
    return Problem(file, line + 1, column + 1, "", f"is not YAML here: {problem}.")


@dataclass(slots=True)
class _Reader:
    """Builds the tree from events, and collects positions and problems on the way."""

    file: str
    merges: bool = False
    problems: list[Problem] = field(default_factory=list)
    values: dict[TreePath, Position] = field(default_factory=dict)
    keys: dict[TreePath, Position] = field(default_factory=dict)
    anchors: dict[str, tuple[Json, int]] = field(default_factory=dict)
    count: int = 0

    def read_document(self, events: Iterator[yaml.Event]) -> Json:
        tree: Json = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise SpecError(self._problem(event, (), "a second document begins here; a file holds one."))
            elif isinstance(event, yaml.NodeEvent):
                tree = self._read_node(event, events, ())
        return tree

    def _read_node(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], path: TreePath) -> Json:
        self.values[path] = _position(event)
        self._count_values(1, event, path)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise SpecError(self._problem(event, path, f"`*{event.anchor}` refers to no anchor above it."))
            value, size = self.anchors[event.anchor]
            self._count_values(size, event, path)
            return value
        if len(path) > MAX_DEPTH:
            raise SpecError(self._problem(event, path[:3], f"is nested deeper than {MAX_DEPTH} levels."))
        before = self.count
        if isinstance(event, yaml.MappingStartEvent):
            value = self._read_mapping(events, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._read_sequence(events, path)
        else:
            value = self._read_scalar(event, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.count - before)
        tag = getattr(event, "tag", None)
        if tag is not None and not (isinstance(event, yaml.ScalarEvent) and tag == "!"):
            self.problems.append(
                self._problem(event, path, f"has the tag {quoted(tag)}; tags aren't used here, leave it out.")
            )
        return value

    def _count_values(self, size: int, event: yaml.Event, path: TreePath) -> None:
        self.count += size
        if self.count > MAX_VALUES:
            raise SpecError(
                self._problem(event, path[:3], f"more than {MAX_VALUES} values here, aliases counted as written out.")
            )

    def _read_sequence(self, events: Iterator[yaml.Event], path: TreePath) -> list[Json]:
        items: list[Json] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            if isinstance(event, yaml.NodeEvent):
                items.append(self._read_node(event, events, (*path, len(items))))
        return items

    def _read_mapping(self, events: Iterator[yaml.Event], path: TreePath) -> dict[str, Json]:
        fields: dict[str, Json] = {}
        merged: list[Json] = []
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise SpecError(
                    self._problem(event, path, "a field's name must be here, not a list, a mapping or an alias.")
                )
            key = event.value
            place = (*path, key)
            if self.merges and key == "<<" and not event.style:
                merged += self._read_merged(events, place)
                continue
            if key == "<<" and not event.style:
                message = "merge keys aren't supported; name a preset of resources/_models, or write the fields out."
                self.problems.append(self._problem(event, place, message))
            elif event.implicit[0] and not is_text(key):
                message = f'the name {quoted(key)} doesn\'t read as text; put quotes around it: "{key}".'
                self.problems.append(self._problem(event, path, message))
            elif key in fields:
                first = self.keys[place]
                self.problems.append(self._problem(event, place, f"is set twice, first in line {first.line}. Remove one."))
            self.keys.setdefault(place, _position(event))
            following = next(events)
            if isinstance(following, yaml.NodeEvent):
                fields[key] = self._read_node(following, events, place)
        for more in merged:
            # What stands in the mapping itself wins, then what was merged first.
            fields = {**more, **fields} if isinstance(more, dict) else fields
        return fields

    def _read_merged(self, events: Iterator[yaml.Event], place: TreePath) -> list[Json]:
        """Return the mappings under a merge key."""
        event = next(events)
        if not isinstance(event, yaml.NodeEvent):
            return []
        value = self._read_node(event, events, place)
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in mappings):
            self.problems.append(self._problem(event, place, "must be a mapping, or a list of some, to be merged."))
        return mappings

    def _read_scalar(self, event: yaml.NodeEvent, path: TreePath) -> Json:
        if not isinstance(event, yaml.ScalarEvent):
            raise SpecError(self._problem(event, path, "is not a value."))
        if not event.implicit[0]:
            return event.value
        try:
            return read_scalar(event.value)
        except UnclearScalarError as error:
            self.problems.append(self._problem(event, path, f"{quoted(event.value)} {error}. Text needs quotes here."))
        return event.value

    def _problem(self, event: yaml.Event, path: TreePath, message: str) -> Problem:
        position = _position(event)
        return Problem(self.file, position.line, position.column, field_name(path), message)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
