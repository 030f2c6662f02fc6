"""The goals of speed, each with what was measured before, and with what a run of the bench says of it.

Whether a goal is met is computed from that run, and never written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench import deploys, generator, plans, suite
from tests.bench.repositories import BRANCHES
from tests.bench.results import CHECKS, DEPLOYS, GENERATOR, LARGE_DOMAIN, PLANS, SUITE, SUITE_SIZE, Results
from tests.bench.timing import Timed

_LEAF, _BY_ALL, _BY_ONE = (branch.name for branch in BRANCHES)
_PEER = "turbo"
_SPECS = "2000 specs"
_DOMAINS = "100 domains"
_MORE_DOMAINS = "500 domains"
_FILES = "2000 files"


@dataclass(frozen=True, slots=True)
class Condition:
    """One figure that a goal is about: what it is of, the figure, the most it may be, and the peer's of the same run.

    A figure that wasn't measured is None. The ratio to the peer is the figure's, or that of what the figure is a part of.
    """

    label: str
    figure: float | None
    most: float | None
    unit: str
    peer: float | None = None
    whole: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer's figure it is."""
        compared = self.figure if self.whole is None else self.whole
        return compared / self.peer if compared is not None and self.peer else None

    @property
    def is_met(self) -> bool | None:
        """Whether the figure is small enough; None if that can't be told."""
        return None if self.figure is None or self.most is None else self.figure <= self.most


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in words, what was measured before somebody worked on it, and its conditions."""

    text: str
    limit: str
    before: str
    conditions: tuple[Condition, ...]


def list_goals(results: Results) -> list[Goal]:
    """Return all goals, with the figures of these results: the minimum of the runs."""
    return [
        Goal(
            "`scope plan`, leaf, 100k files, readers included: cold / with what an earlier run kept",
            "≤ turbo native / ≤ 1/3 of it, in the same run",
            "cold 1617 ms; turbo 262 ms; nothing was kept",
            tuple(
                _against_turbo(results, state, "100k", _LEAF, state, times)
                for state, times in ((plans.COLD, 1), (plans.KEPT, 1 / 3))
            ),
        ),
        Goal(
            "shared module, 100k: cold / kept",
            "≤ 2\N{MULTIPLICATION SIGN} / ≤ 1\N{MULTIPLICATION SIGN} turbo native",
            "all 50 domains, cold 5006 ms; 1 of 50, cold 4739 ms; turbo 263 and 275 ms; nothing was kept",
            tuple(
                _against_turbo(results, f"{title}, {state}", "100k", branch, state, times)
                for title, branch in (("all 50", _BY_ALL), ("1 of 50", _BY_ONE))
                for state, times in ((plans.COLD, 2), (plans.KEPT, 1))
            ),
        ),
        Goal(
            "at 1k and 10k files",
            "≤ 120 ms, leaf and shared (the floor of Python with git is about 45)",
            "1k: leaf 247, shared 759 ms; 10k: leaf 340, shared 1185 ms; turbo 25 to 49 ms",
            tuple(
                _within(results, f"{size} {title}", size, branch, 120)
                for size in ("1k", "10k")
                for title, branch in (("leaf", _LEAF), ("all 50", _BY_ALL), ("1 of 50", _BY_ONE))
            ),
        ),
        Goal(
            "all fingerprints, and `scope check`, 100k files: cold / kept",
            "≤ 10 s / ≤ 1 s; memory ≤ 200 MiB",
            "processor time: fingerprints 82 s, check 378 s; 355 MiB; nothing was kept",
            _checks(results),
        ),
        Goal(
            "`status`, and a deploy with nothing due, 100 domains",
            "≤ 1.5 s and ≤ 120 requests; 500 domains ≤ 4 s",
            "status 3.4 s, 402 requests; nothing due 3.3 s, 404 requests",
            _status(results),
        ),
        Goal(
            "controller's share of one deployment over the bare CLI's plan + deploy",
            "≤ 1 s",
            "2.1 s (3.9 s against 1.8 s)",
            _share(results),
        ),
        Goal(
            "one file changed in a domain of 2,000 files",
            "≤ 10 uploads, ≤ 6 s, and proven to be the same bytes as a full upload",
            "2061 uploads, 40 s",
            _uploads(results),
        ),
        Goal(
            "`generator build --all`, 2,000 specs unchanged",
            "≤ 1 s",
            "4.5 s",
            (Condition("", _seconds(results.find(GENERATOR, _SPECS, generator.UNCHANGED)), 1, "s"),),
        ),
        Goal(
            "the whole test run without / with the CLI, two cores",
            "≤ 2 min / ≤ 10 min",
            "without 216 s, with 841 s (version 5e31661)",
            tuple(
                Condition(title, _seconds(results.find(SUITE, SUITE_SIZE, name)), most, "s")
                for title, name, most in (("without", suite.WITHOUT_CLI, 120), ("with", suite.WITH_CLI, 600))
            ),
        ),
    ]


def _against_turbo(results: Results, label: str, size: str, branch: str, state: str, times: float) -> Condition:
    """Return a condition that a plan takes no longer than so many times turbo's time in the same run."""
    plan = _milliseconds(results.find(PLANS, size, plans.name_of(plans.PLAN, state), branch))
    peer = _milliseconds(results.find(PLANS, size, _PEER, branch))
    return Condition(label, plan, None if peer is None else times * peer, "ms", peer)


