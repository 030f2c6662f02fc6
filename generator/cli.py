"""The command line: `generator build`, `import`, `schema` and so on. Decides nothing: prints, and sets the exit code.

Exit codes: 0 done, 1 `--check` found something, 2 bad input, 3 refused because it would overwrite work.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import RefusedError, SpecError
from generator.importing import command
from generator.layout import SPEC_ROOT, is_resource_of

if TYPE_CHECKING:
    from generator.checkout import Checkout
    from generator.files import Difference

# What completes the path of a spec, by shell.
_SPECS = {
    "bash": f"""
_generator_specs() {{ compgen -f -X '!*.yml' -- "${{1:-{SPEC_ROOT}/}}"; compgen -d -- "${{1:-{SPEC_ROOT}/}}"; }}
""",
    "zsh": """
_generator_specs() { _files -g '*.yml'; }
""",
}
# What the extra `generator` installs and a command may miss.
_OF_EXTRA = frozenset({"jsonschema", "databricks", "databricks.bundles"})
OK, FOUND, BAD_INPUT, REFUSED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The same bytes in every locale.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = make_parser().parse_args(arguments)
    try:
        return options.run(options)
    except RefusedError as error:
        _say(str(error))
        return REFUSED
    except SpecError as error:
        _say(str(error))
        return BAD_INPUT
    except ModuleNotFoundError as error:
        if error.name not in _OF_EXTRA:
            raise
        _say(
            f"`{error.name}` isn't installed. It comes with the extra `generator` of data-platform-tooling: "
            "install `data-platform-tooling[generator]`."
        )
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of the output has seen enough; the rest that Python holds for it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        _say("Interrupted. Every file is either unchanged or complete; run the command again.")
        return FOUND


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="generator",
        description="Turn specs into the modules that define pipelines and jobs.",
        epilog="exit codes: 0 done; 1 --check found differences; 2 bad input; 3 refused, because work would be overwritten",
        allow_abbrev=False,
    )
    parser.add_argument("-C", metavar="DIR", dest="folder", default=".", help="run as if started in DIR")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print only warnings and errors, not the files that were written"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser(
        "build",
        allow_abbrev=False,
        help="write the modules of one spec or of all",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  generator build specs/pipelines/finance/stripe/final_payments.yml\n"
        "  generator build --all --check     differences are printed and exit 1, nothing is written\n"
        "  generator build --all --prune     also remove modules whose specs are gone",
    )
    what = build.add_mutually_exclusive_group(required=True)
    spec = what.add_argument("spec", nargs="?", metavar="SPEC", help="the path of a spec; `spec=PATH` means the same")
    vars(spec).update(complete=dict.fromkeys(_SPECS, "_generator_specs"))  # as shtab looks for it
    what.add_argument("--all", action="store_true", help="all specs")
    build.add_argument(
        "--check", action="store_true", help="write nothing; print the differences and exit 1 if there are any"
    )
    build.add_argument("--force", action="store_true", help="overwrite modules that were changed by hand")
    build.add_argument("--prune", action="store_true", help="with --all: remove modules whose specs are gone")
    build.set_defaults(run=_build)

    importing = commands.add_parser(
        "import",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        help=command.HELP,
        description=command.DESCRIPTION,
        epilog=command.EXAMPLES,
    )
    command.add_arguments(importing)
    importing.set_defaults(run=_import)

    schema = commands.add_parser(
        "schema",
        allow_abbrev=False,
        help="write the JSON Schemas that editors check specs with, and the reference in the docs",
    )
    schema.add_argument("--check", action="store_true", help="write nothing; exit 1 if they are stale")
    schema.set_defaults(run=_schema)

    scaffold = commands.add_parser(
        "scaffold",
        allow_abbrev=False,
        help="start a new source of a domain, or another asset of one: folders, code, specs, tests",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  generator scaffold finance paypal\n"
        "  generator scaffold finance paypal --asset refunds     another pipeline in the same source",
    )
    scaffold.add_argument("domain", metavar="DOMAIN", help="the domain, snake_case")
    scaffold.add_argument("source", metavar="SOURCE", help="the source system, snake_case")
    scaffold.add_argument("--asset", default="records", help="the subject of the data (default: %(default)s)")
    scaffold.set_defaults(run=_scaffold)

    completion = commands.add_parser(
        "completion",
        allow_abbrev=False,
        help="print the script that completes what is typed, for a shell",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  source <(generator completion bash)",
    )
    completion.add_argument("shell", choices=tuple(_SPECS), help="the shell that reads the script")
    completion.set_defaults(run=_complete)
    return parser


def _complete(options: argparse.Namespace) -> int:
    import shtab  # nothing else needs it

    _print(shtab.complete(make_parser(), options.shell, preamble=_SPECS[options.shell]) + "\n")
    return OK


def _build(options: argparse.Namespace) -> int:
    from generator.known_tree import read_facts

    if options.prune and not options.all:
        raise SpecError("`--prune` needs `--all`: only then is it known which modules have no spec.")
    checkout = _checkout(options.folder)
    facts = read_facts(checkout.root) if options.all else None
    if facts is not None and facts.is_in_order():
        return OK
    from generator.build import build_all, build_one  # neither `--help` nor a tree that is in order needs pydantic
    from generator.files import find_differences

    one = None if options.all else _find_spec(checkout, options.folder, options.spec)
    built = build_one(checkout, one) if one else build_all(checkout)
    differences = find_differences(checkout, built.expected, whole=options.all)
    if options.check:
        code = _report(differences, [str(problem) for problem in built.unreached])
    else:
        for problem in built.unreached:
            _say(f"Warning: {problem}")
        code = _write(checkout, differences, force=options.force, prune=options.prune, quiet=options.quiet)
    if facts is not None and code == OK and not built.unreached and all(one.path in built.expected for one in differences):
        facts.remember(built.expected)
    return code


def _report(differences: "Sequence[Difference]", unreached: Sequence[str]) -> int:
    for difference in differences:
        _say(f"{difference.path} {difference.finding}.")
        _print(difference.diff())
    for problem in unreached:
        _say(problem)
    return FOUND if differences or unreached else OK


def _write(checkout: "Checkout", differences: "Sequence[Difference]", *, force: bool, prune: bool, quiet: bool) -> int:
    from generator.files import REFUSED as REFUSED_FINDINGS
    from generator.files import Finding, apply

    left_over = (Finding.LEFT_OVER, Finding.EDITED_LEFT_OVER)
    wanted = [one for one in differences if one.finding is not Finding.UNKNOWN and (prune or one.finding not in left_over)]
    refused = [] if force else [one for one in wanted if one.finding in REFUSED_FINDINGS]
    for difference in differences:
        if difference not in wanted:
            _say(f"Warning: {difference.path} {difference.finding}.")
    for difference in refused:
        _print(difference.diff())
    if refused:
        raise RefusedError(*(f"{one.path} {one.finding}." for one in refused), "Nothing was written.")
    apply(checkout, wanted)
    for difference in [] if quiet else wanted:
        _say(f"{'removed' if difference.after is None else 'wrote'} {difference.path}")
    return OK


def _schema(options: argparse.Namespace) -> int:
    from generator.inventory import take_inventory
    from generator.json_schema import schema_texts
    from generator.naming import load_naming
    from generator.reference import PATH, with_reference

    checkout = _checkout(options.folder)
    naming = load_naming(checkout)
    texts = schema_texts(take_inventory(checkout, (), naming).presets, naming.layers)
    if checkout.is_file(PATH):
        texts[PATH] = with_reference(checkout.read(PATH).decode("utf-8"), naming.layers)
    return _write_texts(checkout, texts, check=options.check, quiet=options.quiet)


def _write_texts(checkout: "Checkout", texts: dict[str, str], *, check: bool, quiet: bool) -> int:
    from generator.files import write_atomic

    stale = [path for path, text in texts.items() if not _holds(checkout.root / path, text)]
    for path in stale:
        if check:
            _say(f"{path} is stale; run: just generate")
        else:
            (checkout.root / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(checkout.root / path, texts[path])
            if not quiet:
                _say(f"wrote {path}")
    return FOUND if check and stale else OK


def _scaffold(options: argparse.Namespace) -> int:
    from generator.build import build_all
    from generator.files import find_differences, write_atomic
    from generator.scaffold import scaffold_texts

    checkout = _checkout(options.folder)
    domain, source = options.domain.removeprefix("domain="), options.source.removeprefix("source=")
    texts = scaffold_texts(checkout, domain, source, options.asset)
    missing = {path: text for path, text in texts.items() if not (checkout.root / path).exists()}
    for path, text in missing.items():
        (checkout.root / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(checkout.root / path, text)
        if not options.quiet:
            _say(f"wrote {path}")
    built = build_all(checkout)
    differences = find_differences(checkout, built.expected, whole=False)
    own = [one for one in differences if is_resource_of(one.path, domain)]
    code = _write(checkout, own, force=False, prune=False, quiet=options.quiet)
    if not missing and not own:
        _say(f"{domain}/{source} already exists; nothing was changed.")
    return code


def _import(options: argparse.Namespace) -> int:
    result = command.run(_checkout(options.folder), options)
    _print(result.printed)
    for line in result.said:
        _say(line)
    return OK


def _checkout(folder: str) -> "Checkout":
    from generator.checkout import Checkout, find_root

    place = Path(folder)
    if not place.is_dir():
        raise SpecError(f"There is no folder {folder}.")
    return Checkout(find_root(place.resolve()))


def _find_spec(checkout: "Checkout", folder: str, given: str) -> str:
    """Return a spec's path from the root. The given path counts from the current folder, or else from the root."""
    text = given.removeprefix("spec=")
    for place in (Path(folder, text).absolute(), checkout.root / text):
        # Lexically: where a link in it leads is checked when the spec is read.
        normal = Path(os.path.normpath(place))
        if normal.is_relative_to(checkout.root / SPEC_ROOT) and normal.exists():
            return normal.relative_to(checkout.root).as_posix()
    raise SpecError(
        f"There is no spec {text!r} below {checkout.root / SPEC_ROOT}. Name a file there: specs/pipelines/… or specs/jobs/…."
    )


def _holds(place: Path, text: str) -> bool:
    return place.is_file() and place.read_bytes() == text.encode()


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
