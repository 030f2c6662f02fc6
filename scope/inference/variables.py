"""The values that a bundle's variables have in each target, as far as its own files say them."""

import re
from collections.abc import Iterable, Mapping

from scope.inference.yaml_nodes import compose, find_node, is_null

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
# Values that refer to values.
_DEEPEST = 10
_PLAIN = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:int"})


def find_used_variables(contents: Iterable[bytes], names: Iterable[str]) -> frozenset[str]:
    """Return those of some variables of the bundle, of which there is at least one, that files refer to."""
    pattern = re.compile(rb"\bvar\.(" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")(?![\w-])")
    return frozenset(name.decode() for content in contents for name in pattern.findall(content))


def variable_values(bundle: bytes, target: str, settings: bytes, names: Iterable[str]) -> Mapping[str, str | None]:
    """Return by name the values that variables have in a target, by the bundle's file and the target's own.

    The value is empty for one that nobody declares or sets, and None for one that isn't a plain text: only the CLI knows it.
    """
    import yaml  # only what looks at a target reads its files

    try:
        roots = compose(settings), compose(bundle)
    except (ValueError, yaml.YAMLError):
        return dict.fromkeys(names)

    def find(name: str) -> str | None:
        given = [find_node(root, "targets", target, "variables", name) for root in roots]
        value = next((node for node in given if not is_null(node)), None)
        if value is None:
            value = next(
                (node for root in roots if not is_null(node := find_node(root, "variables", name, "default"))), None
            )
        if isinstance(value, yaml.MappingNode):
            value = find_node(value, "default") or value
        if is_null(value):
            return ""
        return str(value.value) if isinstance(value, yaml.ScalarNode) and value.tag in _PLAIN else None

    def resolve(text: str | None, depth: int = 0) -> str | None:
        if text is None or depth > _DEEPEST:
            return None
        found: dict[str, str | None] = {}
        for reference in _REFERENCE.findall(text):
            root, _, name = reference.partition(".")
            found[reference] = (
                target if reference == "bundle.target" else resolve(find(name), depth + 1) if root == "var" else None
            )
        if None in found.values():
            return None
        return _REFERENCE.sub(lambda match: found[match[1]] or "", text)

    return {name: resolve(find(name)) for name in names}


def declared_variables(files: Iterable[bytes]) -> frozenset[str]:
    """Return the variables that the bundle's files declare for all domains."""
    import yaml

    names: set[str] = set()
    for content in files:
        try:
            declared = find_node(compose(content), "variables")
        except (ValueError, yaml.YAMLError):
            continue
        pairs = declared.value if isinstance(declared, yaml.MappingNode) else ()
        names.update(key.value for key, _ in pairs if isinstance(key, yaml.ScalarNode))
    return frozenset(names)
