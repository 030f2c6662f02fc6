"""Makes docs/graph-page.png anew, in Chromium: `python -m tests.support.graph_pictures`."""

import tempfile
from pathlib import Path

from tests.support.browser import browsing
from tests.support.sandbox import REPOSITORY, Sandbox
from tests.support.scope_command import run_scope

_CHANGED = ("src/common/money.py", "src/finance/stripe/base/payments.py")


def main() -> None:
    """Draw what two changed files of the example reach, with the changed table selected."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox.of_repository(Path(folder) / "example")
        for path in _CHANGED:
            sandbox.append(path, "X = 1\n")
        page = Path(folder) / "graph.html"
        page.write_text(run_scope(sandbox.root, "graph", "--format", "html").stdout, encoding="utf-8")
        with browsing(1280, 640) as tab:
            tab.open(page)
            tab.click_on("#unfold-changed")
            tab.click_on("#search")
            tab.type("finance.stripe.final_payments")
            tab.press("Enter")
            tab.run("document.querySelector('#search').value = ''")
            tab.run("document.querySelector('#search').dispatchEvent(new Event('input'))")
            tab.click_on("#fit")
            tab.wait_for_frame()
            (REPOSITORY / "docs" / "graph-page.png").write_bytes(tab.picture())


if __name__ == "__main__":
    main()
