"""Runs a recipe's command with the recipe's values, given as `NAME=VALUE` in any order, or by place.

    python3 .ci/recipe.py '--target --domain' scope deploy -- domain=finance target=dev --yes

runs `scope deploy --target=dev --domain=finance --yes`. The names stand in the order of their places: `--x` is an option
of the command, `x` an argument; `--x?` an option without a place, only given by name. After a last `--`, what the recipe
doesn't know is for another program, which the command starts. No shell reads the values.
"""

import os
import re
import sys
from collections.abc import Sequence

_NAME = re.compile(r"[a-z][a-z-]*")
_MISSING_PROGRAM = 127


class BadValueError(Exception):
    """A value that the recipe can't take."""


def main(given: Sequence[str]) -> int:
    """Replace this process with the command; return an exit code if that can't be."""
    names, *others = given
    end = others.index("--")
    try:
        command = [*others[:end], *arrange(names.split(), others[end + 1 :])]
        os.execvp(command[0], command)  # noqa: S606  without a shell is what is wanted
    except BadValueError as error:
        print(f"just: {error}", file=sys.stderr)
        return 2
    except FileNotFoundError:
        print(f"just: there is no program `{others[0]}` on the PATH.", file=sys.stderr)
        return _MISSING_PROGRAM


def arrange(names: Sequence[str], values: Sequence[str]) -> list[str]:
    """Return the options and arguments that the values stand for. Raises `BadValueError` for one that can't be taken."""
    known = {name.strip("-?"): name.removesuffix("?") for name in names if name != "--"}
    is_passed_on = "--" in names
    named: dict[str, list[str]] = {}
    plain: list[str] = []
    rest: list[str] = []
    for place, value in enumerate(values):
        name, equals, text = value.partition("=")
        if value == "--" or (value.startswith("-") and is_passed_on):
            rest += values[place:]
            break
        if equals and name in known:
            named.setdefault(known[name], []).append(text)
        elif value.startswith("-") or rest:
            rest.append(value)
        elif equals and _NAME.fullmatch(name):
            raise BadValueError(f"`{name}` is no value of this recipe. It takes {', '.join(known)}.")
        elif value:  # a default that is nothing
            plain.append(value)
    free = [name for name in names if not name.endswith("?") and name != "--" and name not in named]
    named |= {name: [value] for name, value in zip(free, plain, strict=False)}
    arguments = [value for name in known.values() if not name.startswith("--") for value in named.get(name, ())]
    if dashed := [value for value in arguments if value.startswith("-")]:
        raise BadValueError(f"`{dashed[0]}` is no value: it begins with `-`.")
    options = [f"{name}={value}" for name in known.values() if name.startswith("--") for value in named.get(name, ())]
    if is_passed_on and rest:
        rest = ["--", *(rest[1:] if rest[0] == "--" else rest)]
    return [*options, *arguments, *plain[len(free) :], *rest]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
