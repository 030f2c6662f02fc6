"""Reading `moves.toml`, and where it leads."""

import pytest

from scope.errors import UsageError
from scope.model import ResourceKey
from scope.repository.moves import Moves, load_moves


def moves(*items: str) -> Moves:
    return load_moves(f"moves = {list(items)!r}\n".encode())


def destinations(declared: Moves, address: str) -> list[str]:
    domain, _, short = address.partition(".")
    return [str(end) for end in declared.destinations(domain, ResourceKey.parse(f"resources.{short}"))]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("moves = 1\n", "moves.toml:1: `moves` is a list of texts"),
        ("moves = [1]\n", "moves.toml:1: `moves` is a list of texts"),
        ("moved = []\n", "moves.toml:1: `moved` is not a key of moves.toml; there is only `moves`"),
        ("moves = [\n", "moves.toml can't be read"),
        ('moves = [\n"sales",\n]\n', "moves.toml:2: `sales` is `domain -> domain` or"),
        ('moves = [\n"Sales -> revenue",\n]\n', "moves.toml:2: `Sales -> revenue` is `domain -> domain`"),
        ('moves = [\n"a -> b -> c",\n]\n', "moves.toml:2"),
        ('moves = [\n"a.jobs.x -> b",\n]\n', "moves.toml:2: `a.jobs.x -> b` is `domain -> domain`"),
        ('moves = [\n"a.jobs.x -> b.jobs",\n]\n', "moves.toml:2"),
        ('moves = [\n"a.jobs.x.permissions -> b.jobs.x.permissions",\n]\n', "moves.toml:2"),
        ('moves = [\n"a.jobs.x -> b.pipelines.x",\n]\n', "moves.toml:2: `a.jobs.x -> b.pipelines.x` leads from jobs to"),
        ('moves = [\n"a.jobs.x -> a.jobs.x",\n]\n', "moves.toml:2: `a.jobs.x -> a.jobs.x` leads nowhere else"),
        ('moves = [\n"a -> b",\n"a -> c",\n]\n', "moves.toml:3: `a` goes to `b` already, in line 2"),
        (
            'moves = [\n"a.jobs.x -> c.jobs.x",\n"b.jobs.x -> c.jobs.x",\n]\n',
            "moves.toml:3: `a.jobs.x` goes to `c.jobs.x` too",
        ),
        ('moves = [\n"a -> b",\n"b -> a",\n]\n', "moves.toml:2: `a -> b` leads in a circle"),
        (
            'moves = [\n"a.jobs.x -> a.jobs.y",\n"a.jobs.y -> a.jobs.x",\n]\n',
            "moves.toml:2: `a.jobs.x -> a.jobs.y` leads in",
        ),
        ('moves = [\n"a.jobs.x -> b.jobs.x",\n"b -> a",\n]\n', "moves.toml:2: `a.jobs.x -> b.jobs.x` leads in a circle"),
    ],
)
def test_the_file_is_strict_and_says_the_line(content: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_moves(content.encode())
    assert problem in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        load_moves(b'moves = [\n    "sales",\n    "ads -> ads",\n]\nmore = 1\n')
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "moves.toml:5",
        "moves.toml:2",
        "moves.toml:3",
    ]


def test_bytes_that_are_no_text_are_an_error_and_not_a_crash() -> None:
    with pytest.raises(UsageError, match=r"moves\.toml can't be read"):
        load_moves(b"\xff\xfe")


def test_without_a_file_nothing_moves() -> None:
    assert not load_moves(None)
    assert destinations(load_moves(None), "sales.jobs.a") == []


def test_a_domain_takes_its_resources_along_under_their_keys_or_under_its_new_name() -> None:
    declared = moves("sales -> revenue")
    assert destinations(declared, "sales.jobs.sales_refresh") == [
        "revenue.jobs.sales_refresh",
        "revenue.jobs.revenue_refresh",
    ]
    assert destinations(declared, "sales.jobs.refresh") == ["revenue.jobs.refresh"]
    # A look-alike is no part of the name.
    assert destinations(declared, "sales.jobs.salesforce") == ["revenue.jobs.salesforce"]
    assert destinations(declared, "ads.jobs.a") == []


def test_moves_go_on_where_others_end() -> None:
    declared = moves("sales -> revenue", "revenue -> income", "sales.jobs.b -> ads.jobs.c", "ads.jobs.c -> ads.jobs.d")
    assert destinations(declared, "sales.jobs.sales_a") == [
        "income.jobs.sales_a",
        "income.jobs.revenue_a",
        "income.jobs.income_a",
    ]
    assert destinations(declared, "sales.jobs.b") == ["ads.jobs.d"]
    assert declared.end_of("sales") == "income"
    assert declared.pairs == {("sales", "income"), ("revenue", "income"), ("sales", "ads"), ("ads", "ads")}


def test_what_goes_nowhere_stays_although_its_domain_moves() -> None:
    declared = moves("sales -> revenue", "sales.dashboards.board -> nowhere")
    assert destinations(declared, "sales.dashboards.board") == []
    assert destinations(declared, "sales.jobs.a") == ["revenue.jobs.a"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("sales -> ads", "moves.toml:1: `sales` is still a domain"),
        ("old -> revenu", "moves.toml:1: There is no domain `revenu`. Did you mean `revenue`? Known: ads, revenue, sales"),
        ("sales.jobs.a -> revenu.jobs.a", "moves.toml:1: There is no domain `revenu`"),
        ("old -> revenue", ""),
        ("sales.jobs.a -> ads.jobs.a", ""),
        ("sales -> nowhere", ""),
    ],
)
def test_its_domains_are_those_of_the_repository(line: str, problem: str) -> None:
    domains = ("ads", "revenue", "sales")
    if not problem:
        moves(line).check_domains(domains)
        return
    with pytest.raises(UsageError) as caught:
        moves(line).check_domains(domains)
    assert problem in str(caught.value)
