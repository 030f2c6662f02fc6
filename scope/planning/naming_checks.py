"""Checks what `[tool.scope.naming]` says against the repository around it."""

import os
from collections.abc import Iterator

from scope.graph.index import DeploymentIndex
from scope.inference.variables import declared_variables
from scope.model import Finding, quote_path
from scope.naming import find_place, find_problems
from scope.repository.layout import BUNDLE, CONFIG, TARGET_ROOT, is_code, place_of


def check_naming(index: DeploymentIndex) -> Iterator[Finding]:
    """Yield a finding for each variable of names that isn't there, and for domains whose tables would lie in one schema."""
    naming = index.rules.naming
    if naming.has_plain_tables:
        return
    files = {path: entry for path, entry in index.snapshot.files(TARGET_ROOT).items() if path.endswith(".yml")}
    known = declared_variables((index.snapshot.read(BUNDLE) or b"", *index.snapshot.read_all(files).values()))
    sources = ((domain, source) for domain in index.domains for source in index.sources(domain))
    text = os.fsdecode(index.snapshot.read(CONFIG) or b"")
    for problem in find_problems(naming, known, sources):
        line, column = find_place(text, problem)
        yield Finding(CONFIG, line, "setting", f"`naming.{problem.key}` {problem.message}", column)


def check_shared_tables(index: DeploymentIndex, domain: str) -> Iterator[Finding]:
    """Yield a finding for each table that files of two sources of a domain write, where sources share a schema."""
    shared = {schema for schema, (owner, source) in index.tables.names.owners.items() if owner == domain and not source}
    first: dict[str, tuple[str, str | None]] = {}
    own = [path for path in index.own_files(domain) if is_code(path)] if shared else []
    for path, uses in index.tables.read(own).items():
        for table, line in uses.written_at:
            schema = table.rpartition(".")[0]
            other, source = first.setdefault(table, (path, place_of(path).source))
            if schema in shared and source != place_of(path).source:
                message = (
                    f"Writes `{table}`, and so does {quote_path(other)}: both sources have the schema {schema}, and only "
                    "one pipeline can own a table. Give one of them another name."
                )
                yield Finding(quote_path(path), line, "shared-table", message)
