"""The command line: reads options, calls the command, prints its error, sets the exit code. It decides nothing."""

import argparse
import atexit
import gc
import importlib
import os
import re
import sys
from collections.abc import Sequence
from functools import partial

from scope import __version__
from scope.commands.options import complete_with
from scope.console import Console
from scope.errors import ScopeError, UsageError
from scope.escaping import escape_message
from scope.installation import describe_missing, is_of_extra
from scope.wording import suggest

_DESCRIPTION = "Deploys what a change touches, and nothing else: from a git diff to scoped `databricks bundle` deploys."
EXIT_CODES = """\
exit codes:
  0 done, or nothing to do   1 failed, or findings   2 bad input
  3 refused                  4 locked                5 something to do (with --detailed-exitcode)
"""
FORMATS = ("text", "json")
ALL_FORMATS = (*FORMATS, "github", "azure", "gitlab", "mermaid", "html")
_MANY = 100_000
# Of a terminal that doesn't tell.
_COLUMNS = 80
_STDOUT = 1
# A module per command, imported when it is asked for, or for the help.
COMMANDS = (
    "plan", "comment", "results", "why", "graph", "check", "bundle", "run", "deploy", "status", "reconcile", "recover",
    "doctor", "adopt", "destroy", "update", "notify", "completion",
)  # fmt: skip


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal. argparse makes one for each option, and would import `shutil` to ask for its width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_terminal_columns() - 2)


def _terminal_columns() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(_STDOUT).columns or _COLUMNS
    except OSError:  # no terminal
        return _COLUMNS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a failure is one message on stderr."""
    # Syntax trees are many objects without a cycle: looking for some among them takes a fifth of `scope check`.
    gc.set_threshold(_MANY)
    if arguments is None:
        # The process ends with the command, and what is left goes with it: nobody need look for garbage once more.
        atexit.register(gc.freeze)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parse(given)
        if options is None:
            return 0
        console = Console(is_quiet=options.quiet, no_color=options.no_color)
        command = importlib.import_module(f"scope.commands.{options.command}")
        known = getattr(command, "FORMATS", FORMATS)
        if options.format is None:
            options.format = known[0]
        if options.format not in known:
            raise UsageError(f"`{options.command}` has no `--format {options.format}`. It has {', '.join(known)}.")
        code = command.run(options, console)
        sys.stdout.flush()
    except ScopeError as error:
        # Paths, and other programs' words, are anybody's.
        print(escape_message(f"scope: {error}"), file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        if not is_of_extra(error.name):
            raise
        print(f"scope: {describe_missing(str(error.name))}", file=sys.stderr)
        return UsageError.exit_code
    except KeyboardInterrupt:
        print("scope: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read stdout has left. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def parse(given: Sequence[str]) -> argparse.Namespace | None:
    """Return the options, or None after the help, which is what no command at all gets. `UsageError` for unknown words."""
    own, passed_on = split(given)
    word = _command(own)
    if word is not None and word not in COMMANDS:
        raise UsageError(f"There is no command `{word}`.{suggest(word, COMMANDS)} `scope --help` lists them.")
    parser = make_parser(own)
    options, unknown = parser.parse_known_args(own)
    if options.command is None and not unknown:
        parser.print_help()
        return None
    if unknown:
        raise UsageError(_describe_unknown(options.command, unknown[0]))
    if passed_on and not hasattr(options, "passed_on"):
        raise UsageError(f"`{options.command}` passes nothing on to the CLI: remove the `--` and what follows.")
    options.passed_on = passed_on
    # Of all commands, which only the completion asks for.
    options.make_parser = partial(make_parser, ())
    return options


def _describe_unknown(command: str | None, word: str) -> str:
    """Return the sentences about a word that no option or argument of a command explains."""
    name = word.partition("=")[0]
    help_line = f"`{' '.join(filter(None, ('scope', command)))} --help` says what it takes."
    whose = f"`{command}`" if command else "scope"
    if not name.startswith("-"):
        return f"{whose} takes no `{word}`. {help_line}"
    parser = argparse.ArgumentParser()
    _add_global(parser, ALL_FORMATS)
    if command:
        importlib.import_module(f"scope.commands.{command}").add_arguments(parser)
    known = sorted(set(re.findall(r"(?<![\w-])--[a-z][\w-]*", parser.format_help())))
    return f"{whose} has no option `{name}`.{suggest(name, known)} {help_line}"


def make_parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; of a command that is named, that one's options only, so that no other module is imported."""
    parser = argparse.ArgumentParser(
        prog="scope",
        description=_DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"scope {__version__}")
    _add_global(parser, ALL_FORMATS)
    parser.set_defaults(format=None, quiet=False, no_color=False, directory=".")
    # Else argparse writes a usage line to find the name.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=parser.prog)
    named = _command(given)
    for name in (named,) if named in COMMANDS else COMMANDS:
        module = importlib.import_module(f"scope.commands.{name}")
        shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, formatter_class=_HelpFormatter)
        _add_global(shared, getattr(module, "FORMATS", FORMATS))
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=f"{module.HELP[:1].upper()}{module.HELP[1:]}.",
            epilog=module.EXAMPLES,
            parents=[shared],
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
    return parser


def split(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what is scope's own, and what goes on to the CLI. With options between, argparse would mix them up."""
    end = given.index("--") if "--" in given else len(given)
    return list(given[:end]), list(given[end + 1 :])


def _command(given: Sequence[str]) -> str | None:
    """Return the word in the place of the command, so that only its module is imported."""
    words = iter(given)
    for word in words:
        if word in {"-C", "--format"}:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _add_global(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    # Before and after the command's name alike; only the outer parser has defaults.
    suppress = argparse.SUPPRESS
    parser.add_argument("--format", choices=formats, default=suppress, help="what stdout gets (text)")
    parser.add_argument("--quiet", action="store_true", default=suppress, help="no messages, only errors")
    parser.add_argument("--no-color", action="store_true", default=suppress, help="plain text on terminals too")
    folder = parser.add_argument(
        "-C", dest="directory", metavar="DIR", default=suppress, help="the repository, or a folder in it (.)"
    )
    complete_with(folder, "folders")


if __name__ == "__main__":
    sys.exit(main())
