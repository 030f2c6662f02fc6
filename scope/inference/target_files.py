"""Whether a file of `targets` configures the target of its name, or something else that the bundle includes."""

import re

from scope.inference.yaml_settings import NO_TEXT, UnreadableYamlError, yaml_settings

_TARGETS = re.compile(rb"^[\"']?targets[\"']?[ \t]*:", re.MULTILINE)
# What a bundle's file may say beside `targets`, of which one is enough to know what it is for.
_OTHER = frozenset(
    {"artifacts", "bundle", "experimental", "include", "permissions", "presets", "python", "resources", "run_as"}
    | {"scripts", "sync", "targets", "variables", "workspace"}
)
# Keys whose meaning stands elsewhere in the file.
_UNCLEAR = frozenset({"<<", NO_TEXT})


def may_configure(target: str, content: bytes) -> bool:
    """Return False only for a file that clearly says other things: a deploy tells what is wrong with a target."""
    if not content.strip() or (_TARGETS.search(content) is not None and target.encode() in content):
        return True
    try:
        settings = yaml_settings(content, 2)
    except UnreadableYamlError:
        return True
    names = {one.keys[0] for one in settings}
    is_unclear = any(one.keys == ("targets",) and one.is_alias for one in settings) or not names.isdisjoint(_UNCLEAR)
    return is_unclear or names.isdisjoint(_OTHER) or any(one.keys == ("targets", target) for one in settings)
