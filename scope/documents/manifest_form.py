"""The form in which pydantic reads a manifest and describes it.

The manifest's own values are named tuples, which pydantic would take from lists as well, and whose mistakes it would call
those of a call. So each has a dataclass here, made from its fields, which is given up again for the value.
"""

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from scope.documents.manifest import Manifest

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_CONFIG = {"extra": "forbid", "strict": True, "json_schema_serialization_defaults_required": True}


@cache
def manifest_adapter() -> "TypeAdapter[Manifest]":
    """Return what reads a manifest, and says what the file looks like."""
    from pydantic import TypeAdapter  # 60 ms, and commands that only show their help need none of it

    return TypeAdapter(_form(Manifest))


def _form(hint: Any) -> Any:  # noqa: ANN401  any annotation
    """Return an annotation with the forms of the named tuples in it."""
    if isinstance(hint, type) and hasattr(hint, "_fields"):
        return _make_form(hint)
    inner = get_args(hint)
    if get_origin(hint) in {tuple, dict}:
        return get_origin(hint)[tuple(map(_form, inner))]
    return hint


@cache
def _make_form(values: Any) -> Any:  # noqa: ANN401  a class of named tuples, and an annotation
    from pydantic import AfterValidator

    hints = get_type_hints(values)
    fields = [
        (name, _form(hints[name]), dataclasses.field(default=values._field_defaults.get(name, dataclasses.MISSING)))
        for name in values._fields
    ]
    namespace = {"__doc__": values.__doc__, "__pydantic_config__": _CONFIG}
    form = dataclasses.make_dataclass(values.__name__, fields, namespace=namespace, frozen=True)
    return Annotated[form, AfterValidator(lambda read: values(*(getattr(read, name) for name in values._fields)))]
