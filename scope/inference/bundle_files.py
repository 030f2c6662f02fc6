"""What a bundle's own YAML says of files: what it includes and syncs, which targets it has, and where its texts may lead.

Read without the CLI, so more than it really uses may be found, and never less: whatever a text could mean as a path counts.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scope.inference.yaml_nodes import compose, find_node

if TYPE_CHECKING:
    import yaml

# In the order in which the CLI looks for them.
CONFIG_NAMES = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")
# The target of a bundle that has none.
DEFAULT_TARGET = "default"
# What makes the CLI run code of the bundle, which may read any file of its folder.
_PYTHON = (("python",), ("experimental", "python"), ("experimental", "pydabs"))
_CODE = (("artifacts",), ("experimental", "scripts"), *_PYTHON)
# What is read as such, and commands that people start, and no deploy does.
_NO_WORDS = ("sync", "include", "scripts")
_TARGETS = ("targets", "environments")
# Without one of these at its root, a file has nothing but words.
_KEYS = frozenset({*_TARGETS, "<<", *_NO_WORDS, *(keys[0] for keys in _CODE)})
# Mappings that take from each other in a circle, or from many, aren't followed for ever.
_MOST_MERGES = 4
_WORD = re.compile(r"[^\s'\"`=,;:()|&<>${}\[\]]+")
_GLOB = re.compile(r"[*?\[]")


class UnreadableBundleError(ValueError):
    """A bundle's file can't be read. The message says why; `line` is where, or 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class SyncText:
    """One `sync` of a file as it is written. `paths` are None if it names none, which isn't the same as an empty list."""

    paths: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleText:
    """One YAML file of a bundle, with lists in their order and paths as they are written.

    `targets` has each target's line, `target_syncs` has those with a `sync` of their own. `words` are the parts of all
    texts that may be paths.
    """

    includes: tuple[str, ...] = ()
    sync: SyncText = SyncText()
    target_syncs: tuple[tuple[str, SyncText], ...] = ()
    artifact_paths: tuple[str, ...] = ()
    targets: tuple[tuple[str, int], ...] = ()
    words: frozenset[str] = frozenset()
    runs_code: bool = False
    has_python: bool = False
    venv: str | None = None


def read_bundle_text(content: bytes) -> BundleText:
    """Return what a bundle's file says. Raises `UnreadableBundleError`."""
    import yaml

    try:
        tree = compose(content)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise UnreadableBundleError(f"it isn't YAML: {error.problem or 'nobody knows why'}", line) from None
    except (ValueError, yaml.YAMLError) as error:
        raise UnreadableBundleError(" ".join(str(error).split())) from None
    if tree is not None and not isinstance(tree, yaml.MappingNode):
        raise UnreadableBundleError("it holds no mapping", 1)
    if tree is None or _KEYS.isdisjoint(key.value for key, _ in tree.value if isinstance(key, yaml.ScalarNode)):
        # As most that define resources.
        return BundleText(words=_find_all_words(_scalars(tree)))
    target_syncs = ((name, _find(target, "sync")) for name, _, target in _targets(tree))
    return BundleText(
        includes=_texts(_find(tree, "include")) or (),
        sync=_read_sync(_find(tree, "sync")),
        target_syncs=tuple((name, _read_sync(sync)) for name, sync in target_syncs if sync is not None),
        artifact_paths=tuple(_artifact_paths(tree)),
        targets=tuple((name, line) for name, line, _ in _targets(tree)),
        words=_find_all_words(_scalars(tree)),
        runs_code=_has_any(tree, _CODE),
        has_python=_has_any(tree, _PYTHON),
        venv=next(filter(None, (_text(_find(tree, *keys, "venv_path")) for keys in _PYTHON)), None),
    )


def _read_sync(node: "yaml.Node | None") -> SyncText:
    return SyncText(
        paths=_texts(_find(node, "paths")),
        include=_texts(_find(node, "include")) or (),
        exclude=_texts(_find(node, "exclude")) or (),
    )


def _has_any(tree: "yaml.Node | None", keys: Iterable[tuple[str, ...]]) -> bool:
    return any(_find(part, *one) is not None for part in _parts(tree) for one in keys)


