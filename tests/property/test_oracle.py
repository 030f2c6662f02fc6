"""Python is the judge: whatever the modules of a domain open of the shared code when they are imported is in its stage.

The repositories are random, and what their modules open is recorded by Python itself, in a process that knows nothing of
`scope`. A fault that closure and fingerprints share can't hide from that.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.planning.impact import ImpactAnalysis
from scope.repository.snapshot import Snapshot
from scope.stage.folder import StageFacts, write_stage
from tests.property.oracle.repositories import DOMAINS, Repository, make_repository
from tests.support.fake_git import FakeGit

BATCHES = max(int(os.environ.get("SCOPE_HISTORIES", "1000")) // 250, 1)
"""How many batches of random repositories to try; set it to go on for longer."""
SIZE = 8
"""How many repositories are in a batch."""

PROGRAM = Path(__file__).parent / "oracle" / "opening.py"
THIRD_PARTIES = Path(__file__).parent / "oracle" / "third_parties"
SHARED = ("src/common/", "resources/_models/")
# `-S` leaves out installed packages, and with them the checkout.
_START = "import runpy, sys; sys.path.append(sys.argv[2]); runpy.run_path(sys.argv[1], run_name='__main__')"


@dataclass(frozen=True, slots=True)
class Imported:
    """One module's import: the shared files that it opened, with the place that did, what it read, and its error."""

    module: str
    opened: Mapping[str, tuple[str, int]]
    seen: object
    error: str | None


Request = tuple[str, tuple[str, ...], list[str]]
"""A folder, the roots below it that modules are imported from, and their names."""


def requests(folder: Path, repository: Repository, domain: str) -> list[Request]:
    """Return what imports a domain's code from `src`, and its resources from the top."""
    return [(str(folder), (root, "") if root else ("",), names) for root, names in repository.modules(domain).items()]


def import_modules(asked: list[Request]) -> list[list[Imported]]:
    """Import modules, each in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _START, str(PROGRAM), str(THIRD_PARTIES)],
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        [
            Imported(
                name,
                {path: (file, line) for path, file, line in answer["opened"] if path.startswith(SHARED)},
                answer["seen"],
                answer["error"],
            )
            for name, answer in answers.items()
        ]
        for answers in json.loads(done.stdout)
    ]


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


@dataclass(frozen=True, slots=True)
class Case:
    """A domain of a random repository, whole and as its stage."""

    seed: int
    domain: str
    repository: Repository
    staged: frozenset[str]
    whole: list[Request]
    alone: list[Request]


def make_cases(seed: int, root: Path) -> Iterator[Case]:
    repository = make_repository(seed)
    write(root / f"{seed}", repository.files)
    index = DomainIndex(FakeGit().snapshot(repository.files))
    for domain in DOMAINS:
        folder = root / f"{seed}-{domain}"
        folder.mkdir()
        staged = index.staged("dev", domain)
        write_stage(folder, index.snapshot, tuple(staged), StageFacts("dev", domain, commit=None, branch=None, origin=None))
        yield Case(
            seed,
            domain,
            repository,
            frozenset(path for path in staged if path.startswith(SHARED)),
            requests(root / f"{seed}", repository, domain),
            requests(folder, repository, domain),
        )


@pytest.mark.usefixtures("each_text_is_read_once")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_a_domain_opens_of_shared_code_is_in_its_stage(batch: int, tmp_path: Path, counts: Counter[str]) -> None:
    cases = [case for seed in range(batch * SIZE, (batch + 1) * SIZE) for case in make_cases(seed, tmp_path)]
    whole = import_modules([request for case in cases for request in case.whole])
    alone = import_modules([request for case in cases for request in case.alone])
    counts["repositories"] += SIZE
    for case, start in zip(cases, range(0, len(whole), 2), strict=True):
        imports = [*whole[start], *whole[start + 1]]
        where = f"seed {case.seed}, {case.domain}"
        assert not list(missed(case, imports)), where
        check_stage_imports(imports, [*alone[start], *alone[start + 1]], where, counts)
        opened = sorted({path for one in imports for path in one.opened if path in case.repository.files})
        counts["shared files staged"] += len(case.staged)
        counts["shared files staged and not opened"] += len(case.staged - set(opened))
        if opened:
            check_change(case, Random(case.seed).choice(opened))
            counts["changes"] += 1


def missed(case: Case, imports: list[Imported]) -> Iterator[str]:
    """Yield each shared file that is there, was opened and isn't staged, with the place that opened it."""
    for one in imports:
        for path, (file, line) in one.opened.items():
            if path not in case.staged and path in case.repository.files:
                yield f"{one.module} opens {path} in {file}:{line} ({case.repository.style_at(file, line)})"


def check_stage_imports(whole: list[Imported], alone: list[Imported], where: str, counts: Counter[str]) -> None:
    """Compare the imports of modules in the whole repository with those in the stage."""
    for one, other in zip(whole, alone, strict=True):
        counts["shared files opened"] += len(one.opened)
        if one.error is not None:
            counts["modules that import nowhere"] += 1
            continue
        counts["modules that import alike"] += 1
        assert (other.error, other.seen) == (None, one.seen), f"{where}: {one.module}"
        assert other.opened.keys() == one.opened.keys(), f"{where}: {one.module}"


def check_change(case: Case, path: str) -> None:
    """Change a file that a domain opens: the domain is deployed, and so are exactly those whose fingerprints differ."""
    git, repository = FakeGit(), case.repository
    trees = git.make(repository.files), git.make({**repository.files, path: repository.files[path] + "# changed\n"})
    cache = UsesCache()
    base, head = (DomainIndex(Snapshot(git, tree), cache) for tree in trees)
    impact = ImpactAnalysis(base, head, git.changes(*trees)).find_impact()
    deployed = {item.domain for item in impact.impacted}
    assert case.domain in deployed, path
    before, after = (DomainIndex(Snapshot(git, tree)) for tree in trees)
    assert deployed == {name for name in DOMAINS if before.fingerprint("dev", name) != after.fingerprint("dev", name)}, path
