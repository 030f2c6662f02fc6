"""Checks that each variable of the bundle has a value: the CLI ends every command for one that has none."""

from collections.abc import Iterator, Mapping

from scope.graph.index import DeploymentIndex
from scope.inference.yaml_settings import NO_TEXT, UnreadableYamlError, yaml_settings
from scope.model import Finding, quote_path
from scope.repository.layout import BUNDLE, CONFIG, is_loaded_yaml, target_file
from scope.stage.values import listed_names

_DEPTH = 4  # targets.<target>.variables.<name>
# What gives a variable a value where it is declared.
_VALUES = frozenset({"default", "lookup"})
# Keys whose meaning stands elsewhere in the file, so that nobody knows what they set.
_UNCLEAR = frozenset({"<<", NO_TEXT})


def check_variables(index: DeploymentIndex, target: str, domain: str, contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each variable that a stage declares and that has no value in its target."""
    declared: dict[str, tuple[str, int]] = {}
    given = set(listed_names(index.rules.variables, domain))
    for path, content in contents.items():
        if b"variables" not in content or not (path in {BUNDLE, target_file(target)} or is_loaded_yaml(path)):
            continue
        try:
            settings = [one for one in yaml_settings(content, _DEPTH) if "variables" in one.keys]
        except UnreadableYamlError:
            return  # told by others
        if any(one.is_alias or not _UNCLEAR.isdisjoint(one.keys) for one in settings):
            return
        for one in settings:
            match one.keys:
                case ["variables", name]:
                    declared.setdefault(name, (path, one.line))
                case ["variables", name, key] if key in _VALUES:
                    given.add(name)
                case ["targets", where, "variables", name] if where == target:
                    given.add(name)
    for name, (path, line) in sorted(declared.items()):
        if name not in given:
            message = (
                f"`{name}` has no value in {target}, so every deploy fails. Give it a `default` or a value in the target, "
                f"or list it in `variables` of [tool.scope] in {CONFIG} to take it from the environment."
            )
            yield Finding(quote_path(path), line, "no-value", message)
