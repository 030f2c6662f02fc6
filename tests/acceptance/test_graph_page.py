"""`scope graph --format html` in a real browser: clicks, words and keys do what they say, and names do nothing."""

import time
from pathlib import Path

import pytest

from scope.escaping import escape_invisible
from scope.graph.nodes import file_node
from tests.support.browser import Tab
from tests.support.graph_pages import MARKUP, parts, render, render_hundred_domains
from tests.support.plans import platform
from tests.support.scope_command import run_scope

PAYMENTS = "src/finance/stripe/final/payments.py"
REVENUE = "src/marketing/hubspot/final/revenue.py"
MONEY = "src/common/money.py"
GRAPH = [
    *parts("finance", "stripe", PAYMENTS),
    *parts("marketing", "hubspot", REVENUE),
    *parts("legal", "files", "src/legal/files/raw/a.py"),
    (file_node(PAYMENTS), file_node(MONEY), "imports"),
    ("table:finance.stripe.final_payments", file_node(PAYMENTS), "written-by"),
    (file_node(REVENUE), "table:finance.stripe.final_payments", "reads"),
    (file_node(REVENUE), "table:ingest.hubspot.campaigns", "reads"),
    ("domain:marketing", "target:prod", "deployed-to"),
    ("target:prod", "file:targets/prod.yml", "configures"),
]
DOMAINS = ("finance", "legal", "marketing")
# The drawing's own list of what it shows, and where.
_DRAWN = "document.querySelector('#sheet')._cyreg.cy.nodes().map((one) => [one.data('label'), one.renderedPosition()])"


def open_page(tab: Tab, folder: Path, page: str) -> float:
    (folder / "graph.html").write_text(page, encoding="utf-8")
    return tab.open(folder / "graph.html")


def labels(tab: Tab) -> set[str]:
    return {plain(label) for label, _ in tab.run(_DRAWN)}


def plain(label: str) -> str:
    """Return the name in a box without its marks."""
    return label.lstrip("▸▾ ").partition("  ●")[0]


def click_box(tab: Tab, name: str) -> None:
    place = next(place for label, place in tab.run(_DRAWN) if plain(label) == name)
    left, top = tab.run(
        "(() => { const b = document.querySelector('#sheet').getBoundingClientRect(); return [b.x, b.y]; })()"
    )
    tab.click(left + place["x"], top + place["y"])
    tab.wait_for_frame()


def said(tab: Tab, selector: str = "#details") -> str:
    return " ".join(str(tab.run(f"document.querySelector('{selector}').innerText")).split())


def find(tab: Tab, text: str) -> None:
    """Write into the search field, as a person does, instead of what it holds."""
    tab.run("document.querySelector('#search').value = ''")
    tab.click_on("#search")
    tab.type(text)


@pytest.fixture
def whole(tab: Tab, tmp_path: Path) -> Tab:
    """Give the tab with the whole of a small graph."""
    open_page(tab, tmp_path, render(GRAPH, DOMAINS, legal=("dev",), finance=("dev", "prod"), marketing=("prod",)))
    return tab


@pytest.fixture
def reached(tab: Tab, tmp_path: Path) -> Tab:
    """Give the tab with what a changed module reaches."""
    open_page(tab, tmp_path, render(GRAPH, DOMAINS, [file_node(MONEY)]))
    return tab


def test_the_page_that_the_command_prints_opens_with_nothing_to_complain_of(tab: Tab, tmp_path: Path) -> None:
    sandbox = platform(tmp_path / "platform")
    sandbox.append("src/common/text.py", "Y = 2\n")
    result = run_scope(sandbox.root, "graph", "--format", "html")
    assert result.exit_code == 0, result
    open_page(tab, tmp_path, result.stdout)
    assert labels(tab) == {"finance", "src/common"}
    assert said(tab).startswith("What 1 changed file reaches 1 domain,")
    assert tab.problems == []
    assert [Path(one).name for one in tab.requests] == ["graph.html"]


def test_a_hundred_domains_open_within_two_seconds(tab: Tab, tmp_path: Path) -> None:
    assert 0 < open_page(tab, tmp_path, render_hundred_domains()) < 2
    assert len(labels(tab)) == 100 + len({"ingest", "src/common", "the bundle and its tooling", "dev", "prod", "staging"})
    assert tab.problems == []


def test_everything_is_folded_by_domain_and_a_click_unfolds(whole: Tab) -> None:
    top = {"finance", "marketing", "legal", "src/common", "ingest", "prod"}
    assert labels(whole) == top
    click_box(whole, "finance")
    assert labels(whole) == top | {"stripe"}
    click_box(whole, "stripe")
    assert labels(whole) == top | {"stripe", "final/payments.py", "final_payments"}
    click_box(whole, "final/payments.py")
    assert said(whole).startswith(f"{PAYMENTS} code in finance Deployed to dev, prod")
    whole.click_on("#fold")
    assert labels(whole) == top
    assert whole.problems == []


