"""Which files may name tables, by their names and by the words they hold."""

import re

CODE = (".py", ".sql", ".ipynb", ".scala", ".r")
# Files that hold a tree of keys and values.
DOCUMENTS = (".yml", ".yaml", ".lvdash.json", ".dbalert.json")
# All files that may name tables.
SOURCES = (*CODE, *DOCUMENTS)
# A file without any of these names no table. Cheap enough for every file of a domain.
_PYTHON = re.compile(rb"[tT]able|[sS]ql|SQL|\bdlt\b|pipelines|forName|writeTo|insertInto|DeltaTable|MAGIC|%run")
_SQL = re.compile(rb"create|from|join|into|merge|update|delete|apply|use|magic|table|execute", re.IGNORECASE)


def is_source(path: str) -> bool:
    """Return whether a file may name tables, by its name."""
    return path.lower().endswith(SOURCES)


def may_name_tables(path: str, source: bytes) -> bool:
    """Return whether a file of code holds a word without which none names a table by itself."""
    marks = _SQL if path.lower().endswith(".sql") else _PYTHON
    return path.lower().endswith(CODE) and marks.search(source) is not None
