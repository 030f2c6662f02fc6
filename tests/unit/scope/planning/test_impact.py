"""From changes to deployments and their causes."""

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.model import Change, Kind, Status
from scope.planning.impact import Impact, ImpactAnalysis, find_moves
from tests.support.fake_git import FakeGit, Files, Node

BASE: dict[str, str | bytes | Node] = {
    "databricks.yml": "bundle: {name: x}\n",
    "pyproject.toml": "",
    "resources/__init__.py": "",
    "src/pyproject.toml": "",
    "targets/dev.yml": "",
    "targets/prod.yml": "",
    "src/common/__init__.py": "",
    "src/common/money.py": "X = 1\n",
    "src/common/text.py": "X = 1\n",
    "src/common/readers/csv.py": "from common import text\n",
    "src/finance/stripe/base/a.py": "from common.money import X\n",
    "src/marketing/hubspot/base/a.py": "import common.readers.csv\n",
}
NOTHING_RULE = '[[tool.scope.rules]]\npaths = ["{}"]\ndeploys = "nothing"\n'


def impact(base: Files, head: Files) -> Impact:
    git, cache = FakeGit(), UsesCache()
    changes = git.changes(git.make(base), git.make(head))
    return ImpactAnalysis(
        DomainIndex(git.snapshot(base), cache), DomainIndex(git.snapshot(head), cache), changes
    ).find_impact()


def without(files: Files, *paths: str) -> dict[str, str | bytes | Node]:
    return {path: content for path, content in files.items() if not path.startswith(paths)}


def reached(base: Files, head: Files) -> set[str]:
    return {f"{item.target}/{item.domain}" for item in impact(base, head).impacted}


EVERYTHING = {"dev/finance", "dev/marketing", "prod/finance", "prod/marketing"}
FINANCE = {"dev/finance", "prod/finance"}
MARKETING = {"dev/marketing", "prod/marketing"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/finance/stripe/base/a.py", FINANCE),
        ("resources/finance/stripe/jobs/a.py", FINANCE),
        ("specs/jobs/finance/stripe/a.yml", FINANCE),
        ("specs/domains/marketing.yml", MARKETING),
        ("src/common/money.py", FINANCE),
        ("src/common/text.py", MARKETING),
        ("src/common/__init__.py", EVERYTHING),
        ("src/common/unused.py", set()),
        ("targets/prod.yml", {"prod/finance", "prod/marketing"}),
        ("databricks.yml", EVERYTHING),
        ("resources/__init__.py", EVERYTHING),
        ("uv.lock", EVERYTHING),
        ("generator/emit.py", EVERYTHING),
        ("docs/a.md", set()),
        ("tests/a.py", set()),
        ("Makefile", EVERYTHING),
    ],
)
def test_a_changed_path_reaches_what_it_belongs_to(path: str, expected: set[str]) -> None:
    assert reached(BASE, {**BASE, path: "changed\n"}) == expected


def test_nothing_changed_reaches_nothing() -> None:
    assert impact(BASE, BASE).impacted == ()


def test_a_moved_file_impacts_the_domain_it_left() -> None:
    moved = without(BASE, "src/finance/stripe/base/a.py") | {
        "src/marketing/stripe/base/a.py": BASE["src/finance/stripe/base/a.py"],
        "src/finance/stripe/base/b.py": "",
    }
    assert reached(BASE, moved) == FINANCE | MARKETING


def test_a_deleted_module_still_reaches_what_imported_it() -> None:
    assert reached(BASE, without(BASE, "src/common/money.py")) == FINANCE


def test_a_change_of_one_module_of_a_cycle_reaches_all_that_import_any() -> None:
    cycle = {**BASE, "src/common/money.py": "from common import text\n", "src/common/text.py": "from common import money\n"}
    assert reached(cycle, {**cycle, "src/common/text.py": "from common import money as m\n"}) == EVERYTHING


def test_a_file_that_no_longer_parses_deploys_its_domain_and_keeps_what_its_text_names() -> None:
    broken = {**BASE, "src/finance/stripe/base/a.py": "from common.money import X\ndef broken(:\n"}
    assert reached(BASE, broken) == FINANCE
    assert reached(broken, {**broken, "src/common/money.py": "X = 2\n"}) == FINANCE


