"""Reading `[tool.scope]`."""

import pytest

from scope.errors import UsageError
from scope.repository.ownership import Rules
from scope.repository.settings import load_rules


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
        ('[tool.scope]\n\nallow-code = "finance"\n', "pyproject.toml:3: `allow-code` is a list of domains by name"),
        ("[tool.scope]\nallow-code = true\n", '`allow-code` is a list of domains by name, such as ["finance"], not True'),
        ('[tool.scope]\nallow-code = ["Finance"]\n', "not ['Finance']"),
        ('[tool.scope]\nallow-code = ["*"]\n', "not ['*']"),
        ("[tool.scope]\nallow-code = [1]\n", "not [1]"),
        (
            '[tool.scope]\nidentity-per-domain = ["prod*"]\n',
            '`identity-per-domain` is a list of targets by name, such as ["prod"]',
        ),
        ('[tool.scope]\ntargets = "dev"\n', '`targets` is a list of targets by name, such as ["dev", "prod"]'),
        ('[tool.scope]\ntargets = { prod = "prod" }\n', "not 'prod'"),
        ('[tool.scope]\ntargets = { a = ["dev"], b = ["dev"] }\n', "`targets` has dev in two lists"),
        ('[tool.scope]\nbundles = "bundles/*"\n', "`bundles` is a list of globs of folders"),
        ('[tool.scope]\nbundles = ["../x"]\n', "`bundles` is a list of globs of folders"),
        ("[tool.scope]\nnarrow = [1]\n", "`narrow` is a list of globs of folders"),
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


def test_targets_stand_in_the_order_of_promotion_and_others_follow_by_name() -> None:
    rules = load_rules(b'[tool.scope]\ntargets = ["dev", "staging", "prod"]\n')
    assert rules.in_order(["prod", "qa", "dev", "staging", "audit"]) == ("dev", "staging", "prod", "audit", "qa")
    assert Rules().in_order(["prod", "dev"]) == ("dev", "prod")


def test_the_domains_that_may_run_code_are_sorted_and_there_once() -> None:
    assert load_rules(b'[tool.scope]\nallow-code = ["b", "a", "b"]\n').allow_code == ("a", "b")


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


def test_a_rule_that_names_no_domain_of_the_repository_is_refused_with_its_line() -> None:
    rules = load_rules(
        b'[tool.scope]\nmatrix-jobs = 3\n\n[[tool.scope.rules]]\npaths = ["a"]\ndeploys = "nothing"\n'
        b'\n[[tool.scope.rules]]\npaths = ["data/**"]\ndeploys = ["finance", "finence"]\n'
    )
    rules.check_domains(["finance", "finence"])
    with pytest.raises(UsageError) as caught:
        rules.check_domains(["finance", "marketing"])
    assert str(caught.value) == (
        "pyproject.toml:8: There is no domain `finence`. Did you mean `finance`? Known: finance, marketing. "
        "Correct `deploys`, or remove the name."
    )


def test_a_problem_of_the_second_rule_has_the_second_rules_line() -> None:
    rule = b'[[tool.scope.rules]]\npaths = [%s]\ndeploys = "nothing"\n'
    config = rule % b'"a"' + b"\n" + rule % b""
    with pytest.raises(UsageError, match=r"pyproject\.toml:5: `rules` number 2"):
        load_rules(config)


def test_targets_can_go_by_what_a_workflow_calls_them() -> None:
    rules = load_rules(b'[tool.scope]\ntargets = { test = ["dev", "qa"], prod = ["prod", "prod_aws"] }\n')
    assert rules.targets == ("dev", "qa", "prod", "prod_aws")
    assert rules.expand(["prod", "dev", "other"]) == ("prod", "prod_aws", "dev", "other")
    assert [rules.stage_of(target) for target in ("qa", "prod_aws", "other")] == ["test", "prod", "other"]
