"""The uses of a file as text that is kept: a blob in its place never has other uses for the same code."""

import json

from scope.inference.uses import ImportedName, ModuleUse, NotebookRun, PathUse, Uses


def dump_uses(uses: Uses) -> str:
    """Return the uses of a file as text."""
    return json.dumps(
        [
            sorted([use.name, use.line, use.certain] for use in uses.modules),
            sorted([use.path, use.line, use.relative_to, use.anchor] for use in uses.paths),
            uses.dynamic,
            uses.broken,
            uses.too_large,
            sorted([name.module, name.name, name.line] for name in uses.names),
            sorted([run.paths, run.line] for run in uses.runs),
        ]
    )


def load_uses(text: str) -> Uses:
    """Return the uses that `dump_uses` has made a text of."""
    modules, paths, dynamic, broken, too_large, names, runs = json.loads(text)
    return Uses(
        frozenset(ModuleUse(*use) for use in modules),
        frozenset(PathUse(*use) for use in paths),
        tuple(dynamic),
        broken,
        too_large,
        frozenset(ImportedName(*name) for name in names),
        frozenset(NotebookRun(tuple(texts), line) for texts, line in runs),
    )
