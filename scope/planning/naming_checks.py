"""Checks what `[tool.scope.naming]` says against the repository around it."""

import os
from collections.abc import Iterator

from scope.graph.index import DeploymentIndex
from scope.inference.variables import declared_variables
from scope.model import Finding
from scope.naming import find_place, find_problems
from scope.repository.layout import BUNDLE, CONFIG, TARGET_ROOT


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
