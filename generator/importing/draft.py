"""A definition → the tree of a spec, with what single targets say under `targets`, and where each field comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.errors import Problem, visible
from generator.importing.definitions import Definition, Part
from generator.importing.document import ImportedDocument, Origin, origins_of
from generator.importing.fields import SpecFields, spec_fields
from generator.names import Identity
from generator.variants import MERGED
from generator.yaml_tree import Json, TreePath

_ORDER = (
    *("domain", "source", "layer", "asset", "imported", "description", "layers", "files", "external_files", "schedule"),
    *("parameters", "configuration", "serverless", "environment", "environments", "clusters", "tasks", "tags"),
    *("permissions", "settings", "targets"),
)
Body = Mapping[str, Any]


@dataclass(slots=True)
class Draft:
    """A resource on its way to a spec: what it is in each target of this repository, in Databricks' fields."""

    definition: Definition
    identity: Identity
    key: str
    # What holds in every target that says nothing else.
    common: Body
    # What holds in single targets; None where there is none.
    own: dict[str, Body | None] = field(default_factory=dict)
    # Whether a file that it names can't be found, so that no spec of it can be built.
    is_broken: bool = False

    def bodies(self) -> dict[str | None, Body]:
        """Return what holds in every target, under None, and what holds in single ones."""
        return {None: self.common, **{target: body for target, body in self.own.items() if body is not None}}

    def part_of(self, target: str | None, name: str) -> Part:
        """Return the part that says a field of the resource in a target."""
        own = self.definition.targets.get(target or "")
        common = self.definition.common or self.definition.first
        return own if own is not None and (name in own.body or self.definition.common is None) else common


@dataclass(slots=True)
class Form:
    """A spec's tree, and its document. `problems` are differences between targets that no spec can say."""

    tree: dict[str, Json]
    document: ImportedDocument
    problems: list[Problem]


def imported_form(draft: Draft, raw: frozenset[str]) -> Form:
    """Return the spec that keeps the resource as it is; fields in `raw` stand under `imported` in Databricks' form."""
    kind, identity = draft.identity.kind, draft.identity
    fields = {target: spec_fields(kind, body, raw) for target, body in draft.bodies().items()}
    unsaid = frozenset[str]().union(*(one.unsaid for one in fields.values()))
    if unsaid - raw:
        # What one target can't say in a spec's form, none does: a target's fields stand in the place of the common ones.
        return imported_form(draft, raw | unsaid)
    for one in fields.values():
        kept = one.tree.setdefault("imported", {})
        if kept.get("name") == identity.name:
            del kept["name"]
    keys = {"key": draft.key} if draft.key != identity.key else {}
    fields[None].tree["imported"] = keys | fields[None].tree["imported"]
    for target, one in fields.items():
        if target is not None:
            one.tree["imported"] = keys | one.tree["imported"]
    return _form(draft, fields)


def platform_form(draft: Draft, bodies: Mapping[str | None, Body]) -> Form | None:
    """Return the spec of a resource of the platform, by what is left of it; None if only `imported` can say that."""
    fields = {target: spec_fields(draft.identity.kind, body, frozenset()) for target, body in bodies.items()}
    for target, one in fields.items():
        kept = one.tree.pop("imported", {})
        if "run_as" in kept and target is not None:
            one.tree["run_as"] = kept.pop("run_as")
        if kept:
            return None
    return _form(draft, fields)


def _form(draft: Draft, fields: Mapping[str | None, SpecFields]) -> Form:
    identity, common = draft.identity, fields[None]
    tree: dict[str, Any] = {
        "domain": identity.domain,
        "source": identity.source,
        "layer": str(identity.layer),
        "asset": identity.asset,
        **common.tree,
    }
    origins: dict[TreePath, Origin] = {(): Origin(1, 1, draft.definition.first, ())}
    for path, origin in common.origins.items():
        origins |= origins_of(draft.part_of(None, str(origin[0])), {path: origin})
    problems: list[Problem] = []
    targets: dict[str, Any] = {}
    for target in draft.own:
        one = fields.get(target)
        if one is None:
            targets[target] = {"absent": True}
            continue
        if different := _difference(draft, target, common, one, problems):
            targets[target] = different
        for path, origin in one.origins.items():
            origins |= origins_of(draft.part_of(target, str(origin[0])), {path: origin}, ("targets", target))
    if targets:
        tree["targets"] = targets
    tree = {name: tree[name] for name in _ORDER if name in tree}
    return Form(tree, ImportedDocument(draft.definition.first.file.document.file, tree, origins, {}), problems)


def _difference(draft: Draft, target: str, common: SpecFields, own: SpecFields, problems: list[Problem]) -> dict[str, Any]:
    """Return what a spec says about one target: fields, and entries of those that are merged, that differ there."""
    different: dict[str, Any] = {}
    for name, value in own.tree.items():
        before = common.tree.get(name)
        if name in MERGED and isinstance(before, dict) and isinstance(value, dict):
            if entries := {key: item for key, item in value.items() if key not in before or before[key] != item}:
                different[name] = entries
        elif value != before:
            different[name] = value
    lost: list[TreePath] = [(name,) for name in common.tree if name not in own.tree]
    for name in MERGED:
        before, value = common.tree.get(name), own.tree.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            lost += [(name, key) for key in before if key not in value]
    for path in lost:
        origin = common.origins.get(path, ())
        part = draft.part_of(None, str(origin[0]) if origin else "")
        message = (
            f"is not there in the target {visible(target)}. A spec can't take a field away in a target: say it in each one."
        )
        problems.append(part.problem(origin, message, at_key=True))
    return different
