"""Who owns a path."""

import pytest

from scope.repository.ownership import Owner, Reach, Rules
from scope.repository.settings import load_rules


def owner(path: str, config: str = "") -> Owner:
    return load_rules(config.encode()).owner(path)


@pytest.mark.parametrize(
    ("path", "reach", "names", "is_staged"),
    [
        ("databricks.yml", Reach.EVERYTHING, (), True),
        ("src/pyproject.toml", Reach.EVERYTHING, (), True),
        ("resources/__init__.py", Reach.EVERYTHING, (), True),
        ("targets/prod.yml", Reach.TARGET, ("prod",), True),
        ("src/finance/stripe/a.py", Reach.DOMAIN, ("finance",), True),
        ("src/finance/README.md", Reach.DOMAIN, ("finance",), True),
        ("resources/finance/stripe/jobs/a.py", Reach.DOMAIN, ("finance",), True),
        ("specs/jobs/finance/stripe/a.yml", Reach.DOMAIN, ("finance",), False),
        ("specs/domains/finance.yml", Reach.DOMAIN, ("finance",), False),
        ("src/common/money.py", Reach.SHARED, (), False),
        ("resources/_models/base.py", Reach.MODELS, (), False),
        ("pyproject.toml", Reach.EVERYTHING, (), False),
        ("uv.lock", Reach.EVERYTHING, (), False),
        ("generator/emit.py", Reach.EVERYTHING, (), False),
        ("docs/a/b.md", Reach.NOTHING, (), False),
        ("tests/unit/x.py", Reach.NOTHING, (), False),
        (".github/workflows/ci.yml", Reach.NOTHING, (), False),
        ("LICENSE", Reach.NOTHING, (), False),
        ("README.md", Reach.NOTHING, (), False),
        ("src/finance/.gitignore", Reach.NOTHING, (), False),
        ("resources/_generated/job.schema.json", Reach.NOTHING, (), False),
    ],
)
def test_layout_and_the_built_in_rules_place_every_path_of_the_tree(
    path: str, reach: Reach, names: tuple[str, ...], *, is_staged: bool
) -> None:
    answer = owner(path)
    assert (answer.reach, answer.names, answer.is_staged) == (reach, names, is_staged)


@pytest.mark.parametrize(
    "path",
    [
        "Makefile",
        "tools/a.sh",
        "src/loose.py",
        "src/Finance/a.py",
        "src/finance",
        "resources/loose.yml",
        "targets/notes.txt",
        "targets/Prod.yml",
        "targets/deep/prod.yml",
        "specs/loose.yml",
        "docs.md/a",
        "src/common",
        "né\udcff",
    ],
)
def test_a_path_nobody_owns_deploys_everything_and_says_so(path: str) -> None:
    assert owner(path) == Owner(Reach.EVERYTHING, why="unowned")


@pytest.mark.parametrize("path", ["databricks.yml", "src/finance/a.py", "targets/prod.yml", "src/common/a.py"])
def test_no_rule_takes_away_what_a_stage_holds(path: str) -> None:
    config = '[[tool.scope.rules]]\npaths = ["**"]\ndeploys = "nothing"\n'
    assert owner(path, config) == owner(path)


def test_the_first_rule_that_matches_counts_and_the_repositorys_own_come_first() -> None:
    config = """
[[tool.scope.rules]]
paths = ["docs/api/**"]
deploys = ["finance"]
why = "the API's description is published with it"
[[tool.scope.rules]]
paths = ["docs/**"]
deploys = "everything"
"""
    assert owner("docs/api/a.md", config) == Owner(
        Reach.DOMAIN, ("finance",), why="the API's description is published with it"
    )
    assert owner("docs/b.md", config).reach is Reach.EVERYTHING


# Which folders needn't be listed


def test_a_folder_is_passed_over_only_where_nothing_in_it_can_deploy() -> None:
    rules = Rules()
    assert rules.skips("docs")
    assert rules.skips("docs/a/b")
    assert rules.skips("src/finance")
    assert not rules.skips("src")
    assert not rules.skips("specs")
    assert not rules.skips("tools")
    assert not rules.skips("docs.d")


@pytest.mark.parametrize(
    "paths", ['["tools/*"]', '["tools/?"]', '["tools/*/*"]', '["tools/**/*.md"]', '["tools/a/**", "tools/b/**"]', '["tool"]']
)
def test_a_rule_that_leaves_some_of_a_folder_to_others_does_not_pass_it_over(paths: str) -> None:
    rules = load_rules(f'[[tool.scope.rules]]\npaths = {paths}\ndeploys = "nothing"\n'.encode())
    assert not rules.skips("tools")


def test_an_earlier_rule_for_some_of_a_folder_keeps_it_listed() -> None:
    config = '[[tool.scope.rules]]\npaths = ["docs/api/**", "**/*.sql"]\ndeploys = "everything"\n'
    rules = load_rules(config.encode())
    assert not rules.skips("docs")
    assert not rules.skips("tests")
