"""The deploy set of a repository's own bundles is that of the changed fingerprints, in whatever history."""

import os
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.graph.bundle_index import BundleIndex
from scope.graph.bundle_store import BundleStore
from scope.graph.uses_cache import UsesCache
from scope.planning.impact import ImpactAnalysis
from scope.repository.ownership import EVERYTHING, NOTHING, Rule, Rules
from scope.repository.snapshot import Snapshot
from tests.property.bundle_histories import GLOBS, State, edits, repositories
from tests.property.test_exact_set import check_causes
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

HISTORIES = int(os.environ.get("SCOPE_HISTORIES", "1000"))
"""How many random histories to try; set it to go on for longer."""
KEPT = KeptInMemory()
RULES = (
    Rules(bundles=GLOBS),
    Rules(bundles=GLOBS, narrow=("libs/*",)),
    Rules(bundles=GLOBS[:1]),
    Rules(bundles=GLOBS, own=(Rule(("**/*.md", "**/tests/**"), NOTHING, ""), Rule(("top.txt",), EVERYTHING, ""))),
    Rules(bundles=GLOBS, own=(Rule(("libs/**",), ("bundles_a",), ""),)),
)


def fingerprints(index: BundleIndex) -> dict[tuple[str, str], str | None]:
    return {
        (target, domain): index.fingerprint(target, domain)
        for domain in index.domains
        for target in index.targets_of(domain)
    }


@settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    state=repositories(),
    edit=edits(),
    rules=st.tuples(st.sampled_from(RULES), st.one_of(st.none(), st.sampled_from(RULES))),
)
def test_the_set_found_is_the_set_of_changed_fingerprints(
    state: State, edit: Callable[[State], State], rules: tuple[Rules, Rules | None], counts: Counter[str]
) -> None:
    git = FakeGit()
    # Where the rules differ, so does the file that has them.
    base_rules, head_rules = rules[0], rules[1] or rules[0]
    trees = [
        git.make({**files, "pyproject.toml": files.get("pyproject.toml", b"") if rules[1] is None else repr(one).encode()})
        for files, one in ((state, base_rules), (edit(state), head_rules))
    ]
    # What other histories have left in the same folders must mislead nobody.
    store = BundleStore(KEPT)
    base, head = (
        BundleIndex(Snapshot(git, tree), one, UsesCache(KEPT), store)
        for tree, one in zip(trees, (base_rules, head_rules), strict=True)
    )
    impact = ImpactAnalysis(base, head, git.changes(*trees)).find_impact()
    before, after = (
        fingerprints(BundleIndex(Snapshot(git, tree), one))
        for tree, one in zip(trees, (base_rules, head_rules), strict=True)
    )
    differing = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one) and one[0] in head.targets}
    assert {(item.target, item.domain) for item in impact.impacted} == differing
    check_causes(impact)
    counts["histories"] += 1
    counts["deployments that stay"] += len(before.keys() | after.keys()) - len(differing)
    counts.update(f"deployments {item.because}" for item in impact.impacted)


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(state=repositories())
def test_what_is_uploaded_is_a_part_of_what_is_staged_and_lies_below_the_root(state: State) -> None:
    index = BundleIndex(FakeGit().snapshot(state), RULES[0])
    for domain in index.domains:
        for target in index.targets_of(domain):
            uploaded, staged = index.uploaded(target, domain), index.staged(target, domain)
            assert set(uploaded.values()) <= staged.keys()
            root = index.frame(target, domain).sync_root
            assert all(path == (f"{root}/{name}" if root else name) for name, path in uploaded.items())
