"""What a file says of tables, as text that is kept: a blob never says anything else to the same code."""

import json

from scope.lineage.table_uses import FileTables, TableRead, TableUses

# Files in Python, and cells of notebooks, hang on others that they import or run.
_HANGING = (".ipynb", ".py")


def stands_alone(path: str, content: bytes) -> bool:
    """Return whether what a file says of tables depends on its place and its content alone."""
    return not path.lower().endswith(_HANGING) and b"MAGIC" not in content


def dump_tables(one: FileTables) -> str:
    """Return what a file says of tables as text."""
    uses = one.uses
    reads = [[read.table, read.line, read.through_table, read.parts] for read in uses.reads]
    return json.dumps([reads, uses.unresolved, uses.possible, uses.written_at, sorted(one.texts), one.has_functions])


def load_tables(text: str) -> FileTables:
    """Return what `dump_tables` has made a text of."""
    reads, unresolved, possible, written_at, texts, has_functions = json.loads(text)
    return FileTables(
        TableUses(
            tuple(TableRead(*read) for read in reads),
            tuple(unresolved),
            tuple((line, pattern) for line, pattern in possible),
            tuple((table, line) for table, line in written_at),
        ),
        frozenset(texts),
        has_functions,
    )
