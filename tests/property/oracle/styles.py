"""The kinds of statements that lead from a module to something shared."""

import textwrap
from collections.abc import Callable

from tests.property.oracle.file_styles import call_helper, open_file, read_folder, read_package_data, run_file
from tests.property.oracle.import_styles import (
    extend_search_path,
    import_by_computed_name,
    import_plainly,
    import_what_is_found,
    make_names_lazily,
)
from tests.property.oracle.sites import Site, Statement

KINDS: dict[str, Callable[[Site], Statement | None]] = {
    "import": import_plainly,
    "compute": import_by_computed_name,
    "lazy": make_names_lazily,
    "helper": call_helper,
    "scan": import_what_is_found,
    "data": read_package_data,
    "open": open_file,
    "folder": read_folder,
    "run": run_file,
    "path": extend_search_path,
}
"""The kinds of statements. A repository has few of them: whoever uses everything misses nothing."""


def statement(site: Site) -> Statement:
    """Return one statement that leads from a module to something shared. It adds what it read to `SEEN`."""
    choices = [make for name, make in KINDS.items() if name in site.palette]
    made = None
    while made is None:
        made = site.random.choice([*choices, open_file])(site)
    if site.random.random() < 0.3:
        # One that fails keeps the next from being tried.
        body = textwrap.indent(made.text, "    ")
        return Statement(made.style, f"try:\n{body}\nexcept Exception as error:\n    SEEN.append(type(error).__name__)")
    return made
