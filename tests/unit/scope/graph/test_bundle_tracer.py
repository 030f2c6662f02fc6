"""Whom changed paths reach where a repository has bundles of its own, and why."""

from collections.abc import Mapping

import pytest

from scope.errors import UsageError
from scope.graph.bundle_index import BundleIndex
from scope.graph.layouts import open_index
from scope.model import Kind
from scope.planning.impact import Impact, ImpactAnalysis
from scope.planning.why import Answer, explain_path
from scope.repository.snapshot import Snapshot
from tests.support.fake_git import FakeGit, Files, Node
from tests.support.five_bundles import CONFIG, DOMAINS, OPS, ORDERS, PEOPLE, SALES, five_bundles

BASE: Mapping[str, str] = five_bundles()


def change(edits: Mapping[str, str | None], base: Files = BASE) -> Files:
    """Return the files with some of them written, or deleted where the text is None."""
    files = {**base, **edits}
    return {path: text for path, text in files.items() if text is not None}


def find(head: Files, base: Files = BASE) -> Impact:
    git = FakeGit()
    trees = git.make(base), git.make(head)
    index = open_index(Snapshot(git, trees[1]))
    index.check_names()
    return ImpactAnalysis(index.at_base(Snapshot(git, trees[0])), index, git.changes(*trees)).find_impact()


def deployed(head: Files, base: Files = BASE) -> dict[str, str]:
    """Return each deployment that is reached, with what is done and why."""
    return {f"{item.target}/{item.domain}": f"{item.action} {item.because}" for item in find(head, base).impacted}


def in_all(*domains: str) -> dict[str, str]:
    return {f"{target}/{domain}": "deploy changed" for domain in domains for target in ("dev", "prod")}


@pytest.mark.parametrize(
    ("edits", "domains"),
    [
        ({"bundles/sales/src/report.py": "x"}, [SALES]),
        ({"bundles/ops/resources/vacuum.job.yml": "resources: {}\n"}, [OPS]),
        ({"bundles/ops/new.sql": "x"}, [OPS]),
        ({"bundles/ops/vacuum.sql": None}, [OPS]),
        ({"libs/shared/shared/money.py": "x"}, [SALES, ORDERS]),
        ({"libs/shared/new.py": "x"}, [SALES, ORDERS]),
        ({"libs/other/x.py": "x"}, []),
        ({"README.md": "x", "Makefile": "x"}, []),
        ({"domains/people/tests/test_payroll.py": "x"}, []),
        ({"domains/people/tests/new.py": "x"}, []),
        ({"bundles/none/x.py": "x"}, []),
        ({"bundles/sales.txt": "x"}, []),
        ({".gitignore": "*.log\n"}, []),
        ({".gitignore": "how-to.md\n"}, [SALES]),
        ({"bundles/.gitignore": "docs/\n"}, [SALES]),
        ({"bundles/ops/.gitignore": "x\n"}, [OPS]),
        ({"libs/.gitignore": "dates.py\n"}, [SALES, ORDERS]),
        ({"pyproject.toml": f"{CONFIG}\n[tool.ruff]\n"}, []),
        ({"pyproject.toml": f"{CONFIG}matrix-jobs = 3\n"}, []),
    ],
)
def test_a_change_reaches_the_bundles_that_have_it(edits: Mapping[str, str | None], domains: list[str]) -> None:
    assert deployed(change(edits)) == in_all(*domains)


def test_a_library_that_is_moved_with_what_names_it_reaches_those_that_use_it() -> None:
    moved = {path.replace("libs/", "packages/"): text.replace("libs/", "packages/") for path, text in BASE.items()}
    assert deployed(moved) == in_all(SALES, ORDERS)


def test_a_bundle_that_comes_is_deployed_first_and_one_that_goes_is_destroyed() -> None:
    added = change({"bundles/new/databricks.yml": "targets: {prod: }\n"})
    assert deployed(added) == {"prod/bundles_new": "deploy first-deploy"}
    assert deployed(BASE, added) == {"prod/bundles_new": "destroy removed"}


