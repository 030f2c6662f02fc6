"""Reads `[tool.scope]` of `pyproject.toml`. Every problem is told at once, with its line."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from scope.errors import UsageError
from scope.names import is_domain_name, is_target_name
from scope.naming import find_place, read_naming
from scope.repository.layout import CONFIG
from scope.repository.ownership import ACTIVE_RUNS, EVERY_TARGET, EVERYTHING, NOTHING, Rule, Rules
from scope.repository.toml_file import UnreadableTomlError, load_toml

KEYS: Mapping[str, str] = {
    "targets": (
        "A list of targets in the order of promotion, in which they are shown; or a table of lists, by what a workflow "
        'calls their targets together: `{ prod = ["prod", "prod_aws"] }`. By default they are in the order of their names.'
    ),
    "bundles": "A list of globs of the folders that hold a `databricks.yml` each: every one is deployed by itself.",
    "narrow": "A list of globs of folders of which only the Python counts that a bundle imports.",
    "rules": "A list of tables, `[[tool.scope.rules]]`: what a change of a path deploys. The first that fits counts.",
    "matrix-jobs": "A whole number from 1 to 256: the jobs of a workflow's matrix before deployments share one.",
    "max-deletions": "A whole number: more deletions than this in one deployment need approval.",
    "active-runs": "What a deploy does about active runs: `warn`, `wait` or `refuse`; for all, or a table by target.",
    "allow-code": "A list of domains whose resources may run code at plan and deploy.",
    "identity-per-domain": "A list of targets in which each domain is deployed from an environment of its own.",
    "variables": "A list of the bundle's variables with values from the environment; `domain.name` for one domain alone.",
    "naming": "A table, `[tool.scope.naming]`: the names of tables and resources, and the layers.",
    "webhook": "An `https` address that is told of red runs of the workflows.",
}
"""The keys of the table, each with what it takes."""
# A loopback address is for tests of the receiving side.
_WEBHOOK = r"(?:https://[A-Za-z0-9.-]+(?::\d{1,5})?|http://127\.0\.0\.1:\d{1,5})/[!-~]{0,2000}"
# A domain, if it is that one's alone, and a variable's name as the CLI takes it in a reference.
_VARIABLE = r"(?:[a-z][a-z0-9_]*\.)?[A-Za-z_][A-Za-z0-9_-]*"
_MOST_KNOWN = 16
_OWN_VARIABLES = frozenset({"domain", "stage"})
RULE_KEYS: Mapping[str, str] = {
    "paths": "A list of globs relative to the repository's root: `*` stays in a folder, `**` crosses them.",
    "deploys": '`"everything"`, `"nothing"` or a list of domains.',
    "why": "A text that plans show as the reason. Optional.",
}
"""The keys of a rule, each with what it takes."""


class _Problem(NamedTuple):
    """A problem of the value of a key of `[tool.scope]`; `number` counts where the key is that of several tables."""

    key: str
    message: str
    number: int = 1


# Stand for rules that can't be read: nobody knows what they would have said.
UNREADABLE_RULES = Rules(own=(Rule(("**",), EVERYTHING, "[tool.scope] of the base can't be read"),))


@lru_cache(_MOST_KNOWN)  # both sides of a comparison mostly have the same
def load_rules(content: bytes | None) -> Rules:
    """Return the rules of a `pyproject.toml`, or the built-in ones alone if it is None.

    Raises `UsageError` with every problem, each with its line.
    """
    if content is None:
        return Rules()
    try:
        table = load_toml(content).get("tool", {}).get("scope", {})
    except (UnreadableTomlError, AttributeError) as error:
        raise UsageError(f"{CONFIG} can't be read: {error}. Without it, scope doesn't know the rules.") from None
    if not isinstance(table, dict):
        raise UsageError(f"{CONFIG}: `scope` in [tool] is a table: write [tool.scope].")
    problems: list[_Problem] = []
    text = content.decode()
    naming, faults = read_naming(table.get("naming", {}))
    stages = _read_stages(table, problems)
    default = Rules()
    rules = Rules(
        own=tuple(_read_rules(table.get("rules", []), text, problems)),
        matrix_jobs=_read_number(table, "matrix-jobs", default.matrix_jobs, range(1, 257), problems),
        max_deletions=_read_number(table, "max-deletions", default.max_deletions, range(1_000_001), problems),
        active_runs=tuple(_read_active_runs(table.get("active-runs", {}), problems)),
        targets=tuple(dict.fromkeys(target for _, listed in stages for target in listed)),
        stages=tuple((name, listed) for name, listed in stages if (name,) != listed),
        bundles=_read_globs(table, "bundles", problems),
        narrow=_read_globs(table, "narrow", problems),
        allow_code=_read_names(table, "allow-code", is_domain_name, 'domains by name, such as ["finance"]', problems),
        identity_per_domain=_read_names(
            table, "identity-per-domain", is_target_name, 'targets by name, such as ["prod"]', problems
        ),
        variables=_read_names(
            table,
            "variables",
            _is_variable,
            'variables of the bundle by name, such as ["region", "finance.api_key"], the latter for one domain alone',
            problems,
        ),
        webhook=_read_webhook(table, problems),
        naming=naming,
    )
    problems += [
        _Problem(key, f"is not a key of [tool.scope]; there are {', '.join(KEYS)}") for key in sorted(table.keys() - {*KEYS})
    ]
    if problems or faults:
        lines = {key: find_key_lines(text, key) for key in {problem.key for problem in problems}}
        places = (lines[problem.key][min(problem.number, len(lines[problem.key])) - 1] for problem in problems)
        told = [f"{CONFIG}:{line}: `{one.key}` {one.message}." for line, one in zip(places, problems, strict=True)]
        for fault in faults:
            line, column = find_place(text, fault)
            told.append(f"{CONFIG}:{line}:{column}: `{fault.key}` {fault.message}")
        raise UsageError("\n".join(told))
    return rules


def _read_rules(value: object, text: str, problems: list[_Problem]) -> Iterator[Rule]:
    if not isinstance(value, list):
        problems.append(_Problem("rules", "is a list of tables: write [[tool.scope.rules]]"))
        return
    lines = find_key_lines(text, "rules") if value else ()
    for number, item in enumerate(value, 1):
        rule = _read_rule(item, lines[min(number, len(lines)) - 1])
        if isinstance(rule, Rule):
            yield rule
        else:
            problems.append(_Problem("rules", f"number {number}{rule}", number))


def _read_rule(item: object, line: int) -> Rule | str:
    """Return a rule that is stated in a line, or the end of a sentence that says why it is none."""
    if not isinstance(item, dict) or set(item) - set(RULE_KEYS) or not {"paths", "deploys"} <= set(item):
        return " needs `paths` and `deploys`, may have `why`, and nothing else"
    paths, deploys, why = _as_texts(item["paths"]), _as_texts(item["deploys"]), item.get("why", "a rule of this repository")
    if not paths or any(path.startswith("/") or ".." in path.split("/") for path in paths):
        return ": `paths` is a list of globs relative to the repository's root"
    if deploys is None or not _is_reach(deploys):
        return ': `deploys` is "everything", "nothing" or a list of domains'
    if not isinstance(why, str):
        return ": `why` is a text"
    return Rule(paths, deploys, why, line)


def _is_reach(deploys: tuple[str, ...]) -> bool:
    return deploys in (EVERYTHING, NOTHING) or (bool(deploys) and all(is_domain_name(name) for name in deploys))


def _as_texts(value: object) -> tuple[str, ...] | None:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return tuple(str(item) for item in items)


def _read_active_runs(value: object, problems: list[_Problem]) -> Iterator[tuple[str, str]]:
    items = {EVERY_TARGET: value} if isinstance(value, str) else value
    if not isinstance(items, dict):
        problems.append(_Problem("active-runs", "is one of warn, wait, refuse, or a table of them by target"))
        return
    for target, answer in sorted(items.items()):
        if answer not in ACTIVE_RUNS or not (target == EVERY_TARGET or is_target_name(target)):
            message = f"is warn, wait or refuse, by target or for all, not {answer!r} for {target!r}"
            problems.append(_Problem("active-runs", message))
        else:
            yield target, str(answer)


def _read_names(
    table: Mapping[str, object],
    key: str,
    is_name: Callable[[str], bool],
    what: str,
    problems: list[_Problem],
) -> tuple[str, ...]:
    value = table.get(key, [])
    names = _as_texts(value) if isinstance(value, list) else None
    if names is None or not all(map(is_name, names)):
        problems.append(_Problem(key, f"is a list of {what}, not {value!r}"))
        return ()
    return tuple(sorted(set(names)))


def _read_stages(table: Mapping[str, object], problems: list[_Problem]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the targets in the order of promotion, by what a workflow calls them."""
    value = table.get("targets", [])
    stages = value if isinstance(value, dict) else {"targets": value}
    read: list[tuple[str, tuple[str, ...]]] = []
    for name, listed in stages.items():
        names = _as_texts(listed) if isinstance(listed, list) else None
        if names is None or not all(map(is_target_name, (*names, name))):
            problems.append(_Problem("targets", f'is a list of targets by name, such as ["dev", "prod"], not {listed!r}'))
            return []
        read += [(name, names)] if isinstance(value, dict) else [(target, (target,)) for target in names]
    every = [target for _, listed in read for target in listed]
    twice = sorted({target for target in every if every.count(target) > 1}) if isinstance(value, dict) else []
    if twice:
        problems.append(_Problem("targets", f"has {', '.join(twice)} in two lists; each target belongs to one"))
    return read


