"""Turns of phrase that messages share: numbers with their noun, long lists cut short, names that don't exist."""

from collections.abc import Iterable, Sequence

# Longer ones are no slip of a finger.
_LONGEST_NAME = 100
_NAMES_SHOWN = 20


def pluralize(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> pluralize(1, "domain"), pluralize(1200, "changed file")
    ('1 domain', '1,200 changed files')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def abbreviate(texts: Sequence[str], limit: int = 3) -> str:
    """Return the first `limit` texts of a list, and how many more there are.

    >>> abbreviate(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {more:,} more" if more > 0 else "")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the sentence, after a space, that names the nearest of some names, or an empty text.

    >>> suggest("shedule", ["schedule", "tasks"])
    ' Did you mean `schedule`?'
    """
    import difflib  # only what went wrong needs it

    near = difflib.get_close_matches(name, known, n=1) if len(name) <= _LONGEST_NAME else []
    return f" Did you mean `{near[0]}`?" if near else ""


def write_command(name: str, target: str, domains: Iterable[str] = (), options: Iterable[str] = ()) -> str:
    """Return the line to paste that runs a command of scope.

    >>> write_command("deploy", "prod", ["ads"], ["--prune"])
    'scope deploy --target prod --domain ads --prune'
    """
    return " ".join((f"scope {name} --target {target}", *(f"--domain {domain}" for domain in domains), *options))


def unknown_name(kind: str, name: str, known: Iterable[str], where: str = "") -> str:
    """Return the sentences that say that a name doesn't exist, and which do. `where` says where it was looked for.

    >>> unknown_name("target", "prd", ["dev", "prod"], "in targets/")
    'There is no target `prd` in targets/. Did you mean `prod`? Known: dev, prod.'
    """
    place, names = f" {where}" if where else "", list(known)
    return f"There is no {kind} `{name}`{place}.{suggest(name, names)} Known: {abbreviate(names, _NAMES_SHOWN) or 'none'}."