def test_a_bundle_without_targets_has_the_clis_own() -> None:
    assert deployed(change({"bundles/new/databricks.yml": ""})) == {"default/bundles_new": "deploy first-deploy"}


def test_a_folder_that_is_renamed_is_another_deployment() -> None:
    moved = {path.replace("bundles/ops/", "bundles/operations/"): text for path, text in BASE.items()}
    assert deployed(moved) == {
        **{f"{target}/{OPS}": "destroy removed" for target in ("dev", "prod")},
        **{f"{target}/bundles_operations": "deploy first-deploy" for target in ("dev", "prod")},
    }


def test_a_target_that_one_bundle_adds_or_gives_up_is_that_ones_alone() -> None:
    text = BASE["bundles/ops/databricks.yml"]
    added = change({"bundles/ops/databricks.yml": f"{text}  qa: {{}}\n"})
    assert deployed(added) == {**in_all(OPS), f"qa/{OPS}": "deploy first-deploy"}
    gone = change({"bundles/ops/databricks.yml": text.replace("  dev:\n", "  test:\n")})
    assert deployed(gone) == {
        f"dev/{OPS}": "destroy removed",
        f"prod/{OPS}": "deploy changed",
        f"test/{OPS}": "deploy first-deploy",
    }
    # No other bundle has a target `qa`, so nothing could be planned in it.
    assert deployed(BASE, added) == in_all(OPS)


def test_a_base_that_names_no_bundles_yet_has_those_of_the_head() -> None:
    base = change({"pyproject.toml": None, "bundles/ops/vacuum.sql": "old"})
    assert deployed(BASE, base) == in_all(OPS)
    assert deployed(BASE, change({"pyproject.toml": "[project]\nname = 'x'\n"})) == {}


def test_a_base_whose_settings_cannot_be_read_deploys_everything() -> None:
    assert deployed(BASE, change({"pyproject.toml": "[tool.scope]\nbundle = 3\n"})).keys() == in_all(*DOMAINS).keys()


def test_globs_that_take_in_another_folder_deploy_it_first() -> None:
    files = change({"more/x/databricks.yml": "targets: {dev: }\n"})
    wider = change({"pyproject.toml": CONFIG.replace('"domains/*"', '"domains/*", "more/*"')}, files)
    assert deployed(wider, files) == {"dev/more_x": "deploy first-deploy"}
    assert deployed(files, wider) == {"dev/more_x": "destroy removed"}


@pytest.mark.parametrize(
    ("rule", "edits", "domains"),
    [
        ('paths = ["**/*.md"]\ndeploys = "nothing"\n', {"bundles/sales/docs/how-to.md": "x"}, []),
        ('paths = ["Makefile"]\ndeploys = "everything"\n', {"Makefile": "x"}, list(DOMAINS)),
        ('paths = ["Makefile"]\ndeploys = ["bundles_ops"]\n', {"Makefile": "x"}, [OPS]),
        ('paths = ["Makefile"]\ndeploys = ["bundles_ops"]\n', {"Makefile": None}, [OPS]),
        ('paths = ["libs/**"]\ndeploys = "nothing"\n', {"libs/shared/shared/money.py": "x"}, []),
    ],
)
def test_rules_add_bundles_to_a_path_or_take_it_out(rule: str, edits: Mapping[str, str | None], domains: list[str]) -> None:
    base = change({"pyproject.toml": f"{CONFIG}[[tool.scope.rules]]\n{rule}"})
    found = find(change(edits, base), base)
    assert {item.domain for item in found.impacted} == {*domains}


def test_a_rule_that_changes_deploys_those_whose_files_it_moves() -> None:
    rule = '[[tool.scope.rules]]\npaths = ["bundles/sales/docs/**"]\ndeploys = "nothing"\n'
    head = change({"pyproject.toml": f"{CONFIG}{rule}"})
    assert deployed(head) == in_all(SALES)
    assert deployed(BASE, head) == in_all(SALES)


