"""Who owns a path."""

import pytest

from scope.errors import UsageError
from scope.names import is_domain_name
from scope.repository.layout import is_placed
from scope.repository.ownership import Owner, Reach, Rules, load_rules, matches, merged


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
    found = owner(path)
    assert (found.reach, found.names, found.is_staged) == (reach, names, is_staged)


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


@pytest.mark.parametrize(
    ("glob", "path", "does"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/**", "ab", False),
        ("**/x.md", "x.md", True),
        ("**/x.md", "a/b/x.md", True),
        ("**/x.md", "a/ax.md", False),
        ("a/**/b", "a/b", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.b", "axb", False),
        ("[x]", "[x]", True),
        ("a/*", "a/new\nline", True),
    ],
)
def test_globs_cross_folders_with_two_stars_only(glob: str, path: str, *, does: bool) -> None:
    assert matches(glob, path) is does


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


# The table


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("[tool.scope]\nrule = 1\n", "pyproject.toml:2: `rule` is not a key of [tool.scope]"),
        ("[tool.scope]\nmatrix-jobs = 0\n", "pyproject.toml:2: `matrix-jobs` is a whole number from 1 to 256, not 0"),
        ("[tool.scope]\nmatrix-jobs = true\n", "`matrix-jobs` is a whole number from 1 to 256, not True"),
        ('[tool.scope]\nmax-deletions = "3"\n', "`max-deletions` is a whole number"),
        ("[tool.scope]\nrules = 1\n", "`rules` is a list of tables"),
        ('[[tool.scope.rules]]\npaths = ["a"]\n', "`rules` number 1 needs `paths` and `deploys`"),
        ('[[tool.scope.rules]]\npaths = ["a"]\ndeploys = "nothing"\nwhen = 1\n', "and nothing else"),
        ('[[tool.scope.rules]]\npaths = []\ndeploys = "nothing"\n', "`paths` is a list of globs"),
        ('[[tool.scope.rules]]\npaths = ["../x"]\ndeploys = "nothing"\n', "`paths` is a list of globs"),
        ('[[tool.scope.rules]]\npaths = ["/x"]\ndeploys = "nothing"\n', "`paths` is a list of globs"),
        ('[[tool.scope.rules]]\npaths = ["a"]\ndeploys = "some"\n', ""),
        ('[[tool.scope.rules]]\npaths = ["a"]\ndeploys = ["Finance"]\n', '`deploys` is "everything", "nothing" or a list'),
        ('[[tool.scope.rules]]\npaths = ["a"]\ndeploys = []\n', '`deploys` is "everything", "nothing" or a list'),
        ('[[tool.scope.rules]]\npaths = ["a"]\ndeploys = "nothing"\nwhy = 1\n', "`why` is a text"),
        ("[tool.scope\n", "pyproject.toml can't be read"),
        ("[tool]\nscope = 1\n", "pyproject.toml"),
        ("tool = 1\n", "pyproject.toml"),
    ],
)
def test_the_table_is_strict(config: str, problem: str) -> None:
    if not problem:
        assert load_rules(config.encode()).own[0].deploys == ("some",)
        return
    with pytest.raises(UsageError) as caught:
        load_rules(config.encode())
    assert problem in str(caught.value)


def test_every_problem_is_told_at_once_with_its_line() -> None:
    config = b'[project]\nname = "x"\n\n[tool.scope]\nmatrix-jobs = 300\nrulez = 1\nmax-deletions = -1\n'
    with pytest.raises(UsageError) as caught:
        load_rules(config)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "pyproject.toml:5",
        "pyproject.toml:7",
        "pyproject.toml:6",
    ]


def test_bytes_that_are_no_text_are_an_error_and_not_a_crash() -> None:
    with pytest.raises(UsageError):
        load_rules(b"\xff\xfe[tool]")


def test_without_a_file_the_built_in_rules_stand() -> None:
    assert load_rules(None) == Rules()


def test_several_rule_sets_all_count() -> None:
    config = b'[[tool.scope.rules]]\npaths = ["docs/**"]\ndeploys = "everything"\n'
    assert {found.reach for found in merged((Rules(), load_rules(config)), "docs/a.md")} == {Reach.NOTHING, Reach.EVERYTHING}


# Names


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("finance", True),
        ("sales_eu", True),
        ("a1", True),
        ("Finance", False),
        ("1a", False),
        ("_a", False),
        ("a-b", False),
        ("all", False),
        ("common", False),
        ("class", False),
        ("é", False),
        ("a" * 101, False),
        ("a\n", False),
        ("", False),
    ],
)
def test_a_domains_name_is_snake_case_and_not_reserved(name: str, *, is_one: bool) -> None:
    assert is_domain_name(name) is is_one


@pytest.mark.parametrize("folder", ["src/finance", "src/common", "resources/_models", "specs/jobs/finance"])
def test_folders_that_layout_places(folder: str) -> None:
    assert is_placed(folder)
    assert not is_placed(folder.partition("/")[0])
