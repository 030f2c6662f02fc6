"""What pyproject.toml says of the distribution: what each command's extra brings, and nothing of this repository's own."""

import re
import tomllib
from functools import cache
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scope.installation import DISTRIBUTION
from tests.support.sandbox import REPOSITORY


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def test_plans_need_no_package_of_databricks() -> None:
    assert not [name for name in names(project()["project"]["dependencies"]) if name.startswith("databricks")]


def test_no_requirement_is_written_twice() -> None:
    table = project()["project"]
    written = [
        name for part in (table["dependencies"], *table["optional-dependencies"].values()) for name in sorted(names(part))
    ]
    assert sorted(name for name in written if name != DISTRIBUTION) == sorted({*written} - {DISTRIBUTION})


def test_every_newer_python_may_install_it() -> None:
    assert project()["project"]["requires-python"] == ">=3.11"


def test_the_distribution_is_named_as_messages_name_it() -> None:
    assert project()["project"]["name"] == DISTRIBUTION


def test_recipes_of_scope_and_the_generator_install_their_extra_only() -> None:
    recipes = (REPOSITORY / "justfile").read_text(encoding="utf-8")
    started = re.findall(r'^\w+ := "uv run --quiet --no-default-groups(.*?) (?:scope|generator)"$', recipes, re.MULTILINE)
    assert started == ["", " --extra deploy", " --extra generator"]
