"""The manifest for a terminal."""

import io

from scope.render.text import print_plan
from tests.support.manifest_cases import CASES


def test_moves_are_shown_with_the_line_that_declares_them_or_would() -> None:
    stream = io.StringIO()
    print_plan(CASES["renamed_domain"], stream, color=False)
    said = stream.getvalue()
    assert (
        '  "sales -> revenue": sales.jobs.sales_crm to revenue.jobs.revenue_crm, sales.schemas.crm to revenue.schemas.crm\n'
    ) in said
    assert 'else a deploy refuses:\n  "ads.jobs.a|b -> ads.jobs.`c`"\n' in said