def test_narrowed_folders_reach_those_that_import_them() -> None:
    base = change({"pyproject.toml": f'{CONFIG}narrow = ["libs/*"]\n'})
    assert deployed(change({"libs/shared/shared/rounding.py": "x"}, base), base) == in_all(SALES)
    assert deployed(change({"libs/shared/shared/dates.py": "x"}, base), base) == in_all(ORDERS)
    assert deployed(change({"libs/shared/shared/new.py": "x"}, base), base) == {}
    assert deployed(change({"libs/shared/shared/rates.csv": "1"}, base), base) == in_all(SALES, ORDERS)
    found = find(change({"libs/shared/shared/new.py": "x"}, base), base)
    assert found.reasons == {"libs/shared/shared/new.py": "no bundle imports it"}


def test_a_bundle_in_another_ones_folder_is_a_part_of_both() -> None:
    config = {"pyproject.toml": '[tool.scope]\nbundles = ["bundles/*", "bundles/*/inner"]\n'}
    base = change({**config, "bundles/ops/inner/databricks.yml": "targets: {dev: }\n"})
    assert deployed(change({"bundles/ops/inner/x.py": ""}, base), base) == {
        **in_all(OPS),
        "dev/bundles_ops_inner": "deploy changed",
    }


def test_a_bundle_at_the_root_has_every_change() -> None:
    base = {"pyproject.toml": '[tool.scope]\nbundles = ["."]\n', "databricks.yml": "targets: {dev: }\n", "docs/x.md": ""}
    assert deployed({**base, "docs/x.md": "y"}, base) == {"dev/root": "deploy changed"}
    assert deployed({**base, ".scope/manifest.json": "{}"}, base) == {}


def test_folders_of_all_kinds_of_names_are_bundles() -> None:
    config = {"pyproject.toml": '[tool.scope]\nbundles = ["teams/*"]\n'}
    names = {"mine & yours": "teams_mine_yours", "Ä ö": "teams", "import": "teams_import", "a'\"b": "teams_a_b"}
    base = {**config, **{f"teams/{name}/databricks.yml": "targets: {dev: }\n" for name in names}}
    for name, domain in names.items():
        assert deployed({**base, f"teams/{name}/ü.py": ""}, base) == {f"dev/{domain}": "deploy changed"}


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("bundles/sales/src/report.py", ["domain:bundles_sales"]),
        ("libs/shared/shared/money.py", ["folder:libs/shared", "file:bundles/sales/databricks.yml", "domain:bundles_sales"]),
    ],
)
def test_a_path_from_a_change_to_a_bundle_names_what_leads_there(path: str, steps: list[str]) -> None:
    found = next(item for item in find(change({path: "x"})).impacted if item.domain == SALES)
    assert [[step.node for step in steps] for _, steps in found.causes] == [steps]


def explained(path: str, base: Files = BASE) -> Answer:
    git = FakeGit()
    return explain_path(open_index(Snapshot(git, git.make(base))), path)


@pytest.mark.parametrize(
    ("path", "domains"),
    [
        ("bundles/sales/src/report.py", [SALES]),
        ("bundles/sales/databricks.yml", [SALES]),
        ("bundles/sales", [SALES]),
        ("libs/shared/shared/money.py", [ORDERS, SALES]),
        # Files that would be new.
        ("bundles/ops/new.sql", [OPS]),
        ("libs/shared/new.py", [ORDERS, SALES]),
        ("domains/people/new.py", [PEOPLE]),
        ("domains/people/tests/new.py", []),
        ("bundles/ops/hidden.log", []),
        ("bundles/sales.txt", []),
        ("README.md", []),
    ],
)
def test_a_path_answers_what_a_change_of_it_would_deploy(path: str, domains: list[str]) -> None:
    answer = explained(path, change({".gitignore": "*.log\n"}))
    assert sorted({cause.domain for cause in answer.causes}) == domains
    assert {cause.targets for cause in answer.causes} <= {("dev", "prod")}
    assert (answer.reason is None) == bool(domains)


