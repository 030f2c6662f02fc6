"""Who owns a path: the repository's layout first, then the rules of `[tool.scope]`, then the built-in ones.

What the CLI sees in a stage is owned by layout, and no rule can take it away. A path that nothing knows deploys
everything: better too much than a change that never arrives.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from scope.errors import UsageError
from scope.names import is_domain_name, is_target_name
from scope.repository.layout import CONFIG, Role, is_placed, place_of

# What a deploy does about runs that are going on; the first is what it does unless told.
ACTIVE_RUNS = ("warn", "wait", "refuse")
EVERY_TARGET = "*"


class Reach(StrEnum):
    """What a path belongs to, and so what its change deploys."""

    EVERYTHING = "everything"
    NOTHING = "nothing"
    DOMAIN = "domain"
    TARGET = "target"
    SHARED = "shared"
    MODELS = "models"


@dataclass(frozen=True, slots=True)
class Owner:
    """The answer for one path: its reach, the domains or target meant, and whether a stage holds it."""

    reach: Reach
    names: tuple[str, ...] = ()
    is_staged: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Paths that layout doesn't place. `deploys` is `everything`, `nothing` or names of domains."""

    paths: tuple[str, ...]
    deploys: tuple[str, ...]
    why: str


EVERYTHING = ("everything",)
NOTHING = ("nothing",)
UNOWNED = Owner(Reach.EVERYTHING, why="unowned")

DEFAULT_RULES = (
    Rule(("pyproject.toml", "uv.lock", ".python-version"), EVERYTHING, "tooling that shapes what is deployed"),
    Rule(("generator/**",), EVERYTHING, "the generator shapes every resource"),
    Rule(("docs/**", "**/README.md", "*.md", "LICENSE*", "CODEOWNERS"), NOTHING, "documentation"),
    Rule(("tests/**", ".ci/**", ".github/**", "scope/**", "justfile"), NOTHING, "never leaves this repository"),
    Rule(
        (".vscode/**", ".idea/**", ".editorconfig", ".git*", ".pre-commit-config.yaml"), NOTHING, "editor and git settings"
    ),
    Rule(("resources/_generated/**",), NOTHING, "schemas for editors"),
    Rule(("scratch/**", "**/explorations/**"), NOTHING, "private trials"),
)


@dataclass(frozen=True)
class Rules:
    """`[tool.scope]`, checked, with the built-in rules behind the repository's own."""

    own: tuple[Rule, ...] = ()
    matrix_jobs: int = 20
    max_deletions: int = 10
    active_runs: tuple[tuple[str, str], ...] = ()

    def active_runs_in(self, target: str) -> str:
        """Return what a deploy does about runs that are going on in a target: `warn`, `wait` or `refuse`."""
        return next((answer for name, answer in self.active_runs if name in {target, EVERY_TARGET}), ACTIVE_RUNS[0])

    @cached_property
    def _compiled(self) -> tuple[tuple[str, re.Pattern[str], Rule], ...]:
        return tuple((path, _glob(path), rule) for rule in (*self.own, *DEFAULT_RULES) for path in rule.paths)

    def owner(self, path: str) -> Owner:
        """Return what a path belongs to."""
        return _owner_by_layout(path) or self._owner_by_rule(path)

    def _owner_by_rule(self, path: str) -> Owner:
        for _, pattern, rule in self._compiled:
            if pattern.fullmatch(path):
                return _owner_of(rule)
        return UNOWNED

    def skips(self, folder: str) -> bool:
        """Return whether nothing below a folder can be a rule file, so that it needn't be listed.

        Only a rule that covers the whole folder, and that no earlier rule could narrow, counts.
        """
        if is_placed(folder):
            return True
        for glob, pattern, rule in self._compiled:
            # `tools/*` covers the files of a folder, and only `tools/**` those of the folders in it.
            if glob.endswith("**") and pattern.fullmatch(f"{folder}/\0"):
                return rule.deploys == NOTHING
            if rule.deploys != NOTHING and _may_reach_into(glob, folder):
                return False
        return False


def load_rules(content: bytes | None) -> Rules:
    """Return the rules that a `pyproject.toml` holds; the built-in ones where it holds none.

    Raises `UsageError` with every problem found, each with its line.
    """
    if content is None:
        return Rules()
    try:
        text = content.decode()
        table = tomllib.loads(text).get("tool", {}).get("scope", {})
        if not isinstance(table, dict):
            raise UsageError(f"{CONFIG}: `scope` in [tool] is a table: write [tool.scope].")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise UsageError(f"{CONFIG} can't be read: {error}. Without it, scope doesn't know the rules.") from None
    problems: list[str] = []
    rules = Rules(
        own=tuple(_rules(table.get("rules", []), problems)),
        matrix_jobs=_number(table, "matrix-jobs", Rules.matrix_jobs, 1, 256, problems),
        max_deletions=_number(table, "max-deletions", Rules.max_deletions, 0, 1_000_000, problems),
        active_runs=tuple(_active_runs(table.get("active-runs", {}), problems)),
    )
    problems += [
        f"`{key}` is not a key of [tool.scope]; there are {', '.join(_KEYS)}" for key in sorted(set(table) - _KEYS.keys())
    ]
    if problems:
        raise UsageError("\n".join(f"{CONFIG}:{_line(text, problem)}: {problem}." for problem in problems))
    return rules


