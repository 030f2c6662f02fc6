"""`scope completion`: the script by which a shell completes commands, options, targets, domains and paths."""

import argparse
import sys

from scope.commands.options import SHELLS
from scope.console import Console

HELP = "print the script that completes what is typed, for a shell"
EXAMPLES = """\
examples:
  source <(scope completion bash)                           for this shell; in ~/.bashrc, for each
  scope completion zsh > "${fpath[1]}/_scope"               for zsh, then start a new shell
"""
FORMATS = ("text",)
# A name is taken only if it can be a target's or a domain's: bash expands what is in a list of words, and a folder of
# somebody else's repository may be called anything.
_BASH = r"""
_scope_names() {
    local root path name
    root=$(git rev-parse --show-toplevel 2>/dev/null) || return
    for path in "${@:2}"; do
        for path in "$root"/$path; do
            name=${path%/}; name=${name##*/}; name=${name%.yml}
            if [[ -e $path && $name =~ ^[a-z][a-z0-9_-]*$ && $name != common ]]; then
                if [[ $name == "$1"* ]]; then echo "$name"; fi
            fi
        done
    done | sort -u
}
_scope_targets() { _scope_names "$1" 'targets/*.yml'; }
_scope_domains() { _scope_names "$1" 'src/*/' 'resources/*/'; }
_scope_subjects() { _scope_domains "$1"; compgen -f -- "$1"; }
"""
_ZSH = r"""
_scope_names() {
    local root path name
    local -a names
    root=$(git rev-parse --show-toplevel 2>/dev/null) || return
    for path in $root/${^~@}(N); do
        name=${${path%/}:t}; name=${name%.yml}
        if [[ $name =~ '^[a-z][a-z0-9_-]*$' && $name != common ]]; then names+=$name; fi
    done
    compadd -- ${(u)names}
}
_scope_targets() { _scope_names 'targets/*.yml'; }
_scope_domains() { _scope_names 'src/*/' 'resources/*/'; }
_scope_subjects() { _scope_domains; _files; }
"""
_FUNCTIONS = dict(zip(SHELLS, (_BASH, _ZSH), strict=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")


def run(options: argparse.Namespace, _console: Console) -> int:
    """Print the script on stdout."""
    import shtab  # nothing else needs it

    sys.stdout.write(shtab.complete(options.make_parser(), options.shell, preamble=_FUNCTIONS[options.shell]))
    sys.stdout.write("\n")
    return 0