def _within(results: Results, label: str, size: str, branch: str, most: float) -> Condition:
    plan = _milliseconds(results.find(PLANS, size, plans.name_of(plans.PLAN, plans.COLD), branch))
    return Condition(label, plan, most, "ms", _milliseconds(results.find(PLANS, size, _PEER, branch)))


def _checks(results: Results) -> tuple[Condition, ...]:
    timed = {
        (title, state): results.find(CHECKS, "100k", plans.name_of(what, state))
        for title, what in (("fingerprints", plans.FINGERPRINTS), ("check", plans.CHECK))
        for state in (plans.COLD, plans.KEPT)
    }
    times = (
        Condition(f"{title}, {state}", _seconds(item), 10 if state == plans.COLD else 1, "s")
        for (title, state), item in timed.items()
    )
    largest = max((item.costs.memory for item in timed.values() if item), default=None)
    return (*times, Condition("largest process", largest, 200, "MiB"))


def _status(results: Results) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for size, most in ((_DOMAINS, 1.5), (_MORE_DOMAINS, 4)):
        for title, name in (("status", deploys.STATUS), ("nothing due", deploys.NOTHING)):
            timed = results.find(DEPLOYS, size, name)
            conditions.append(Condition(f"{size}, {title}", _seconds(timed), most, "s"))
            if size == _DOMAINS:
                requests = timed.costs.requests if timed else None
                conditions.append(Condition(f"{title}, requests", requests, 120, ""))
    return tuple(conditions)


def _share(results: Results) -> tuple[Condition, ...]:
    scope, plan, deploy = (
        _seconds(results.find(DEPLOYS, _DOMAINS, name)) for name in (deploys.ONE, deploys.BARE_PLAN, deploys.BARE_DEPLOY)
    )
    if scope is None or plan is None or deploy is None:
        return (Condition("", None, 1, "s"),)
    return (Condition("", scope - (plan + deploy), 1, "s", peer=plan + deploy, whole=scope),)


def _uploads(results: Results) -> tuple[Condition, ...]:
    timed = results.find(LARGE_DOMAIN, _FILES, deploys.LARGE)
    # A run that left other bytes ended with an error.
    return (
        Condition("", float(timed.answer) if timed else None, 10, "uploads"),
        Condition("time", _seconds(timed), 6, "s"),
    )


def _milliseconds(timed: Timed | None) -> float | None:
    return None if timed is None else timed.costs.minimum * 1000


def _seconds(timed: Timed | None) -> float | None:
    return None if timed is None else timed.costs.minimum


def describe_met(conditions: Sequence[Condition]) -> str:
    """Return in a few words whether the conditions are met, and which where they differ."""
    groups = {
        word: [item.label or item.unit for item in conditions if item.is_met is answer]
        for word, answer in (("not met", False), ("met", True), ("not measured", None))
    }
    parts = [(word, labels) for word, labels in groups.items() if labels]
    if len(parts) == 1:
        return parts[0][0]
    return "; ".join(f"{word}: {', '.join(labels)}" for word, labels in parts)
