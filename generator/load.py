"""Documents → models, with every problem of a document at once, each at its place."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from generator.errors import Problem, SpecError, listed, quoted, quotes_hint, suggestion, value_name
from generator.layout import DOMAIN_SETTINGS, settings_domain
from generator.names import Identity, identity_of, key_fault, part_fault
from generator.spec import (
    OTHER_LEVELS,
    SPEC_MODELS,
    DomainSettings,
    JobSpec,
    PipelineSpec,
    TargetSettings,
    is_reference,
    owned_settings,
    spec_models,
)
from generator.yaml_tree import Document, Json, TreePath, parse_document
from scope.naming import DEFAULT, Naming

Model = TypeVar("Model", bound=BaseModel)
Spec = PipelineSpec | JobSpec
IDENTITY_FIELDS = ("domain", "source", "layer", "asset")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A model and the document it came from."""

    document: Document
    model: Model


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec, the identity of its resource, and the document it came from.

    `problems` are those of the document by itself. The model lacks the fields that they concern, `broken`, so that the
    others can still be checked. `targets` are those that the spec holds in, and `override` is what it says about the one.
    """

    identity: Identity
    document: Document
    model: Spec
    problems: tuple[Problem, ...]
    broken: frozenset[str]
    targets: tuple[str, ...] = ()
    override: TargetSettings | None = None

    @property
    def key(self) -> str:
        """Return the resource's key in the bundle: that of its names, unless it is an imported one with its own."""
        key = (self.model.imported or {}).get("key")
        return key if isinstance(key, str) and not key_fault(key) else self.identity.key

    @property
    def module(self) -> str:
        """Return the path of the module that the spec becomes."""
        return self.identity.module_in(self.targets[0]) if self.override is not None else self.identity.module


def load_spec(path: str, content: bytes, naming: Naming = DEFAULT) -> LoadedSpec:
    """Return the spec that a file holds, with its problems. Raises SpecError if no spec can be read at all."""
    identity = identity_of(path, naming)
    if isinstance(identity, str):
        raise SpecError(Problem(path, 0, 0, "", identity))
    return load_tree(identity, parse_document(path, content))


def load_tree(identity: Identity, document: Document) -> LoadedSpec:
    """Return the spec that a document holds, with its problems."""
    problems = [*_identity_problems(document, identity)]
    model_class = spec_models(identity.naming.layers)[identity.kind]
    # On the identity, the path wins.
    tree = document.tree | {name: str(getattr(identity, name)) for name in IDENTITY_FIELDS}
    broken: frozenset[str] = frozenset()
    try:
        model = model_class.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        problems += _problems(document, error, (), model_class, identity.naming)
        broken = frozenset(str(detail["loc"][0]) for detail in error.errors(include_url=False))
        model = model_class.model_validate_json(json.dumps({name: tree[name] for name in tree if name not in broken}))
    return LoadedSpec(identity, document, model, tuple(sorted(set(problems))), broken)


def load_domain(path: str, content: bytes) -> Loaded[DomainSettings]:
    """Load the settings of a domain. Raises SpecError with all of their problems."""
    domain = settings_domain(path)
    if domain is None:
        raise SpecError(Problem(path, 0, 0, "", f"is not where a domain's settings lie: {DOMAIN_SETTINGS}/<domain>.yml."))
    if reason := part_fault(domain):
        raise SpecError(Problem(path, 0, 0, "", f"names a domain that can't be one: {reason}"))
    document = parse_document(path, content)
    return Loaded(document, validate(document, DomainSettings))


def validate(document: Document, model: type[Model], at: TreePath = ()) -> Model:
    """Return the model of the value at a path. Raises SpecError with all problems below it."""
    tree: Json = document.tree
    for part in at:
        tree = cast("dict[str | int, Json]", tree)[part]
    try:
        # Through JSON: only there does pydantic's strict mode take a list for a tuple and a text for an enum.
        return model.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        raise SpecError(*_problems(document, error, at, model)) from None