def test_a_search_lists_what_has_all_words_and_enter_goes_to_the_first(whole: Tab) -> None:
    find(whole, "final pay")
    assert said(whole, "#results") == f"2 found {PAYMENTS} finance.stripe.final_payments"
    find(whole, "nothing like it")
    assert said(whole, "#results") == "Nothing has this in its name."
    find(whole, "hubspot revenue")
    whole.press("Enter")
    assert said(whole).startswith(REVENUE)
    assert "final/revenue.py" in labels(whole)
    find(whole, "ingest.hubspot.campaigns")
    whole.click_on("#results a")
    assert said(whole).startswith("ingest.hubspot.campaigns table in ingest")
    assert whole.problems == []


def test_a_node_tells_its_causes_and_its_readers(reached: Tab) -> None:
    find(reached, "finance.stripe.final_payments")
    reached.press("Enter")
    text = said(reached)
    assert f"Causes 1 {MONEY} → imports {PAYMENTS} → written-by finance.stripe.final_payments" in text
    assert f"Readers 1 marketing in {REVENUE} reads finance.stripe.final_payments" in text
    assert f"Needs 1 {PAYMENTS} written-by" in text


def test_what_has_changed_is_marked_and_can_be_unfolded(reached: Tab) -> None:
    marked = "document.querySelector('#sheet')._cyreg.cy.nodes('.changed').map((one) => one.data('label'))"
    assert reached.run(marked) == ["▸ src/common  ● 1"]
    assert f"Changed 1 {MONEY}" in said(reached)
    reached.click_on("#unfold-changed")
    assert reached.run(marked) == ["▾ src/common  ● 1", "money.py  ●"]


def test_a_target_shows_its_deployments_and_what_they_need(whole: Tab) -> None:
    choose = (
        "(() => {{ const s = document.querySelector('#target'); s.value = '{}'; s.dispatchEvent(new Event('change')); }})()"
    )
    whole.run(choose.format("dev"))
    assert labels(whole) == {"finance", "legal", "src/common"}
    whole.run(choose.format("prod"))
    assert labels(whole) == {"finance", "marketing", "src/common", "ingest", "prod"}
    whole.run(choose.format(""))
    assert "legal" in labels(whole)
    # Whoever goes to something that is hidden sees it.
    whole.run(choose.format("prod"))
    find(whole, "legal raw")
    whole.press("Enter")
    assert "raw/a.py" in labels(whole)


def test_everything_can_be_done_with_keys(whole: Tab) -> None:
    whole.run("document.querySelector('#sheet').focus()")
    whole.press("ArrowRight")
    first = said(whole, "#said")
    assert first.endswith(", domain")
    whole.press("Enter")
    assert said(whole).startswith(first.partition(",")[0])
    assert len(labels(whole)) == 7
    whole.press("Enter")
    assert len(labels(whole)) == 6
    whole.press("ArrowRight")
    whole.press("ArrowDown")
    assert said(whole, "#said") != first
    whole.press("Escape")
    assert said(whole).startswith("The whole repository")
    whole.press("/")
    assert whole.run("document.activeElement.id") == "search"
    whole.press("Escape")
    assert whole.run("document.activeElement.id") == "sheet"
    zoom = "document.querySelector('#sheet')._cyreg.cy.zoom()"
    before = whole.run(zoom)
    whole.press("+")
    assert whole.run(zoom) > before
    whole.press("f")
    assert whole.run(zoom) == pytest.approx(before)


def test_it_is_light_or_dark_as_the_system_or_as_a_person_says(whole: Tab) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    fill = "document.querySelector('#sheet')._cyreg.cy.nodes('.domain')[0].style('background-color')"
    light = (whole.run(back), whole.run(fill))
    whole.prefer("dark")
    dark = (whole.run(back), whole.run(fill))
    whole.prefer("light")
    assert not set(light) & set(dark)
    whole.click_on("#theme")
    whole.click_on("#theme")
    assert said(whole, "#theme") == "Theme: dark"
    assert (whole.run(back), whole.run(fill)) == dark
    assert whole.problems == []


def test_names_are_text_whatever_is_in_them(tab: Tab, tmp_path: Path) -> None:
    page = render(parts("finance", "stripe", *MARKUP), ["finance"], map(file_node, MARKUP))
    open_page(tab, tmp_path, page)
    assert tab.run("[document.title, document.scripts.length, document.querySelectorAll('svg, img').length]") == [
        "scope graph",
        2,
        0,
    ]
    tab.click_on("#unfold-changed")
    found = tab.run("[...document.querySelectorAll('#details li')].map((one) => one.innerText)")
    shown = {escape_invisible(file_node(path).removeprefix("file:")) for path in MARKUP}
    assert {" ".join(one.split()) for one in found} == {" ".join(one.split()) for one in shown}
    for text in ("</script>", "onload"):
        find(tab, text)
        tab.press("Enter")
        assert text in said(tab)
    assert tab.problems == []
    assert len(tab.requests) == 1


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"document.title = 1\">')",
        "document.body.insertAdjacentHTML('beforeend', '<iframe srcdoc=\"<script>parent.document.title = 1</script>\">')",
        "fetch('https://example.invalid/').catch(() => 0)",
    ],
    ids=["script", "handler", "frame", "request"],
)
def test_the_policy_stops_what_is_not_the_page_itself(whole: Tab, attempt: str) -> None:
    whole.run(attempt)
    until = time.monotonic() + 10
    while not whole.problems and time.monotonic() < until:
        whole.wait_for_frame()
    assert "Content Security Policy" in whole.problems[0]
    assert whole.run("document.title") == "scope graph"