def _read_globs(table: Mapping[str, object], key: str, problems: list[_Problem]) -> tuple[str, ...]:
    value = table.get(key, [])
    globs = _as_texts(value) if isinstance(value, list) else None
    if globs is None or any(not glob or glob.startswith("/") or ".." in glob.split("/") for glob in globs):
        problems.append(_Problem(key, f'is a list of globs of folders, such as ["bundles/*"], not {value!r}'))
        return ()
    return globs


def _is_variable(name: str) -> bool:
    """Return whether a name can be listed: a variable's whose value isn't scope's own to set."""
    return re.fullmatch(_VARIABLE, name) is not None and name.rpartition(".")[2] not in _OWN_VARIABLES


def _read_number(table: Mapping[str, object], key: str, default: int, allowed: range, problems: list[_Problem]) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        message = f"is a whole number from {allowed.start} to {allowed.stop - 1}, not {value!r}"
        problems.append(_Problem(key, message))
        return default
    return value


def _read_webhook(table: Mapping[str, object], problems: list[_Problem]) -> str | None:
    value = table.get("webhook")
    if value is None or (isinstance(value, str) and re.fullmatch(_WEBHOOK, value)):
        return value
    # The value may be a secret that somebody has mistyped.
    problems.append(_Problem("webhook", "is the https URL to which messages are posted, without a user name in it"))
    return None


def find_key_lines(text: str, key: str) -> tuple[int, ...]:
    """Return the lines of a key of `[tool.scope]`, as often as it is there, or the table's own line."""
    lines = text.splitlines()
    tables = ("[tool.scope", "[[tool.scope")
    start = next((count for count, line in enumerate(lines, 1) if line.strip().startswith(tables)), 1)
    pattern = re.compile(rf'\s*(\[\[)?(tool\.scope\.)?"?{re.escape(key)}"?\s*(=|\]\])')
    return tuple(count for count, line in enumerate(lines, 1) if count >= start and pattern.match(line)) or (start,)
