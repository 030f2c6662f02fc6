"""The owner of a path: by the repository's layout, else by the rules of `[tool.scope]`, else by the built-in rules.

Layout owns the files of a stage, and no rule can take one away. A path without an owner deploys everything: better too much
than a change that never arrives.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from scope.errors import UsageError
from scope.naming import DEFAULT, Naming
from scope.repository.globs import Pattern, compile_glob, covers, may_match_below
from scope.repository.layout import CONFIG, MOVES, Role, is_placed, place_of
from scope.wording import unknown_name

# How a deploy treats active runs; the first is the default.
ACTIVE_RUNS = ("warn", "wait", "refuse")
EVERY_TARGET = "*"
_MOST_DOMAINS = 4096


class Reach(StrEnum):
    """Which deployments a change of a path reaches."""

    EVERYTHING = "everything"
    NOTHING = "nothing"
    DOMAIN = "domain"
    TARGET = "target"
    SHARED = "shared"
    MODELS = "models"


class Owner(NamedTuple):
    """The owner of a path: its reach, the domains or the target by name, and whether stages hold the path."""

    reach: Reach
    names: tuple[str, ...] = ()
    is_staged: bool = False
    why: str = ""


class Rule:
    """The paths that a rule owns where layout doesn't. `deploys` is `everything`, `nothing` or names of domains.

    `line` is where `pyproject.toml` states it, and no part of what it says.
    """

    __slots__ = ("deploys", "line", "paths", "why")

    def __init__(self, paths: tuple[str, ...], deploys: tuple[str, ...], why: str, line: int = 0) -> None:
        """Own paths by these globs."""
        self.paths = paths
        self.deploys = deploys
        self.why = why
        self.line = line

    def __eq__(self, other: object) -> bool:
        """Return whether another rule says the same, wherever it is stated."""
        return isinstance(other, Rule) and self._content == other._content

    def __hash__(self) -> int:
        """Return the same for rules that say the same."""
        return hash(self._content)

    @property
    def _content(self) -> tuple[object, ...]:
        return self.paths, self.deploys, self.why

    def deploys_domain(self, domain: str) -> bool:
        """Return whether it deploys a domain, alone or with all others."""
        return self.deploys == EVERYTHING or (self.deploys != NOTHING and domain in self.deploys)

    @property
    def deploys_nothing(self) -> bool:
        """Return whether it says that its paths deploy nothing."""
        return self.deploys == NOTHING


EVERYTHING = ("everything",)
NOTHING = ("nothing",)
# Stands for the rule of a path that no rule of the repository's own concerns.
NO_RULE = Rule((), ("",), "")
UNOWNED = Owner(Reach.EVERYTHING, why="unowned")

DEFAULT_RULES = (
    Rule(("pyproject.toml", "uv.lock", ".python-version"), EVERYTHING, "tooling that shapes what is deployed"),
    Rule(("generator/**",), EVERYTHING, "the generator shapes every resource"),
    Rule(("docs/**", "**/README.md", "*.md", "LICENSE*", "CODEOWNERS"), NOTHING, "documentation"),
    Rule(("tests/**", ".ci/**", ".github/**", "scope/**", "justfile"), NOTHING, "never leaves this repository"),
    Rule(
        (".template/**", "databricks_template_schema.json", ".bundle-template.json"),
        NOTHING,
        "what repositories are made from",
    ),
    Rule(
        (".vscode/**", ".idea/**", ".devcontainer/**", ".editorconfig", ".git*", ".pre-commit-config.yaml"),
        NOTHING,
        "editor and git settings",
    ),
    Rule(("resources/_generated/**",), NOTHING, "schemas for editors"),
    Rule((".scope/**",), NOTHING, "scope's own output"),
    Rule(("scratch/**", "**/explorations/**"), NOTHING, "private trials"),
    Rule((MOVES,), NOTHING, "moves are carried out by the deploys that they concern"),
)


class _Settings(NamedTuple):
    """The values of `[tool.scope]`."""

    own: tuple[Rule, ...] = ()
    matrix_jobs: int = 20
    max_deletions: int = 10
    active_runs: tuple[tuple[str, str], ...] = ()
    # The domains that may run code at plan and deploy, where every other is data.
    allow_code: tuple[str, ...] = ()
    # The targets in which each domain is deployed with an identity of its own, from an environment of its own.
    identity_per_domain: tuple[str, ...] = ()
    # The variables of the bundle whose values deploys take from the environment; those of one domain alone as
    # `<domain>.<name>`.
    variables: tuple[str, ...] = ()
    # Where `scope notify` posts.
    webhook: str | None = None
    # The targets in the order in which a change goes through them.
    targets: tuple[str, ...] = ()
    # How tables and resources are named.
    naming: Naming = DEFAULT
    # What a workflow calls some targets by one name, in the order of promotion; each target alone, unless it is in one.
    stages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    # Globs of the folders that hold a bundle of their own each; without any, the repository is one bundle.
    bundles: tuple[str, ...] = ()
    # Globs of the folders of which only what is imported counts for a bundle.
    narrow: tuple[str, ...] = ()


class Rules(_Settings):
    """The settings of `[tool.scope]`. The built-in rules come after the repository's own."""

    def in_order(self, targets: Iterable[str]) -> tuple[str, ...]:
        """Return some targets in the order of promotion; those that it doesn't name follow by their names."""
        places = {target: place for place, target in enumerate(self.targets)}
        return tuple(sorted(targets, key=lambda target: (places.get(target, len(places)), target)))

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the targets that some names stand for: those of a stage, or the target itself."""
        stages = dict(self.stages)
        return tuple(dict.fromkeys(target for name in names for target in stages.get(name, (name,))))

    def stage_of(self, target: str) -> str:
        """Return the name by which a workflow calls a target: that of its stage, or else its own."""
        return next((name for name, targets in self.stages if target in targets), target)

    def active_runs_in(self, target: str) -> str:
        """Return how a deploy treats active runs in a target: `warn`, `wait` or `refuse`."""
        return next((answer for name, answer in self.active_runs if name in {target, EVERY_TARGET}), ACTIVE_RUNS[0])

    def check_domains(self, domains: Collection[str]) -> None:
        """Raise `UsageError` with every rule that deploys a domain which isn't among those of the repository.

        It would deploy nothing for its paths, and say nothing.
        """
        named = ((rule, name) for rule in self.own if rule.deploys not in (EVERYTHING, NOTHING) for name in rule.deploys)
        problems = [
            f"{CONFIG}:{rule.line}: {unknown_name('domain', name, domains)} Correct `deploys`, or remove the name."
            for rule, name in named
            if name not in domains
        ]
        if problems:
            raise UsageError("\n".join(problems))

    @cached_property
    def _compiled(self) -> tuple[tuple[str, Pattern, Rule], ...]:
        return tuple((path, compile_glob(path), rule) for rule in (*self.own, *DEFAULT_RULES) for path in rule.paths)

    def owner(self, path: str) -> Owner:
        """Return the owner of a path."""
        by_layout = None if self.bundles else _owner_by_layout(path)
        return by_layout or self._owner_by_rule(path)

    def own_reach(self, path: str) -> Rule:
        """Return the first of the repository's own rules that concerns a path, or `NO_RULE`."""
        return next((rule for pattern, rule in self._own_compiled if pattern.fullmatch(path)), NO_RULE)

    @cached_property
    def _own_compiled(self) -> tuple[tuple[Pattern, Rule], ...]:
        return tuple((compile_glob(path), rule) for rule in self.own for path in rule.paths)

    def _owner_by_rule(self, path: str) -> Owner:
        for _, pattern, rule in self._compiled:
            if pattern.fullmatch(path):
                return _owner_of(rule)
        return UNOWNED

    def skips(self, folder: str) -> bool:
        """Return whether no path below a folder can be a rule file, so that the folder needn't be listed.

        A rule counts only if it covers the whole folder and no earlier rule can match a part of it.
        """
        if is_placed(folder):
            return True
        for glob, _, rule in self._compiled:
            if covers(glob, folder):
                return rule.deploys == NOTHING
            if rule.deploys != NOTHING and may_match_below(glob, folder):
                return False
        return False


