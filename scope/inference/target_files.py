"""Whether a file of `targets` configures a target, or only something else that the bundle includes."""

import re

from scope.inference.yaml_settings import NO_TEXT, UnreadableYamlError, yaml_settings

_TARGETS = re.compile(rb"^[\"']?targets[\"']?[ \t]*:", re.MULTILINE)
# What a bundle's file may say beside `targets`, of which one is enough to know what it is for.
_OTHER = frozenset(
    {"artifacts", "bundle", "experimental", "include", "permissions", "presets", "python", "resources", "run_as"}
    | {"scripts", "sync", "variables", "workspace"}
)
# Keys whose meaning stands elsewhere in the file, and the one that is looked for.
_ANY = frozenset({"<<", NO_TEXT, "targets"})


def is_without_target(content: bytes) -> bool:
    """Return True only for a file that clearly says other things of the bundle, and nothing of a target."""
    if not content.strip() or _TARGETS.search(content) is not None:
        return False
    try:
        names = {one.keys[0] for one in yaml_settings(content, 1)}
    except UnreadableYamlError:
        return False
    return names.isdisjoint(_ANY) and not names.isdisjoint(_OTHER)
