"""The place of a path, and the paths of a domain."""

import pytest

from scope.repository.layout import (
    Place,
    Role,
    is_loaded_yaml,
    is_own_file,
    is_placed,
    module_name,
    place_of,
    spec_module,
    spec_paths,
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("databricks.yml", Place(Role.BUNDLE)),
        ("src/pyproject.toml", Place(Role.BUNDLE)),
        ("resources/__init__.py", Place(Role.LOADER)),
        ("targets/prod.yml", Place(Role.TARGET, target="prod")),
        ("src/finance/a.py", Place(Role.CODE, "finance")),
        ("src/finance/stripe/a.py", Place(Role.CODE, "finance", "stripe")),
        ("src/finance/stripe/base/sql/a.sql", Place(Role.CODE, "finance", "stripe")),
        ("resources/finance/a.yml", Place(Role.RESOURCE, "finance")),
        ("resources/finance/stripe/jobs/a.py", Place(Role.RESOURCE, "finance", "stripe")),
        ("specs/jobs/finance/a.yml", Place(Role.SPEC, "finance")),
        ("specs/jobs/finance/stripe/a.yml", Place(Role.SPEC, "finance", "stripe")),
        ("specs/domains/finance.yml", Place(Role.SETTINGS, "finance")),
        ("src/common/money.py", Place(Role.SHARED)),
        ("resources/_models/clusters.yml", Place(Role.MODEL)),
        ("src/.gitignore", Place(Role.IGNORE_FILE)),
        ("src/finance/.gitignore", Place(Role.IGNORE_FILE, "finance")),
        ("src/finance/stripe/.gitignore", Place(Role.IGNORE_FILE, "finance", "stripe")),
        ("src/common/.gitignore", Place(Role.IGNORE_FILE)),
    ],
)
def test_a_path_has_the_place_that_its_parts_say(path: str, place: Place) -> None:
    assert place_of(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "src",
        "src/a.py",
        "src/common",
        "src/finance",
        "src/Finance/a.py",
        "resources/_generated/a.json",
        "resources/a.yml",
        "targets/prod.yaml",
        "targets/prod/a.yml",
        "specs/a.yml",
        "specs/jobs/finance",
        "specs/other/finance/stripe/a.yml",
        "specs/domains/finance.json",
        "docs/src/finance/a.py",
        ".gitignore",
    ],
)
def test_a_path_that_the_layout_does_not_know_has_no_role(path: str) -> None:
    assert place_of(path) == Place(Role.OTHER)


@pytest.mark.parametrize("folder", ["src/finance", "src/common", "resources/_models", "specs/jobs/finance"])
def test_folders_that_layout_places(folder: str) -> None:
    assert is_placed(folder)
    assert not is_placed(folder.partition("/")[0])


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("specs/jobs/finance/stripe/a.yml", "resources/finance/stripe/jobs/a.py"),
        ("specs/pipelines/finance/stripe/deep/a.yml", "resources/finance/stripe/pipelines/deep/a.py"),
        ("specs/jobs/finance/a.yml", None),
        ("specs/domains/finance.yml", None),
        ("specs", None),
        ("src/jobs/finance/stripe/a.yml", None),
    ],
)
def test_a_spec_generates_one_module_and_other_paths_none(path: str, module: str | None) -> None:
    assert spec_module(path) == module


def test_the_specs_of_a_domain_are_two_folders_and_its_settings() -> None:
    assert spec_paths("finance") == ("specs/jobs/finance", "specs/pipelines/finance", "specs/domains/finance.yml")


def test_a_domain_whose_name_begins_like_another_owns_none_of_its_files() -> None:
    assert is_own_file("src/sales/a.py", "sales")
    assert is_own_file("resources/sales/a.yml", "sales")
    assert not is_own_file("src/sales_eu/a.py", "sales")
    assert not is_own_file("specs/jobs/sales/a.yml", "sales")


@pytest.mark.parametrize(
    ("path", "is_loaded"),
    [
        ("resources/finance/stripe/a.yml", True),
        ("resources/finance/stripe/jobs/a.yml", True),
        ("resources/finance/a.yml", False),
        ("resources/finance/stripe/jobs/deep/a.yml", False),
        ("resources/finance/stripe/a.yaml", False),
        ("src/finance/stripe/a.yml", False),
    ],
)
def test_the_bundle_loads_yaml_at_two_depths(path: str, *, is_loaded: bool) -> None:
    assert is_loaded_yaml(path) is is_loaded


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/finance/stripe/a.py", "finance.stripe.a"),
        ("src/finance/__init__.py", "finance"),
        ("resources/finance/jobs/a.py", "resources.finance.jobs.a"),
    ],
)
def test_code_is_imported_from_the_root_of_the_code(path: str, name: str) -> None:
    assert module_name(path) == name
