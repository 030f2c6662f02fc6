"""The deploy set is defined by fingerprints: what the diff and the graph find is exactly that, in whatever history."""

import os
import subprocess
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from scope.adapters.git import GitRepository
from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.model import Change, Effect, Kind, Status
from scope.planning.effect import classify_effect
from scope.planning.impact import Impact, ImpactAnalysis
from scope.ports import Git
from scope.repository.snapshot import Snapshot
from tests.property.histories import DOMAINS, TARGETS, History, State, histories
from tests.support.fake_git import FakeGit, Node
from tests.support.sandbox import Sandbox, git_environment

HISTORIES = int(os.environ.get("SCOPE_HISTORIES", "1000"))
"""How many random histories to try; set it to go on for longer."""
ON_REAL_GIT = max(HISTORIES // 25, 1)


Fingerprints = dict[tuple[str, str], str | None]


pytestmark = pytest.mark.usefixtures("each_text_is_read_once")


class Repository:
    """One history's trees, with every deployment's fingerprint worked out for each tree with nothing known before."""

    def __init__(self, git: Git, counts: Counter[str]) -> None:
        self._git = git
        self._counts = counts
        self._known: dict[str, Fingerprints] = {}

    def fingerprints(self, tree: str) -> Fingerprints:
        if tree not in self._known:
            index = DomainIndex(Snapshot(self._git, tree))
            self._known[tree] = {
                (target, domain): index.fingerprint(target, domain) for target in TARGETS for domain in DOMAINS
            }
            for domain in DOMAINS:
                assert index.shared_files(domain) == index.shared(domain).files
        return self._known[tree]

    def check(self, base_tree: str, head_tree: str) -> None:
        """Compare what the changes lead to with what differs, deployment by deployment."""
        cache = UsesCache()
        base, head = (DomainIndex(Snapshot(self._git, tree), cache) for tree in (base_tree, head_tree))
        impact = ImpactAnalysis(base, head, self._git.changes(base_tree, head_tree)).find_impact()
        before, after = self.fingerprints(base_tree), self.fingerprints(head_tree)
        targets = Snapshot(self._git, head_tree).names("targets")
        there = {(target, domain) for target, domain in before if f"{target}.yml" in targets}
        differing = {deployment for deployment in there if before[deployment] != after[deployment]}
        assert {(item.target, item.domain) for item in impact.impacted} == differing
        check_causes(impact)
        self._counts["comparisons"] += 1
        self._counts["deployments that stay"] += len(there) - len(differing)
        self._counts.update(f"deployments {item.because}" for item in impact.impacted)
        self._counts["deployments of cosmetic changes only"] += sum(
            all(self._is_cosmetic(change) for change, _ in item.causes) for item in impact.impacted
        )

    def _is_cosmetic(self, change: Change) -> bool:
        if change.status is not Status.MODIFIED or change.before is None or change.after is None:
            return False
        contents = self._git.blobs([change.before.oid, change.after.oid])
        return classify_effect(change.path, contents[change.before.oid], contents[change.after.oid]) is Effect.COSMETIC


def check_causes(impact: Impact) -> None:
    for item in impact.impacted:
        assert item.causes, f"{item.target}/{item.domain} has no cause"
        for change, steps in item.causes:
            assert steps[-1].node == f"domain:{item.domain}", change.path


@settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_the_set_found_is_the_set_of_changed_fingerprints(history: History, counts: Counter[str]) -> None:
    git = FakeGit()
    counts["histories"] += 1
    repository = Repository(git, counts)
    for before, after in history.pairs:
        repository.check(git.make(before), git.make(after))


def fast_import(states: list[State]) -> bytes:
    """Return the states as commits in the form that `git fast-import` reads."""
    lines: list[bytes] = []
    modes = {Kind.FILE: b"100644", Kind.SYMLINK: b"120000", Kind.SUBMODULE: b"160000"}
    for number, state in enumerate(states):
        lines.append(b"commit refs/heads/s%d\ncommitter x <x@x.invalid> 1700000000 +0000\ndata 0\ndeleteall\n" % number)
        for path, content in state.items():
            node = content if isinstance(content, Node) else Node(content)
            name = b'"' + path.encode("utf-8", "surrogateescape").replace(b"\n", b"\\n") + b'"'
            if node.kind is Kind.SUBMODULE:
                lines.append(b"M 160000 %s %s\n" % (b"1" * 40, name))
            else:
                lines.append(b"M %s inline %s\ndata %d\n%s\n" % (modes[node.kind], name, len(node.content), node.content))
    return b"".join(lines)


@settings(
    max_examples=ON_REAL_GIT,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(history=histories())
def test_real_git_gives_the_same_set(
    history: History, tmp_path_factory: pytest.TempPathFactory, counts: Counter[str]
) -> None:
    sandbox = Sandbox.create(tmp_path_factory.mktemp("history"))
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=sandbox.root,
        env=git_environment(),
        input=fast_import(history.states),
        check=True,
    )
    counts["histories on real git"] += 1
    with GitRepository(sandbox.root) as git:
        trees = {}
        for index, state in enumerate(history.states):
            commit = git.commit(f"refs/heads/s{index}")
            assert commit is not None
            trees[id(state)] = git.root_tree(commit)
        repository = Repository(git, counts)
        for before, after in history.pairs:
            repository.check(trees[id(before)], trees[id(after)])
