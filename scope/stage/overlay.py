"""The bundle file that a stage adds, and how a bundle that knows nothing of stages comes to include it."""

import re

from scope.errors import UsageError
from scope.inference.yaml_nodes import compose, find_node

_ENDS_DOCUMENT = re.compile(r"\.\.\.(?:\s|$)")


def include_overlay(path: str, content: bytes, overlay: str) -> bytes:
    """Return a bundle's root file with one more file at the end of its `include`, and everything else as it is.

    `path` is for messages. Raises `UsageError` for a file in which it can't be written as one more line.
    """
    import yaml  # only a stage needs it

    try:
        tree = compose(content)
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {' '.join(str(error).split())}.") from None
    lines = content.decode().splitlines(keepends=True)
    listed = find_node(tree, "include")
    if isinstance(tree, yaml.MappingNode) and not tree.flow_style and (listed is None or _is_empty(listed)):
        if listed is not None:
            # The CLI takes the last of a key that is there twice.
            del lines[listed.start_mark.line]
        # Before what ends the document, which hides all that comes after it.
        end = next((place for place, line in enumerate(lines) if _ENDS_DOCUMENT.match(line)), len(lines))
        if end and not lines[end - 1].endswith("\n"):
            lines[end - 1] += "\n"
        lines.insert(end, f"include: [{overlay}]\n")
        return "".join(lines).encode()
    if isinstance(listed, yaml.SequenceNode) and listed.value:
        last = listed.value[-1]
        line, end = last.end_mark.line, last.end_mark.column
        if listed.flow_style:
            lines[line] = f"{lines[line][:end]}, {overlay}{lines[line][end:]}"
            return "".join(lines).encode()
        if isinstance(last, yaml.ScalarNode) and last.start_mark.line == line:
            start = lines[line].rindex("-", 0, last.start_mark.column)
            if not lines[line].endswith("\n"):
                lines[line] += "\n"
            lines.insert(line + 1, f"{' ' * start}- {overlay}\n")
            return "".join(lines).encode()
    raise UsageError(
        f"{path}: `include` isn't a plain list, one file or glob a line, so a stage can't add its own file. Write it so."
    )


def _is_empty(node: object) -> bool:
    """Return whether a list has nothing in it and stands on one line, or is left out."""
    import yaml

    if not isinstance(node, yaml.Node) or node.start_mark.line != node.end_mark.line:
        return False
    return (isinstance(node, yaml.SequenceNode) and not node.value) or (
        isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
    )