_BY_ROLE = {
    Role.BUNDLE: Owner(Reach.EVERYTHING, is_staged=True, why="part of every deployment"),
    Role.LOADER: Owner(Reach.EVERYTHING, is_staged=True, why="the loader of every deployment's resources"),
    Role.MODEL: Owner(Reach.MODELS),
    Role.SHARED: Owner(Reach.SHARED),
    # The CLI would silently leave out the files that it names, so a stage has only an ignore file of its own.
    Role.IGNORE_FILE: Owner(Reach.NOTHING, why="git's ignore rules don't reach a stage"),
}


def _owner_by_layout(path: str) -> Owner | None:
    place = place_of(path)
    if place.target is not None:
        return Owner(Reach.TARGET, (place.target,), is_staged=True)
    if place.role in _BY_ROLE:
        return _BY_ROLE[place.role]
    if place.domain is not None:
        return _domain_owner(place.domain, is_staged=place.role is Role.CODE or place.role is Role.RESOURCE)
    return None


@lru_cache(_MOST_DOMAINS)  # asked for each path of a tree
def _domain_owner(domain: str, *, is_staged: bool) -> Owner:
    return Owner(Reach.DOMAIN, (domain,), is_staged)


def _owner_of(rule: Rule) -> Owner:
    if rule.deploys == EVERYTHING:
        return Owner(Reach.EVERYTHING, why=rule.why)
    if rule.deploys == NOTHING:
        return Owner(Reach.NOTHING, why=rule.why)
    return Owner(Reach.DOMAIN, rule.deploys, why=rule.why)
