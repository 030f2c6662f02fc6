"""The pages that are made from the code are those that are committed, and tell of everything."""

import argparse

import pytest

from scope.cli import COMMANDS
from tests.docs.command_tables import commands_of, describe_command, describe_recipes
from tests.docs.reference import make_reference, write_reference
from tests.docs.schema_tables import describe_schema
from tests.docs.site import REPOSITORY

MADE = make_reference()


@pytest.mark.parametrize("path", MADE)
def test_what_is_committed_is_what_the_code_says(path: str, *, update_golden: bool) -> None:
    if update_golden:
        write_reference()
    assert (REPOSITORY / path).read_text(encoding="utf-8") == MADE[path], "It is stale; run: just docs-reference"


def test_every_command_has_a_section_with_all_its_options() -> None:
    text = MADE["docs/reference/cli.md"]
    sections = {part.split("\n")[0]: part for part in text.split("\n## scope ")[1:]}
    assert list(sections) == list(COMMANDS)
    assert "`--approve-destructive DIGEST`" in sections["deploy"]
    assert "`PATH` or `DOMAIN` or `TABLE`" in sections["why"]


def test_a_command_is_described_with_what_its_help_says() -> None:
    parser = argparse.ArgumentParser(prog="tool")
    commands = parser.add_subparsers()
    command = commands.add_parser("go", description="Goes.", epilog="examples:\n  tool go          at once\n  tool go --far")
    command.add_argument("--far", action="store_true", help="beyond <there> | more")
    command.add_argument("--times", choices=("1", "2"), default="1", required=True, help="how often (default: %(default)s)")
    assert list(describe_command("tool go", commands_of(parser)["go"])) == [
        "## tool go",
        "",
        "Goes.",
        "",
        "| argument or option | meaning |",
        "|---|---|",
        r"| `--far` | beyond `<there>` \| more |",
        "| `--times TIMES` | how often (default: 1); one of `1`, `2`; required |",
        "",
        "```sh",
        "tool go  # at once",
        "tool go --far",
        "```",
        "",
    ]


def test_a_recipe_shows_which_values_it_needs() -> None:
    parameters = [
        {"name": "target", "kind": "singular", "default": "dev"},
        {"name": "domain", "kind": "singular", "default": None},
        {"name": "args", "kind": "star", "default": None},
    ]
    recipe = {"name": "go", "doc": "Goes", "attributes": [{"group": "deploy"}], "parameters": parameters}
    assert "| `just go [TARGET] DOMAIN [ARGS…]` | Goes |" in list(describe_recipes([recipe]))


def test_an_object_of_a_schema_is_a_link_to_its_section() -> None:
    schema = {
        "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}, "version": {"const": 1}},
        "required": ["items"],
        "$defs": {"Item": {"description": "One.", "properties": {"id": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}},
    }
    lines = list(describe_schema(schema))
    assert "| `items` | list of [Item](#item) |  |" in lines
    assert "| `version` | `1` | may be missing |" in lines
    assert lines[lines.index("## Item") :][4:7] == [
        "| key | value |  |",
        "|---|---|---|",
        "| `id` | text or null | may be missing |",
    ]