def _identity_problems(document: Document, identity: Identity) -> Iterable[Problem]:
    for name in IDENTITY_FIELDS:
        written = document.tree.get(name)
        expected = str(getattr(identity, name))
        if name not in document.tree:
            yield document.problem((name,), f"is missing; the file's path says {expected}.")
        elif not isinstance(written, str):
            yield document.problem((name,), f"must be text, not {value_name(written)}.")
        elif name == "layer" and written not in (layers := identity.naming.layers):
            yield document.problem((name,), f"is {listed(layers)}, not {quoted(written)}.{suggestion(written, layers)}")
        elif name != "layer" and (reason := part_fault(written)):
            yield document.problem((name,), reason)
        elif written != expected:
            yield document.problem(
                (name,), f"is {quoted(written)}, but the file's path says {expected}. Make the two agree."
            )


def _problems(
    document: Document, error: ValidationError, at: TreePath, model: type[BaseModel], naming: Naming = DEFAULT
) -> Iterable[Problem]:
    owned = next((owned_settings(kind, naming) for kind, spec in SPEC_MODELS.items() if issubclass(model, spec)), {})
    for detail in error.errors(include_url=False):
        path = (*at, *(part for part in detail["loc"] if not str(part).startswith("(")))
        kind = detail["type"]
        context = detail.get("ctx", {})
        if kind == "extra_forbidden" and len(path) == 1 and (reason := owned.get(str(path[0]))):
            yield document.problem(path, f"can't be set here: {reason}.", at_key=True)
        elif kind == "extra_forbidden":
            allowed = sorted(_fields_at(model, detail["loc"][:-1]))
            near = suggestion(str(path[-1]), allowed)
            yield document.problem(path, f"is not a field here.{near} Allowed: {', '.join(allowed)}.", at_key=True)
        else:
            yield document.problem(path, _message(kind, context, detail["input"], detail["msg"]))


def _message(kind: str, context: dict[str, Any], value: Json, message: str) -> str:
    expected = {
        "string_type": "text",
        "int_type": "a whole number",
        "bool_type": "true or false",
        "list_type": "a list",
        "tuple_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
    }
    if kind == "rule":
        return message
    if kind == "missing":
        return "is missing."
    if kind in ("enum", "literal_error"):
        allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        hint = OTHER_LEVELS.get(str(value)) or suggestion(str(value), allowed)
        return f"is {listed(allowed)}, not {quoted(value)}.{hint}"
    if expected.get(kind) in ("a list", "a mapping") and isinstance(value, str) and is_reference(value):
        entries = " Its entries may be references." if expected[kind] == "a mapping" else ""
        return f"must be written out here, not referred to: it is read here, and only the CLI knows what is in it.{entries}"
    if kind in expected:
        hint = quotes_hint(value) if expected[kind] == "text" else ""
        return f"must be {expected[kind]}, not {value_name(value)}.{hint}"
    return f"{message[:1].lower()}{message[1:]}, not {value_name(value)}."


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> Iterable[str]:
    """Return the fields of the model at a place, by the model's JSON schema."""
    schema = _schema(model)
    node = schema
    for part in location:
        node = _resolved(schema, node)
        if isinstance(part, int):
            node = node.get("items", {})
        elif not part.startswith("("):
            node = node.get("properties", {}).get(part) or node.get("additionalProperties", {})
    return _resolved(schema, node).get("properties", {})


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON schema. To make one takes longer than all else that a problem needs."""
    return model.model_json_schema()


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for choice in (node, *node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        if "$ref" in choice:
            return schema["$defs"][choice["$ref"].removeprefix("#/$defs/")]
        if choice is not node and ("anyOf" in choice or "oneOf" in choice or "items" in choice or "properties" in choice):
            return _resolved(schema, choice)
    return node