_KEYS = {"rules": None, "matrix-jobs": None, "max-deletions": None, "active-runs": None}
_RULE_KEYS = {"paths", "deploys", "why"}


def _rules(value: object, problems: list[str]) -> Iterator[Rule]:
    if not isinstance(value, list):
        problems.append("`rules` is a list of tables: write [[tool.scope.rules]]")
        return
    for number, item in enumerate(value, 1):
        if not isinstance(item, dict) or set(item) - _RULE_KEYS or not {"paths", "deploys"} <= set(item):
            problems.append(f"`rules` number {number} needs `paths` and `deploys`, may have `why`, and nothing else")
            continue
        paths, deploys, why = _texts(item["paths"]), _texts(item["deploys"]), item.get("why", "a rule of this repository")
        if paths is None or not paths or any(path.startswith("/") or ".." in path.split("/") for path in paths):
            problems.append(f"`rules` number {number}: `paths` is a list of globs relative to the repository's root")
        elif deploys is None or not _is_reach(deploys):
            problems.append(f'`rules` number {number}: `deploys` is "everything", "nothing" or a list of domains')
        elif not isinstance(why, str):
            problems.append(f"`rules` number {number}: `why` is a text")
        else:
            yield Rule(paths, deploys, why)


def _is_reach(deploys: tuple[str, ...]) -> bool:
    return deploys in (EVERYTHING, NOTHING) or (bool(deploys) and all(is_domain_name(name) for name in deploys))


def _texts(value: object) -> tuple[str, ...] | None:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return tuple(str(item) for item in items)


def _active_runs(value: object, problems: list[str]) -> Iterator[tuple[str, str]]:
    items = {EVERY_TARGET: value} if isinstance(value, str) else value
    if not isinstance(items, dict):
        problems.append("`active-runs` is one of warn, wait, refuse, or a table of them by target")
        return
    for target, answer in sorted(items.items()):
        if answer not in ACTIVE_RUNS or not (target == EVERY_TARGET or is_target_name(target)):
            problems.append(f"`active-runs` is warn, wait or refuse, by target or for all, not {answer!r} for {target!r}")
        else:
            yield target, str(answer)


def _number(table: dict[str, object], key: str, default: int, low: int, high: int, problems: list[str]) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        problems.append(f"`{key}` is a whole number from {low} to {high}, not {value!r}")
        return default
    return value


def _line(text: str, problem: str) -> int:
    """Return the line that holds the key that a problem names first; the table's own where it can't be found."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines, 1) if line.strip().startswith("[tool.scope")), 1)
    key = problem.split("`")[1]
    wanted = re.compile(rf'\s*(\[\[)?(tool\.scope\.)?"?{re.escape(key)}"?\s*(=|\]\])')
    return next((number for number, line in enumerate(lines, 1) if number >= start and wanted.match(line)), start)


_BY_ROLE = {
    Role.BUNDLE: Owner(Reach.EVERYTHING, is_staged=True, why="part of every deployment"),
    Role.LOADER: Owner(Reach.EVERYTHING, is_staged=True, why="the loader of every deployment's resources"),
    Role.MODEL: Owner(Reach.MODELS),
    Role.SHARED: Owner(Reach.SHARED),
    # The CLI would leave out what it names, silently: a stage has an ignore file of its own, and no other.
    Role.IGNORE_FILE: Owner(Reach.NOTHING, why="git's ignore rules don't reach a stage"),
}


def _owner_by_layout(path: str) -> Owner | None:
    place = place_of(path)
    if place.target is not None:
        return Owner(Reach.TARGET, (place.target,), is_staged=True)
    if place.role in _BY_ROLE:
        return _BY_ROLE[place.role]
    if place.domain is not None:
        return Owner(Reach.DOMAIN, (place.domain,), is_staged=place.role in {Role.CODE, Role.RESOURCE})
    return None


def _owner_of(rule: Rule) -> Owner:
    if rule.deploys == EVERYTHING:
        return Owner(Reach.EVERYTHING, why=rule.why)
    if rule.deploys == NOTHING:
        return Owner(Reach.NOTHING, why=rule.why)
    return Owner(Reach.DOMAIN, rule.deploys, why=rule.why)


_WILDCARDS = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob: `*` stays in one folder, `**` crosses them, `**/` also stands for no folder at all."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(_WILDCARDS.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _may_reach_into(pattern: str, folder: str) -> bool:
    """Return whether a glob might match something below a folder; true when in doubt."""
    fixed = re.split(r"[*?]", pattern)[0]
    return fixed.startswith(f"{folder}/") or f"{folder}/".startswith(fixed)


def merged(rules: Iterable[Rules], path: str) -> frozenset[Owner]:
    """Return what a path belongs to under several rule sets: the base's and the head's count alike."""
    return frozenset(one.owner(path) for one in rules)


def matches(glob: str, path: str) -> bool:
    """Return whether a glob of the kind that rules have matches a path."""
    return _glob(glob).fullmatch(path) is not None
