"""The code → the pages of docs/reference/ and the published JSON Schemas, so that neither can differ from it."""

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.cli import make_parser as make_generator_parser
from scope.cli import EXIT_CODES
from scope.cli import make_parser as make_scope_parser
from scope.deployment import record
from scope.documents import manifest_reader, results
from scope.naming import KEYS as NAMING_KEYS
from scope.repository.ownership import EVERY_TARGET, Rules
from scope.repository.settings import KEYS, RULE_KEYS
from tests.docs.command_tables import commands_of, describe_command, describe_recipes, describe_shared, table
from tests.docs.schema_tables import describe_schema
from tests.docs.site import REPOSITORY, SiteError

_MADE = "<!-- Made from the code by `just docs-reference`. -->"
_DOCUMENTS = {
    "manifest": (
        "The manifest",
        "`scope plan` writes it: what deploys, and why. [What its keys tell](../deployment-scope.md#the-manifest).",
        manifest_reader.json_schema,
    ),
    "results": (
        "The results",
        "`scope deploy`, `reconcile` and `destroy` write `.scope/results.json`: the outcome of each deployment.",
        results.json_schema,
    ),
    "record": (
        "The record",
        "It lies beside a [deployment's state](../operations.md#where-things-are-in-the-workspace). Only scope writes it.",
        record.json_schema,
    ),
}


def make_reference() -> dict[str, str]:
    """Return each file that is made from the code, by its path in the repository."""
    pages = {
        "cli": _commands_page("scope", "The command line", make_scope_parser([]), EXIT_CODES),
        "generator": _commands_page("generator", "The generator's command line", make_generator_parser(), ""),
        "recipes": _page("Recipes", ["`just` alone lists them.", "", *describe_recipes(_recipes())]),
        "settings": _page("Settings", _settings()),
    }
    files: dict[str, str] = {}
    for name, (title, about, schema) in _DOCUMENTS.items():
        files[f"docs/{name}.schema.json"] = json.dumps(schema(), indent=2) + "\n"
        link = f"As a JSON Schema: [{name}.schema.json](../{name}.schema.json)."
        pages[name] = _page(title, [about, "", link, "", *describe_schema(schema())])
    return {**{f"docs/reference/{name}.md": text for name, text in pages.items()}, **files}


def find_stale(made: Mapping[str, str]) -> list[str]:
    """Return the paths of what is committed otherwise than it is made."""
    return [path for path, text in made.items() if not _holds(path, text)]


def check_reference() -> None:
    """Raise SiteError if something is committed otherwise than it is made."""
    if stale := find_stale(make_reference()):
        raise SiteError("\n".join(f"{path} is stale; run: just docs-reference" for path in stale))


def write_reference() -> list[str]:
    """Write what differs, and return its paths."""
    made = make_reference()
    stale = find_stale(made)
    for path in stale:
        (REPOSITORY / path).write_text(made[path], encoding="utf-8", newline="\n")
    return stale


def _page(title: str, lines: Iterable[str]) -> str:
    return "\n".join((f"# {title}", "", _MADE, "", *lines)).rstrip("\n") + "\n"


def _commands_page(program: str, title: str, parser: argparse.ArgumentParser, exit_codes: str) -> str:
    lines = ["The help of each command says the same.", ""]
    lines += ["These options stand before or after the command's name.", "", *describe_shared(parser)]
    if exit_codes:
        lines += ["```text", exit_codes.rstrip("\n"), "```", ""]
    for name, command in commands_of(parser).items():
        lines += describe_command(f"{program} {name}", command)
    return _page(title, lines)


def _settings() -> Iterator[str]:
    """Yield the keys of `[tool.scope]`, with the defaults of the rules that are read of an empty table."""
    rules = Rules()
    values: Mapping[str, Any] = {
        "matrix-jobs": rules.matrix_jobs,
        "max-deletions": rules.max_deletions,
        "active-runs": rules.active_runs_in(EVERY_TARGET),
    }
    yield from ("`[tool.scope]` in the root `pyproject.toml`. Unknown keys are refused, with their line.", "")
    yield from ("What they are for, with an example: [deployment-scope.md](../deployment-scope.md#changing-the-rules).", "")
    shown = ((f"`{key}`", text, f"`{values[key]}`" if key in values else "none") for key, text in KEYS.items())
    yield from table(("key", "value", "default"), shown)
    yield from ("## A rule", "")
    yield from table(("key", "value"), ((f"`{key}`", text) for key, text in RULE_KEYS.items()))
    yield from ("## Names", "", "`[tool.scope.naming]`, explained in [naming.md](../naming.md).", "")
    defaults = {key: getattr(rules.naming, key.replace("-", "_")) for key in NAMING_KEYS}
    written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in defaults.items()}
    yield from table(("key", "value", "default"), ((f"`{key}`", NAMING_KEYS[key], f"`{written[key]}`") for key in written))


def _recipes() -> list[Mapping[str, Any]]:
    just = shutil.which("just")
    assert just, "The recipes need just on the PATH: `uv tool install rust-just`."
    done = subprocess.run(
        [just, "--dump", "--dump-format", "json"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    )
    return list(json.loads(done.stdout)["recipes"].values())


def _holds(path: str, text: str) -> bool:
    file = REPOSITORY / path
    return file.is_file() and file.read_text(encoding="utf-8") == text
