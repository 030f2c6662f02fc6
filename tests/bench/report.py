"""Writes results as Markdown: the machine, the goals, and a table for each part and size."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tests.bench import deploys
from tests.bench.goals import Condition, Goal, describe_met, list_goals
from tests.bench.repositories import BRANCHES
from tests.bench.results import CHECKS, DEPLOYS, GENERATOR, LARGE_DOMAIN, PLANS, SUITE, Results, Row, key

BEGIN = "<!-- just bench -->"
END = "<!-- /just bench -->"
_TITLES = {branch.name: branch.title for branch in BRANCHES}
_HEADINGS = {
    PLANS: "Plans of a branch against main, beside other tools",
    CHECKS: "What needs every domain",
    DEPLOYS: "Status and deploys",
    LARGE_DOMAIN: "One file changed in a large domain",
    GENERATOR: "Builds of resource modules",
    SUITE: "The test suite",
}


class ReportError(Exception):
    """The document has no place for the tables."""


def render(results: Results) -> str:
    """Return the tables of all that was measured."""
    return "\n".join(_lines(results)).strip("\n") + "\n"


def insert(document: str, tables: str) -> str:
    """Return a document with the tables between its two markers. Raises `ReportError` where there aren't two."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ReportError(f"There is no line `{BEGIN}` with a line `{END}` after it, between which the tables would go.")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _lines(results: Results) -> Iterator[str]:
    common = _find_common(results)
    if common:
        yield _describe(common)
        yield ""
    yield "### Goals"
    yield ""
    yield from _table(
        ("what", "goal", "before", "now", "peer", "ratio", "met"), (), (_goal_row(goal) for goal in list_goals(results))
    )
    for part, heading in _HEADINGS.items():
        for size in results.sizes(part):
            yield ""
            yield f"### {heading}: {size}{' files' if part in {PLANS, CHECKS} else ''}"
            yield ""
            about = results.runs[key(part, size)]
            yield _describe({name: value for name, value in about.items() if name not in common})
            yield ""
            yield from _part_table(part, results.of(part, size))
            if part == DEPLOYS:
                yield from _against_plain_bundle(results, size)


def _find_common(results: Results) -> Mapping[str, str]:
    """Return what is true of all runs: the machine and the versions, unless parts were measured on several."""
    first, *others = results.runs.values() or [{}]
    return {name: value for name, value in first.items() if others and all(run.get(name) == value for run in others)}


def _describe(about: Mapping[str, str]) -> str:
    text = "; ".join(f"{name}: {value}" for name, value in about.items())
    return f"{text[:1].upper()}{text[1:]}."


def _goal_row(goal: Goal) -> tuple[str, ...]:
    # What wasn't measured says so once, in the last column.
    measured = [condition for condition in goal.conditions if condition.figure is not None]
    return (
        goal.text,
        goal.limit,
        goal.before or "-",
        _join(measured, lambda item: f"{_number(item.figure)} {item.unit}"),
        _join([item for item in measured if item.peer is not None], lambda item: f"{_number(item.peer)} {item.unit}"),
        _join([item for item in measured if item.ratio is not None], lambda item: f"{item.ratio:.2f}"),
        describe_met(goal.conditions),
    )


def _join(conditions: Sequence[Condition], write: Callable[[Condition], str]) -> str:
    return "; ".join(f"{item.label}: {write(item)}".removeprefix(": ") for item in conditions) or "-"


def _part_table(part: str, rows: Sequence[Row]) -> Iterator[str]:
    has_branches = any(row.branch for row in rows)
    has_requests = any(row.timed.costs.requests is not None for row in rows)
    has_answers = any(row.timed.answer for row in rows)
    answer = "uploads" if part == LARGE_DOMAIN else "answer"
    names = [*(["change"] * has_branches), "command"]
    figures = ["runs", "minimum, ms", "median, ms", "processor, ms", "memory, MiB", *(["requests"] * has_requests)]
    yield from _table(
        (*names, *figures, *([answer] * has_answers)),
        figures,
        (
            (
                *([_TITLES.get(row.branch, row.branch)] * has_branches),
                row.name,
                *_figures(row),
                *([str(row.timed.costs.requests)] * has_requests),
                *([row.timed.answer or "-"] * has_answers),
            )
            for row in rows
        ),
    )


def _figures(row: Row) -> tuple[str, ...]:
    costs = row.timed.costs
    figures = (costs.minimum * 1000, costs.median * 1000, costs.cpu * 1000, costs.memory)
    return (str(len(costs.runs)), *(_number(figure) for figure in figures))


def _against_plain_bundle(results: Results, size: str) -> Iterator[str]:
    """Say how deploys by scope compare with one deploy of one plain bundle of the same."""
    plain = results.find(DEPLOYS, size, deploys.ALL_PLAIN)
    every, one = (results.find(DEPLOYS, size, name) for name in (deploys.ALL, deploys.ONE_OF_ALL))
    if plain and every and one:
        base = plain.costs.minimum
        yield ""
        yield (
            f"Of one plain bundle's time, all domains by scope take {every.costs.minimum / base:.2f}, "
            f"and one changed domain takes {one.costs.minimum / base:.2f}."
        )


def _table(names: Sequence[str], figures: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---:' if name in figures else '---' for name in names)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _number(figure: float | None) -> str:
    """Return a figure with three digits that count, large ones whole."""
    if figure is None:
        return "-"
    return f"{figure:.0f}" if abs(figure) >= 100 else f"{figure:.3g}"
