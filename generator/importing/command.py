"""The command `generator import`: its options, and what it says. Light to import, as `--help` is."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.checkout import Checkout

HELP = "turn jobs and pipelines of any bundle's YAML into specs that say the same"
DESCRIPTION = (
    "Write a spec for each job and pipeline that files define: the bundle's own file with those that it includes,\n"
    "single files of resources, what `databricks bundle generate` wrote. What a spec can't say is told with its place,\n"
    "and then nothing is written."
)
EXAMPLES = (
    "examples:\n"
    "  generator import resources/finance/stripe/jobs.yml\n"
    "  generator import ../old-bundle/databricks.yml --domain finance --source stripe --copy-files --variables\n"
    "  generator import ../old-bundle/databricks.yml --domain finance --source stripe --only nightly --asset payments"
)


@dataclass(frozen=True, slots=True)
class Said:
    """The output of the command: for other programs, and lines for people."""

    printed: str
    said: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments and options."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a YAML file of a bundle")
    parser.add_argument("--domain", help="the domain; by default that of FILE, in resources/<domain>/<source>/")
    parser.add_argument("--source", help="the source system; by default that of FILE")
    parser.add_argument("--layer", help="the layer of resources whose keys name none; by default the last one")
    parser.add_argument("--asset", help="the asset, of a single resource; by default its key")
    parser.add_argument("--only", action="append", default=[], metavar="KEY", help="import this resource; repeatable")
    parser.add_argument("--skip", action="append", default=[], metavar="KEY", help="leave out this resource; repeatable")
    parser.add_argument("--copy-files", action="store_true", help="copy the files that are named to where specs name them")
    parser.add_argument("--variables", action="store_true", help="declare the variables that resources use, as the files do")
    parser.add_argument("--dry-run", action="store_true", help="print what would be written, and write nothing")


def run(checkout: "Checkout", options: argparse.Namespace) -> Said:
    """Import what files define. Raises SpecError with what no spec can say, RefusedError to keep what is there."""
    from generator.importing.names import Names
    from generator.importing.run import Request, import_resources
    from generator.importing.write import write_import

    files = [Path(os.path.normpath(Path(options.folder, file).absolute())) for file in options.files]
    names = Names(options.domain, options.source, options.layer, options.asset)
    only, skipped = frozenset(options.only), frozenset(options.skip)
    result = import_resources(checkout, Request(files, names, only, skipped, options.variables, options.copy_files))
    known = [f"Note: {note}" for note in result.notes.known]
    steps = ["Next:", *(f"{number}. {step}" for number, step in enumerate(result.notes.steps, 1))]
    if options.dry_run:
        return Said("".join(f"--- {path}\n{text}\n" for path, text in result.texts.items()), [*known, *steps])
    written = write_import(checkout, result)
    if not written:
        return Said("", ["Everything was imported before; nothing was changed.", *known])
    return Said("", known if options.quiet else [*(f"wrote {path}" for path in written), *known, *steps])
