"""The examples in docstrings say what the functions return."""

import doctest
import importlib
import re

import pytest

from tests.support.sandbox import REPOSITORY, tracked_files

_MODULES = sorted(
    path.removesuffix(".py").replace("/", ".")
    for path in tracked_files(REPOSITORY)
    if path.startswith(("scope/", "generator/"))
    and path.endswith(".py")
    # Git's marks of a conflict have more of them.
    and re.search(rb"^ *>>> ", (REPOSITORY / path).read_bytes(), re.MULTILINE)
)


@pytest.mark.parametrize("name", _MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted
    assert not results.failed