def test_what_a_new_file_would_be_part_of_is_named_with_what_leads_there() -> None:
    [_, cause] = explained("libs/shared/new.py").causes
    assert [step.node for step in cause.path] == [
        "folder:libs/shared",
        "file:bundles/sales/databricks.yml",
        f"domain:{SALES}",
    ]


def test_what_a_file_with_a_say_would_deploy_is_left_to_the_plan() -> None:
    assert (
        explained("bundles/.gitignore").reason
        == "it isn't uploaded, though it may say what is; `scope plan` shows what a change does"
    )


def test_a_new_file_of_a_library_that_counts_by_its_imports_deploys_nothing() -> None:
    narrow = change({"pyproject.toml": CONFIG + 'narrow = ["libs/*"]\n'})
    assert explained("libs/shared/new.py", narrow).causes == ()
    assert {cause.domain for cause in explained("libs/shared/shared/money.py", narrow).causes} == {SALES}


def test_what_a_link_leads_to_is_named_by_who_names_the_link() -> None:
    text = BASE["domains/people/databricks.yml"].replace("sync:\n", "sync:\n  paths: [., ../../linked]\n")
    base: Files = {**BASE, "domains/people/databricks.yml": text, "linked": Node(b"libs/a", Kind.SYMLINK), "libs/a/x.py": ""}
    [(_, steps)] = next(item for item in find({**base, "libs/a/x.py": "y"}, base).impacted if item.domain == PEOPLE).causes
    assert [step.node for step in steps] == ["folder:libs/a", "file:domains/people/databricks.yml", f"domain:{PEOPLE}"]


def test_projects_that_name_each_other_end_a_path() -> None:
    text = BASE["domains/people/databricks.yml"] + "artifacts: {w: {path: ../../libs/a}}\n"
    base = change(
        {
            "domains/people/databricks.yml": text,
            "libs/a/setup.py": "'../b' '..'",
            "libs/b/setup.py": "'../a' './.'",
        }
    )
    found = find(change({"libs/b/x.py": ""}, base), base)
    [(_, steps)] = next(item for item in found.impacted if item.domain == PEOPLE).causes
    assert steps[-1].node == f"domain:{PEOPLE}"
    assert len(steps) < 8


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            {"bundles/ops/databricks.yml": "a: [\n"},
            r"bundles/ops/databricks.yml:2: .* scope doesn't know what bundles_ops is",
        ),
        ({"bundles/ops/databricks.yml": "targets: {PROD: }\n"}, r"bundles/ops/databricks.yml:1: `PROD` can't be the name"),
        ({"bundles/o-p-s/databricks.yml": "", "bundles/o_p_s/databricks.yml": ""}, "would both be called bundles_o_p_s"),
        ({"pyproject.toml": '[tool.scope]\nbundles = ["none/*"]\n'}, "no folder that `bundles` names"),
        ({"pyproject.toml": '[tool.scope]\nbundles = ["../x"]\n'}, "`bundles` is a list of globs"),
    ],
)
def test_what_scope_cannot_tell_apart_or_read_is_refused(edits: Mapping[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find(change(edits))


def test_a_base_that_cannot_be_read_is_no_obstacle() -> None:
    assert deployed(BASE, change({"bundles/ops/databricks.yml": "a: [\n"})).keys() == in_all(OPS).keys()


def test_what_is_the_same_in_both_trees_is_read_once() -> None:
    git = FakeGit()
    index = open_index(Snapshot(git, git.make(change({"bundles/ops/vacuum.sql": "x"}))))
    base = index.at_base(Snapshot(git, git.make(BASE)))
    assert isinstance(index, BundleIndex)
    assert isinstance(base, BundleIndex)
    assert index.closure(SALES) is base.closure(SALES)
    assert index.closure(OPS) is not base.closure(OPS)
