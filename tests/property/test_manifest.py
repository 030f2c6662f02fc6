"""The manifest's laws: what is written is read back, and what isn't one is refused with a message."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scope.documents.document import dump
from scope.documents.manifest import Manifest
from scope.documents.manifest_reader import loads
from scope.errors import UsageError
from tests.property.strategies import manifests
from tests.support.manifests import assert_follows_schema


@given(manifests())
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    assert loads(dump(manifest)) == manifest


@given(manifests())
def test_every_manifest_follows_the_published_schema(manifest: Manifest) -> None:
    assert_follows_schema(dump(manifest))


@given(manifests(), st.data())
def test_a_damaged_manifest_is_refused_or_read_whole(manifest: Manifest, data: st.DataObject) -> None:
    content = dump(manifest)
    start = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:start] + data.draw(st.binary(max_size=4)) + content[data.draw(st.integers(start, len(content))) :]
    with suppress(UsageError):
        read = loads(damaged)
        assert loads(dump(read)) == read


@given(st.binary(max_size=200))
def test_anything_else_is_refused_with_a_message(content: bytes) -> None:
    with pytest.raises(UsageError, match="manifest"):
        loads(content)
