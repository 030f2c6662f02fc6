"""What earlier runs found out changes no answer: with it and without it, a tree has the same fingerprints,
findings and plans."""

from collections import Counter

from hypothesis import HealthCheck, given, settings

from scope.adapters.forks import Forks
from scope.errors import UsageError
from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.model import Finding
from scope.planning.checks import check_repository
from scope.planning.impact import Impact, ImpactAnalysis
from scope.planning.readers import Readers, find_readers
from scope.repository.snapshot import Snapshot
from tests.property.histories import DOMAINS, TARGETS, History, histories
from tests.property.test_exact_set import HISTORIES
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

Answers = tuple[dict[tuple[str, str], str | None], tuple[Finding, ...] | str]


def answers(index: DomainIndex) -> Answers:
    try:
        findings: tuple[Finding, ...] | str = check_repository(index)
    except UsageError as error:
        findings = str(error)
    return {(target, domain): index.fingerprint(target, domain) for target in TARGETS for domain in DOMAINS}, findings


@settings(
    max_examples=max(HISTORIES // 10, 1),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(history=histories())
def test_every_answer_is_the_same_with_what_was_kept(history: History, counts: Counter[str]) -> None:
    git, kept = FakeGit(), KeptInMemory()
    for tree in dict.fromkeys(git.make(state) for pair in history.pairs for state in pair):
        alone = answers(DomainIndex(Snapshot(git, tree)))
        before = kept.hits
        assert answers(DomainIndex(Snapshot(git, tree), UsesCache(kept))) == alone
        counts["answers that were kept"] += kept.hits - before
        assert answers(DomainIndex(Snapshot(git, tree), UsesCache(kept))) == alone
        counts["trees"] += 1
    for base, head in history.pairs:
        trees = git.make(base), git.make(head)
        alone = plan_of(git, trees, UsesCache())
        for _ in range(2):
            before = kept.hits
            assert plan_of(git, trees, UsesCache(kept)) == alone
            counts["answers that were kept"] += kept.hits - before
    counts["histories"] += 1


def plan_of(git: FakeGit, trees: tuple[str, str], cache: UsesCache) -> tuple[Impact, Readers] | str:
    base, head = (DomainIndex(Snapshot(git, tree), cache) for tree in trees)
    try:
        impact = ImpactAnalysis(base, head, git.changes(*trees)).find_impact()
        return impact, find_readers(head, base, impact.impacted, head.domains)
    except UsageError as error:
        return str(error)


@settings(max_examples=max(HISTORIES // 50, 1), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories())
def test_every_answer_is_the_same_from_all_cores(history: History) -> None:
    git = FakeGit()
    base, _ = history.pairs[0]
    tree = git.make(base)
    index = DomainIndex(Snapshot(git, tree), UsesCache(workers=Forks()))
    index.find_shared_files(index.domains)
    assert answers(index) == answers(DomainIndex(Snapshot(git, tree)))
