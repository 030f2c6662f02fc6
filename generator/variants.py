"""What a spec says about single targets → the spec as it holds in each of those.

A target's variant is a spec of its own: checked like any other, and made into a module that the loader takes there in the
place of the common one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from generator.errors import listed, suggestion
from generator.load import IDENTITY_FIELDS, LoadedSpec, load_tree
from generator.spec import TargetSettings
from generator.yaml_tree import Document, Fault, Json, Position, TreePath

# Of these, a target's entries are added to the common ones, or replace those of the same name. Other fields are replaced.
MERGED = ("clusters", "configuration", "environments", "imported", "parameters", "settings", "tags")


def variants_of(spec: LoadedSpec, targets: Mapping[str, bool]) -> Iterator[LoadedSpec]:
    """Yield a spec as it holds in the targets that it doesn't single out, if any, then in each one that it does.

    A target that it is absent from has none.
    """
    own = spec.model.targets
    others = tuple(name for name in targets if name not in own)
    # Where each target is singled out, what stands outside need not be a whole spec.
    if others or not own:
        yield replace(spec, document=common_document(spec), targets=others)
    for target, settings in own.items():
        if not settings.absent:
            document = _document_of(spec.document, target, settings)
            yield replace(load_tree(spec.identity, document), targets=(target,), override=settings)


def common_document(spec: LoadedSpec) -> Document:
    """Return a spec's document without what it says about single targets."""
    return replace(spec.document, tree={name: value for name, value in spec.document.tree.items() if name != "targets"})


def absent_targets(spec: LoadedSpec) -> tuple[str, ...]:
    """Return the targets that a spec is absent from, sorted."""
    return tuple(sorted(target for target, settings in spec.model.targets.items() if settings.absent))


def target_faults(spec: LoadedSpec, targets: Mapping[str, bool]) -> Iterator[Fault]:
    """Yield the faults of a spec's `targets` by themselves."""
    for target, settings in spec.model.targets.items():
        at = ("targets", target)
        if target not in targets:
            yield Fault(at, f"is not a target.{suggestion(target, targets)} They are {listed(targets)}.", at_key=True)
        given = settings.model_extra or {}
        if settings.absent and (given or settings.paused is not None or settings.run_as is not None):
            yield Fault(at, "is absent there, so nothing else can be said about it.")
        for name in (*IDENTITY_FIELDS, "targets"):
            if name in given:
                yield Fault((*at, name), "is the same in every target. Leave it out.", at_key=True)
        imported = given.get("imported")
        if "imported" in given and spec.model.imported is None:
            yield Fault((*at, "imported"), "must stand outside of `targets`, too, if only as `imported: {}`.", at_key=True)
        elif isinstance(imported, dict) and "key" in imported:
            yield Fault((*at, "imported", "key"), "is the same in every target. Leave it out.", at_key=True)


def _document_of(document: Document, target: str, settings: TargetSettings) -> Document:
    """Return a document in which a target's fields stand in the place of the common ones, with their own positions."""
    given = settings.model_extra or {}
    tree: dict[str, Json] = {name: value for name, value in document.tree.items() if name != "targets"}
    for name, value in given.items():
        if name in IDENTITY_FIELDS or name == "targets":
            continue
        common = tree.get(name)
        tree[name] = common | value if name in MERGED and isinstance(common, dict) and isinstance(value, dict) else value
    at = ("targets", target)
    return replace(document, tree=tree, values=_positions(document.values, at), keys=_positions(document.keys, at))


def _positions(positions: Mapping[TreePath, Position], at: TreePath) -> Mapping[TreePath, Position]:
    """Return positions with those below a place in the place of the common ones."""
    own = {path[len(at) :]: position for path, position in positions.items() if path[: len(at)] == at and path != at}
    return {**positions, **own}