def _find_all_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the parts of texts that may be paths; each whole text of one line, too, since a path may hold any letter."""
    listed = list(texts)
    return frozenset(find_words(" ".join(listed))).union(text for text in listed if "/" in text and "\n" not in text)


def find_words(text: str) -> Iterator[str]:
    """Yield the parts of a text that may be paths: with a slash or a dot, and no letter that only an expression has."""
    for word in _WORD.findall(text):
        if "/" in word or "." in word:
            # `file:///../libs` and `{root:uri}/../libs` mean a path that counts from here.
            yield word.lstrip("/") if ".." in word else word


def resolve(folder: str, word: str) -> str | None:
    """Return the path that a text means from a folder, both relative to the repository's root; None for one outside."""
    path = posixpath.normpath(posixpath.join(folder, word))
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def fixed_part(path: str) -> str:
    """Return the folder below which all that a glob matches lies; the path itself, if it is no glob."""
    match = _GLOB.search(path)
    return path if match is None else posixpath.dirname(path[: match.start()] + "x")


def without_expression(path: str) -> str:
    """Return the folder below which a path lies whose end only a deploy knows; the path itself, if it has no `${…}`."""
    start, expression, _ = path.partition("${")
    return posixpath.dirname(start + "x") or "." if expression else path


def _parts(tree: "yaml.Node | None") -> Iterator["yaml.Node | None"]:
    yield tree
    yield from (target for _, _, target in _targets(tree))


def _targets(tree: "yaml.Node | None") -> Iterator[tuple[str, int, "yaml.Node"]]:
    import yaml

    for name in _TARGETS:
        listed = _find(tree, name)
        if isinstance(listed, yaml.MappingNode):
            for key, value in listed.value:
                yield str(key.value), key.start_mark.line + 1, value


def _artifact_paths(tree: "yaml.Node | None") -> Iterator[str]:
    import yaml

    for part in _parts(tree):
        artifacts = _find(part, "artifacts")
        if isinstance(artifacts, yaml.MappingNode):
            yield from (_text(_find(value, "path")) or "." for _, value in artifacts.value)


def _find(node: "yaml.Node | None", *keys: str) -> "yaml.Node | None":
    """Return the value that keys lead to, also through `<<`, or None."""
    for name in keys:
        node = _find_key(node, name, _MOST_MERGES)
    return node


def _find_key(node: "yaml.Node | None", name: str, depth: int) -> "yaml.Node | None":
    import yaml

    value = find_node(node, name)
    merged = find_node(node, "<<") if value is None and depth else None
    sources = merged.value if isinstance(merged, yaml.SequenceNode) else [merged] if merged is not None else []
    found = (_find_key(source, name, depth - 1) for source in sources)
    return value if value is not None else next((one for one in found if one is not None), None)


def _texts(node: "yaml.Node | None") -> tuple[str, ...] | None:
    import yaml

    if not isinstance(node, yaml.SequenceNode):
        return None
    return tuple(item.value for item in node.value if isinstance(item, yaml.ScalarNode))


def _text(node: "yaml.Node | None") -> str | None:
    import yaml

    return node.value if isinstance(node, yaml.ScalarNode) else None


def _scalars(tree: "yaml.Node | None") -> Iterator[str]:
    """Yield every text of a file that may lead somewhere once: an alias stands for what was read already."""
    import yaml

    seen: set[int] = set()
    waiting = [*_list_parts(tree)]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node.value
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]


def _list_parts(tree: "yaml.Node | None") -> Iterator["yaml.Node"]:
    """Yield the keys and values of a file's root and of its targets, but for those whose texts aren't words."""
    import yaml

    for key, value in _list_worded(tree):
        if isinstance(key, yaml.ScalarNode) and key.value in _TARGETS and isinstance(value, yaml.MappingNode):
            for name, target in value.value:
                yield name
                pairs = _list_worded(target) if isinstance(target, yaml.MappingNode) else [(target, target)]
                yield from (part for pair in pairs for part in pair)
        else:
            yield key
            yield value


def _list_worded(node: "yaml.Node | None") -> Iterator[tuple["yaml.Node", "yaml.Node"]]:
    import yaml

    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return ((key, value) for key, value in pairs if not (isinstance(key, yaml.ScalarNode) and key.value in _NO_WORDS))
