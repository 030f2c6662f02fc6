"""The picture in a comment: what is alike shares a box, so that there are at most a dozen, with letters that can be read."""

import re

import pytest

from scope.documents.manifest import Manifest, Reader
from scope.render.drawing import draw
from tests.support.manifest_cases import CASES, everywhere, imported, manifest, own
from tests.support.manifests import change

_BOX = re.compile(r'^  n\d+[\[(]+"([^"]*)"', re.MULTILINE)


def boxes(drawn: str | None) -> list[str]:
    """Return the texts in the boxes."""
    assert drawn is not None
    return [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text) for text in _BOX.findall(drawn)]


def test_files_of_a_source_are_one_box() -> None:
    causes = [own(number, "finance") for number in range(50)]
    changes = tuple(change(number, f"src/finance/stripe/raw/table_{number}.py") for number in range(50))
    assert boxes(draw(manifest(everywhere("finance", *causes), changes))) == ["finance", "finance.stripe (50 files)"]


def test_files_of_a_source_are_one_box_wherever_they_lie_and_whatever_is_reached_through_them() -> None:
    places = ("src/finance/stripe/raw/{}.py", "resources/finance/stripe/jobs/{}.py", "specs/jobs/finance/stripe/{}.yml")
    changes = tuple(change(number, places[number % 3].format(number)) for number in range(20))
    causes = [own(number, "finance") for number in range(20)]
    shared = [imported(20 + number, "finance", f"src/finance/stripe/base/{number}.py") for number in range(4)]
    lists = tuple(change(20 + number, f"src/common/module_{number}.py") for number in range(4))
    drawn = draw(manifest(everywhere("finance", *causes, *shared), (*changes, *lists)))
    assert boxes(drawn) == [
        "finance",
        *(f"src/common/module_{number}.py" for number in range(4)),
        "finance.stripe (20 files)",
    ]


def test_a_removed_domain_is_drawn_with_letters_that_can_be_read() -> None:
    paths = [
        f"src/legacy/{source}/{layer}/asset_{number}.py" for source in "ab" for layer in ("raw", "x") for number in range(8)
    ]
    changes = tuple(change(number, path, status="deleted") for number, path in enumerate(paths))
    causes = [own(number, "legacy") for number in range(len(paths))]
    drawn = draw(manifest(everywhere("legacy", *causes, action="destroy", because="removed"), changes))
    assert boxes(drawn) == ["legacy", "legacy.a (16 files)", "legacy.b (16 files)"]
    assert '(["legacy"]):::removed' in str(drawn)


def test_domains_that_the_same_change_reaches_are_one_box() -> None:
    names = [f"dom{number:02}" for number in range(40)]
    deploy = tuple(item for name in names for item in everywhere(name, imported(0, name, f"src/{name}/crm/raw/a.py")))
    drawn = draw(manifest(deploy, (change(0, "src/common/money.py"),)))
    assert boxes(drawn) == ["dom00, dom01 and 38 more", "src/common/money.py"]


def test_as_many_names_are_said_as_a_box_has_room_for() -> None:
    names = [f"a_domain_with_a_name_{number:02}" for number in range(20)]
    deploy = tuple(item for name in names for item in everywhere(name, own(0, name)))
    drawn = draw(manifest(deploy, (change(0, "uv.lock"),)))
    assert boxes(drawn) == ["a_domain_with_a_name_00 and 19 more", "uv.lock"]


def test_domains_that_go_are_not_drawn_with_those_that_stay() -> None:
    stay, go = ([f"{kind}{number:02}" for number in range(20)] for kind in ("stay", "go"))
    deploy = (
        *(item for name in stay for item in everywhere(name, own(0, name))),
        *(item for name in go for item in everywhere(name, own(0, name), action="destroy", because="removed")),
    )
    drawn = draw(manifest(deploy, (change(0, "targets/prod.yml"),)))
    assert boxes(drawn) == ["go00, go01 and 18 more", "stay00, stay01 and 18 more", "targets/prod.yml"]


def test_a_long_way_is_folded_before_its_letters_get_too_small() -> None:
    files = [f"src/common/library_{number}/a_module_with_a_name.py" for number in range(9)]
    drawn = draw(manifest(everywhere("finance", imported(0, "finance", *files)), (change(0, "src/common/money.py"),)))
    assert boxes(drawn) == ["finance", "src/common (1 file)"]


def test_what_has_changed_is_marked() -> None:
    drawn = draw(CASES["shared_module"])
    assert boxes(drawn).index("src/common/money.py") == 3
    assert str(drawn).endswith("  class n3 changed\n")


def test_a_domain_without_a_change_is_left_to_the_table() -> None:
    assert boxes(draw(CASES["deployed"])) == ["finance", "src/finance/stripe/raw/payments.py"]


def test_a_long_path_loses_folders_in_its_middle() -> None:
    path = "src/finance/stripe/transforms/a_name_that_needs_room.py"
    drawn = draw(manifest(everywhere("finance", own(0, "finance")), (change(0, path),)))
    assert boxes(drawn) == ["finance", "src/…/a_name_that_needs_room.py"]


def test_a_reader_that_deploys_itself_has_one_box() -> None:
    changes = (change(0, "src/finance/stripe/x.py"), change(1, "src/sales/crm/x.py"))
    both = manifest((*everywhere("finance", own(0, "finance")), *everywhere("sales", own(1, "sales"))), changes)
    read = both._replace(readers=(Reader("prod/sales", "prod/finance", "finance.stripe.t", "src/sales/crm/x.py", 1),))
    assert boxes(draw(read)).count("sales") == 1
    assert '-.->|"read by"|' in str(draw(read))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(manifest(everywhere("finance", because="failed-attempt"), ()), id="no change"),
        pytest.param(CASES["documentation_only"], id="no deployment"),
    ],
)
def test_what_leads_nowhere_is_not_drawn(case: Manifest) -> None:
    assert draw(case) is None
