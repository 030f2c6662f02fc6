"""The document of a spec that nobody has written yet: its problems are told at the places that it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.errors import Problem
from generator.importing.definitions import Part
from generator.yaml_tree import Document, Position, TreePath


@dataclass(frozen=True, slots=True)
class Origin(Position):
    """The place of a value in a file that it was taken from."""

    part: Part
    path: TreePath


class ImportedDocument(Document):
    """A spec's document whose positions are origins; variants of it, for single targets, are such documents, too."""

    def problem(self, path: TreePath, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem of the value that the value at `path` was made from."""
        for length in range(len(path), -1, -1):
            origin = self.values.get(path[:length])
            if isinstance(origin, Origin):
                return origin.part.problem((*origin.path, *path[length:]), message, at_key=at_key)
        return super().problem(path, message, at_key=at_key)


def origins_of(part: Part, paths: Mapping[TreePath, TreePath], at: TreePath = ()) -> dict[TreePath, Origin]:
    """Return origins by the path in a spec, below `at`, for paths in a part."""
    return {(*at, *path): Origin(1, 1, part, origin) for path, origin in paths.items()}
