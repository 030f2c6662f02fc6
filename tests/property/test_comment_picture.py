"""Whatever a manifest says, the picture in its comment has at most a dozen boxes, and no label that makes it too wide."""

import re

from hypothesis import given

from scope.documents.manifest import Manifest
from scope.render.drawing import draw
from tests.property.strategies import manifests

_BOX = re.compile(r'^  n\d+[\[(]+"([^"]*)"', re.MULTILINE)


@given(manifests())
def test_a_picture_has_at_most_a_dozen_boxes_with_short_labels(manifest: Manifest) -> None:
    drawn = draw(manifest) or ""
    texts = _BOX.findall(drawn)
    assert len(texts) <= 12
    assert all(len(re.sub(r"#\d+;", "x", text)) <= 36 for text in texts)
    assert drawn == (draw(manifest) or "")