def test_a_module_that_hides_another_reaches_who_imports_the_name() -> None:
    assert reached(BASE, {**BASE, "src/common/money/__init__.py": "X = 2\n"}) == FINANCE


def test_a_folder_that_becomes_a_package_takes_its_data_from_the_package_above() -> None:
    data = {**BASE, "src/common/data/rates.csv": "1\n"}
    assert reached(data, {**data, "src/common/data/__init__.py": ""}) == EVERYTHING
    assert reached({**data, "src/common/data/__init__.py": ""}, data) == EVERYTHING


def test_who_names_a_data_file_by_its_path_keeps_it_whatever_its_package() -> None:
    data = {**BASE, "src/common/data/rates.csv": "1\n", "src/hr/a/b.py": "PATH = '../../common/data/rates.csv'\n"}
    assert reached(data, {**data, "src/common/data/__init__.py": ""}) == EVERYTHING


def test_only_the_executable_bit_deploys_nothing() -> None:
    git = FakeGit()
    side = DomainIndex(git.snapshot(BASE))
    path = "src/finance/stripe/base/a.py"
    entry = side.snapshot.entry(path)
    unchanged = ImpactAnalysis(side, side, (Change(path, Status.MODIFIED, entry, entry),)).find_impact()
    assert unchanged.impacted == ()
    assert "executable bit" in (unchanged.reasons[path] or "")


def test_a_file_that_becomes_a_link_is_a_change() -> None:
    assert reached(BASE, {**BASE, "src/finance/stripe/base/a.py": Node(b"../../x", Kind.SYMLINK)}) == FINANCE


@pytest.mark.parametrize("place", ["src/common", "resources/_models"])
def test_a_link_in_the_place_of_a_shared_folder_reaches_everything(place: str) -> None:
    base = {**BASE, "resources/_models/base.py": "X = 1\n"}
    assert reached(base, without(base, place) | {place: Node(b"../x", Kind.SYMLINK)}) == EVERYTHING


# Domains and targets that come and go


def test_the_last_file_of_a_domain_deleted_is_a_removal() -> None:
    impacted = impact(BASE, without(BASE, "src/marketing")).impacted
    assert [(item.target, item.domain, item.action, item.because) for item in impacted] == [
        ("dev", "marketing", "destroy", "removed"),
        ("prod", "marketing", "destroy", "removed"),
    ]


@pytest.mark.parametrize("place", ["src/hr/.gitignore", "resources/hr/jobs/.gitignore"])
def test_a_domain_that_is_nothing_but_an_ignore_file_comes_and_goes_like_any_other(place: str) -> None:
    with_it = {**BASE, place: "*.csv\n"}
    assert reached(BASE, with_it) == {"dev/hr", "prod/hr"}
    assert reached(with_it, BASE) == {"dev/hr", "prod/hr"}


def test_a_new_domain_is_a_first_deploy() -> None:
    impacted = impact(BASE, {**BASE, "src/hr/people/a.py": ""}).impacted
    assert {(item.domain, item.because) for item in impacted} == {("hr", "first-deploy")}


def test_a_renamed_domain_is_a_removal_and_a_first_deploy() -> None:
    renamed = {path.replace("marketing", "growth"): content for path, content in BASE.items()}
    assert {(item.domain, item.because) for item in impact(BASE, renamed).impacted} == {
        ("marketing", "removed"),
        ("growth", "first-deploy"),
    }


def test_domains_whose_names_begin_alike_are_not_taken_for_each_other() -> None:
    base = {**BASE, "src/sales/a/b.py": "", "src/sales_eu/a/b.py": ""}
    assert reached(base, {**base, "src/sales_eu/a/b.py": "X = 1\n"}) == {"dev/sales_eu", "prod/sales_eu"}
    assert reached(base, without(base, "src/sales/")) == {"dev/sales", "prod/sales"}


def test_a_new_target_is_a_first_deploy_of_every_domain_there() -> None:
    assert reached(BASE, {**BASE, "targets/qa.yml": ""}) == {"qa/finance", "qa/marketing"}


def test_a_domain_that_goes_was_never_in_a_target_that_comes() -> None:
    assert reached(BASE, without(BASE, "src/marketing") | {"targets/qa.yml": ""}) == {"qa/finance", *MARKETING}


