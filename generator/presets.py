"""Checks the fields in which a spec names a preset or writes Databricks' own fields."""

from collections.abc import Iterator, Mapping

from generator.bundle_schema import PIPELINE_ENVIRONMENT, schema_faults
from generator.errors import Problem, listed, quoted, suggestion
from generator.inventory import Inventory, Preset
from generator.layout import PRESETS
from generator.load import LoadedSpec
from generator.resolve import pipeline_environment
from generator.spec import Body, is_reference
from generator.texts import text_faults
from generator.yaml_tree import TreePath


def body_problems(
    spec: LoadedSpec, inventory: Inventory, field: str, bodies: Mapping[str, Body | str], definition: str
) -> Iterator[Problem]:
    """Yield the problems of a mapping of presets and bodies."""
    for name, body in bodies.items():
        yield from one_body_problems(spec, inventory, (field, name), body, field, definition)


def one_body_problems(
    spec: LoadedSpec, inventory: Inventory, path: TreePath, body: Body | str, stem: str, definition: str
) -> Iterator[Problem]:
    """Yield the problems of a preset's name, of the preset in this place, or of a body."""
    if not isinstance(body, str):
        for fault in schema_faults(definition, body):
            yield spec.document.located(fault.below(*path))
        return
    if is_reference(body):
        return
    preset = inventory.presets.get(body)
    if message := preset_fault(preset, body, stem, inventory):
        yield spec.document.problem(path, message)
        return
    if preset and isinstance(preset.value, dict):
        yield from preset_text_problems(spec, path, preset, inventory)
        value = pipeline_environment(preset.value) if definition == PIPELINE_ENVIRONMENT else preset.value
        for fault in schema_faults(definition, value):
            yield spec.document.problem(path, f"the preset {body} doesn't fit here: {fault.place()}: {fault.message}")


def preset_fault(preset: Preset | None, name: str, stem: str, inventory: Inventory) -> str:
    """Return why a name isn't a preset of a file, or an empty text if it is."""
    if preset is not None and name.startswith(f"{stem}."):
        return ""
    known = sorted(known for known in inventory.presets if known.startswith(f"{stem}."))
    near = suggestion(name, known)
    return f"{quoted(name)} is not a preset of {PRESETS}/{stem}.yml.{near} It has {listed(known, 'and')}."


def preset_text_problems(spec: LoadedSpec, path: TreePath, preset: Preset, inventory: Inventory) -> Iterator[Problem]:
    """Yield the faults of a preset's texts at the place that names it: references count for the spec's domain."""
    tree = preset.document.tree.get(preset.name)
    for fault in text_faults(tree, spec.identity.domain, inventory, spec.targets):
        yield spec.document.problem(path, f"in {preset.document.file}, {fault.place(preset.name)}: {fault.message}")
