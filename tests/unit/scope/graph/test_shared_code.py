"""Which shared files a use reaches."""

import pytest

from scope.graph.shared_code import SharedCode, is_preset, preset_stem, search_words
from scope.inference.uses import ModuleUse, PathUse, Uses
from scope.model import Entry, Kind


def library(*paths: str) -> SharedCode:
    return SharedCode({path: Entry(Kind.FILE, "0" * 40) for path in paths})


def reached(shared: SharedCode, uses: Uses, path: str = "src/finance/stripe/base/a.py") -> set[str]:
    return {edge.dependency for edge in shared.edges(path, uses)}


def importing(*names: str) -> Uses:
    return Uses(modules=frozenset(ModuleUse(name, 1, certain=True) for name in names))


def opening(path: str, folder: str = "src/finance/stripe/base") -> Uses:
    return Uses(paths=frozenset({PathUse(path, 1, folder)}))


SHARED = library(
    "src/common/__init__.py",
    "src/common/money.py",
    "src/common/readers/__init__.py",
    "src/common/readers/csv.py",
    "src/common/rates.csv",
    "src/common/setup.ipynb",
    "resources/_models/__init__.py",
    "resources/_models/base.py",
)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("common", {"__init__.py"}),
        ("common.money", {"__init__.py", "money.py"}),
        ("common.money.ROUNDING", {"__init__.py", "money.py"}),
        ("common.readers", {"__init__.py", "readers/__init__.py"}),
        ("common.readers.csv.Reader.read", {"__init__.py", "readers/__init__.py", "readers/csv.py"}),
        ("common.readers.*", {"__init__.py", "readers/__init__.py", "readers/csv.py"}),
        ("common.gone", {"__init__.py"}),
        ("finance.common.money", set()),
    ],
)
def test_a_module_is_used_with_the_packages_around_it(name: str, files: set[str]) -> None:
    assert reached(SHARED, importing(name)) == {f"src/common/{file}" for file in files}


def test_everything_below_the_resources_is_what_these_share() -> None:
    assert reached(SHARED, importing("resources.*")) == {"resources/_models/__init__.py", "resources/_models/base.py"}


def test_a_package_hides_the_module_of_its_name() -> None:
    shared = library("src/common/money.py", "src/common/money/__init__.py", "src/common/money/rates.py")
    assert reached(shared, importing("common.money.rates")) == {"src/common/money/__init__.py", "src/common/money/rates.py"}


def test_a_module_hides_the_folder_of_its_name_where_that_is_no_package() -> None:
    shared = library("src/common/money.py", "src/common/money/rates.py")
    assert reached(shared, importing("common.money.rates")) == {"src/common/money.py"}


@pytest.mark.parametrize(
    ("path", "folder", "file"),
    [
        ("../../../common/rates.csv", "src/finance/stripe/base", "rates.csv"),
        ("../../../src/common/rates.csv", "resources/finance/stripe", "rates.csv"),
        ("/Workspace/x/files/src/common/rates.csv", "src/finance", "rates.csv"),
        ("common/rates.csv", "src/finance/stripe", "rates.csv"),
        ("../../../common/setup", "src/finance/stripe/base", "setup.ipynb"),
    ],
)
def test_a_path_reaches_the_file_it_names(path: str, folder: str, file: str) -> None:
    assert reached(SHARED, opening(path, folder)) == {f"src/common/{file}"}


def test_a_path_to_a_folder_reaches_all_that_is_below() -> None:
    assert reached(SHARED, opening("../../../common/readers")) == {
        "src/common/readers/__init__.py",
        "src/common/readers/csv.py",
    }


def test_a_dynamic_import_reaches_all_that_it_could_import() -> None:
    assert reached(SHARED, Uses(dynamic=(3,))) == {path for path in SHARED.files if path.startswith("src/")}
    resource = "resources/finance/stripe/jobs/a.py"
    assert reached(SHARED, Uses(dynamic=(3,)), resource) == {path for path in SHARED.files if path.startswith("resources/")}


def test_data_belongs_to_the_nearest_package_above_it() -> None:
    shared = library("src/common/a.py", "src/common/data/deep/x.csv", "src/common/readers/b.py", "src/common/readers/y.csv")
    assert [edge.dependency for edge in shared.package_data("src/common/a.py")] == ["src/common/data/deep/x.csv"]
    assert [edge.dependency for edge in shared.package_data("src/common/readers/b.py")] == ["src/common/readers/y.csv"]


@pytest.mark.parametrize("place", ["src/common", "resources/_models"])
def test_a_file_in_the_place_of_the_shared_folder_is_no_endless_search(place: str) -> None:
    shared = library(place, "resources/_models/base.py", "src/common/a.py")
    assert list(shared.package_data("resources/_models/base.py")) == []


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("resources/_models/clusters.yml", True),
        ("resources/_models/more/tags.yaml", True),
        ("resources/_models/base.py", False),
        ("src/common/clusters.yml", False),
    ],
)
def test_yaml_among_the_resource_models_is_a_preset(path: str, *, is_one: bool) -> None:
    assert is_preset(path) is is_one


def test_specs_refer_to_presets_by_the_stem_of_their_file() -> None:
    assert preset_stem("resources/_models/more/tags.team.yml") == "tags"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/common/money.py", {"money"}),
        ("src/common/__init__.py", {"common"}),
        ("src/common/readers/__init__.py", {"readers"}),
        ("src/common/readers/data/rates.csv", {"readers", "data", "rates"}),
        ("resources/_models/sizes/small.py", {"sizes", "small"}),
        ("resources/_models/__init__.py", {"_models"}),
    ],
)
def test_who_uses_a_shared_file_says_one_of_its_words(path: str, expected: set[str]) -> None:
    assert search_words([path]) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/common/new\nline.txt", "line"),
        ("src/common/caf\u00e9.sql", "caf"),
        ("src/common/a-b.csv", "a"),
        ("src/common/\u00e9.csv", ""),
        ("src/common/.hidden", ""),
    ],
)
def test_of_a_name_only_what_is_written_alike_everywhere_is_looked_for(path: str, expected: str) -> None:
    assert search_words([path]) == {expected}