def test_a_target_that_is_gone_has_nothing_to_deploy_to() -> None:
    assert reached(BASE, without(BASE, "targets/prod.yml")) == set()


# Rules


def test_rules_of_base_and_head_both_count() -> None:
    base = {**BASE, "tools/a.sh": "1\n"}
    hushed = {**base, "pyproject.toml": NOTHING_RULE.format("tools/**"), "tools/a.sh": "2\n"}
    assert reached(base, hushed) == EVERYTHING


def test_rules_that_change_are_noticed_even_where_they_say_that_they_deploy_nothing() -> None:
    hushed = {**BASE, "pyproject.toml": NOTHING_RULE.format("*.toml"), "docs/a.md": ""}
    wider = {
        **hushed,
        "pyproject.toml": NOTHING_RULE.format("*.toml") + '[[tool.scope.rules]]\npaths=["docs/**"]\ndeploys="everything"\n',
    }
    assert reached(hushed, wider) == EVERYTHING
    assert reached(wider, hushed) == EVERYTHING


def test_a_rule_for_some_domains_deploys_those() -> None:
    rule = '[[tool.scope.rules]]\npaths = ["data/**"]\ndeploys = ["finance", "gone"]\n'
    base = {**BASE, "pyproject.toml": rule}
    impacted = impact(base, {**base, "data/x.csv": "1\n"}).impacted
    assert {(f"{item.target}/{item.domain}", item.because) for item in impacted} == {(name, "rule") for name in FINANCE}


def test_presets_reach_the_domains_whose_specs_name_them() -> None:
    base = {
        **BASE,
        "resources/_models/clusters.yml": "small: {}\n",
        "resources/_models/tags.yml": "a: b\n",
        "specs/jobs/finance/stripe/a.yml": "cluster: clusters.small\n",
        "specs/domains/marketing.yml": "tags: tags.a\n",
    }
    assert reached(base, {**base, "resources/_models/clusters.yml": "small: {n: 1}\n"}) == FINANCE
    assert reached(base, {**base, "resources/_models/tags.yml": "a: c\n"}) == MARKETING


@pytest.mark.parametrize(
    ("preset", "reference"),
    [
        ("clusters.yml", '"cl\\u0075sters.small"'),
        ("clusters.yml", '"clus\\\n  ters.small"'),
        ("clusters.yaml", "clusters.small"),
        ("2024.yml", "2024.small"),
        ("clüster.yml", "clüster.small"),
        ("my presets.yml", "my presets.small"),
        ("a+.yml", "a+.small"),
        ("clusters.yml", b"\xff"),
        ("clusters.yml", '"\\q"'),
    ],
)
def test_a_preset_is_named_by_what_a_spec_means_however_it_is_written(preset: str, reference: str | bytes) -> None:
    written = reference if isinstance(reference, bytes) else reference.encode()
    base = {**BASE, f"resources/_models/{preset}": "small: {}\n", "specs/jobs/finance/stripe/a.yml": b"cluster: " + written}
    assert reached(base, {**base, f"resources/_models/{preset}": "small: {n: 1}\n"}) == FINANCE


# Causes and reasons


def steps(base: Files, head: Files, deployment: str) -> dict[str, list[tuple[str, str]]]:
    item = next(item for item in impact(base, head).impacted if f"{item.target}/{item.domain}" == deployment)
    return {change.path: [(step.node, step.edge) for step in path] for change, path in item.causes}


def test_a_cause_is_the_path_from_the_change_to_the_domain() -> None:
    assert steps(BASE, {**BASE, "src/common/text.py": "X = 2\n"}, "prod/marketing") == {
        "src/common/text.py": [
            ("file:src/common/readers/csv.py", "imports"),
            ("file:src/marketing/hubspot/base/a.py", "imports"),
            ("domain:marketing", "part-of"),
        ]
    }


@pytest.mark.parametrize("use", ["glob: ../src/common/**\n", "path: ../src/common\n", "path: ../src/common/*.py\n"])
def test_a_file_in_the_place_of_the_shared_folder_that_a_target_names_is_staged_there(use: str) -> None:
    named = {**BASE, "targets/prod.yml": use}
    replaced = without(named, "src/common") | {"src/common": "a file\n"}
    assert reached(named, replaced) == EVERYTHING
    assert reached(replaced, named) == EVERYTHING
    because = {f"{item.target}/{item.domain}": item.because for item in impact(named, replaced).impacted}
    assert because["prod/finance"] == "changed", "prod's stage held the folder's files, and holds the file"
    target = [("file:targets/prod.yml", "path"), ("target:prod", "configures"), ("domain:marketing", "part-of")]
    assert steps(named, replaced, "prod/marketing")["src/common/money.py"] == target
    assert steps(named, replaced, "prod/marketing")["src/common"] == [("domain:marketing", "rule")]


def test_a_file_in_the_place_of_the_shared_folder_that_only_a_domain_names_is_staged_there() -> None:
    code = "src/finance/stripe/base/a.py"
    file = without(BASE, "src/common") | {code: "PATH = '../../../common'\n", "src/common": "a file\n"}
    changed = {**file, "src/common": "another\n"}
    because = {f"{item.target}/{item.domain}": item.because for item in impact(file, changed).impacted}
    assert because == {
        "dev/finance": "changed",
        "dev/marketing": "rule",
        "prod/finance": "changed",
        "prod/marketing": "rule",
    }


def test_the_path_from_a_target_to_a_shared_file_is_one_of_the_side_that_holds_it() -> None:
    base = {**BASE, "targets/prod.yml": "path: ../src/common/text.py\n"}
    head = {**BASE, "targets/prod.yml": "path: ../src/common/readers/csv.py\n", "src/common/text.py": "X = 2\n"}
    assert steps(base, head, "prod/finance")["src/common/text.py"] == [
        ("file:src/common/readers/csv.py", "imports"),
        ("file:targets/prod.yml", "path"),
        ("target:prod", "configures"),
        ("domain:finance", "part-of"),
    ]


@pytest.mark.parametrize("path", ["specs", "specs/notes.txt", "specs/jobs", "specs/jobs/finance/notes.txt"])
def test_a_file_in_the_place_of_a_folder_of_specs_belongs_to_whom_a_rule_says(path: str) -> None:
    rules = '[[tool.scope.rules]]\npaths = ["specs", "specs/**"]\ndeploys = ["finance"]\n'
    base = {**BASE, "pyproject.toml": rules}
    assert steps(base, {**base, path: "a file\n"}, "prod/finance") == {path: [("domain:finance", "rule")]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/finance/stripe/base/a.py", [("source:finance.stripe", "part-of"), ("domain:finance", "part-of")]),
        ("targets/prod.yml", [("target:prod", "configures"), ("domain:finance", "part-of")]),
        ("databricks.yml", [("domain:finance", "part-of")]),
        ("Makefile", [("domain:finance", "rule")]),
        ("specs/domains/finance.yml", [("domain:finance", "settings")]),
        (
            "specs/jobs/finance/stripe/a.yml",
            [
                ("file:resources/finance/stripe/jobs/a.py", "generated-from"),
                ("source:finance.stripe", "part-of"),
                ("domain:finance", "part-of"),
            ],
        ),
    ],
)
def test_a_cause_says_by_what_kind_of_edge(path: str, expected: list[tuple[str, str]]) -> None:
    assert steps(BASE, {**BASE, path: "changed\n"}, "prod/finance") == {path: expected}


def test_of_a_removed_domain_the_deleted_files_are_the_causes() -> None:
    causes = steps(BASE, without(BASE, "src/marketing"), "dev/marketing")
    assert causes == {
        "src/marketing/hubspot/base/a.py": [("source:marketing.hubspot", "part-of"), ("domain:marketing", "part-of")]
    }


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("docs/a.md", "documentation"),
        ("Makefile", "unowned"),
        ("src/common/unused.py", "no domain uses it"),
        ("src/finance/stripe/base/a.py", None),
    ],
)
def test_a_change_that_reaches_nothing_or_everything_says_why(path: str, reason: str | None) -> None:
    assert impact(BASE, {**BASE, path: "changed\n"}).reasons == {path: reason}


def test_a_move_is_named_by_where_the_content_went() -> None:
    git = FakeGit()
    head = without(BASE, "src/common/text.py") | {"src/common/words.py": "moved\n", "src/common/b.py": "other\n"}
    changes = git.changes(git.make({**BASE, "src/common/text.py": "moved\n"}), git.make(head))
    assert find_moves(changes) == {"src/common/text.py": "src/common/words.py"}
