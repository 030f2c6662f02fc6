"""Specs that are valid and carry whatever text a person may put in them, and specs that are anything at all."""

from typing import Any

import yaml
from hypothesis import strategies as st

from tests.support.characters import CHARACTERS

# What a hostile or careless person writes; mixed with arbitrary text, it is what the modules must stay inert against.
HOSTILE = [
    '"""',
    "'''",
    "\\",
    "\\\\'",
    "\n",
    "\r\n",
    "\u2028",
    "\x00",
    "{{",
    "}}",
    "{0}",
    "%s",
    "__import__('os').system('true')",
    "#",
    "# type: ignore",
    "\\N{DASH}",
    "f'{1}'",
    "${var.domain}",
    "${env:HOME}",
    "${",
    "$",
    "é",
    "\ufeff",
    "😀",
    "\u202e",
    "-*- coding: latin-1 -*-",
]


def is_inert_reference(text: str) -> bool:
    """Return whether a text holds no reference but those to a variable that exists, and forms that are no references."""
    return "${" not in text.replace("${var.domain}", "").replace("${env:HOME}", "") or "}" not in text


class _Quoting(yaml.SafeDumper):
    """Puts every text in quotes, as a careful person does."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def spec_bytes(tree: dict[str, Any]) -> bytes:
    """Return a tree as the bytes of a spec."""
    return yaml.dump(tree, Dumper=_Quoting, allow_unicode=True).encode()


texts = (
    st.lists(st.sampled_from(HOSTILE) | st.text(CHARACTERS, max_size=8), max_size=6).map("".join).filter(is_inert_reference)
)
keys = st.text(CHARACTERS, min_size=1, max_size=10).filter(lambda text: "$" not in text and not text.startswith("platform."))
parameters = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True, alphabet=CHARACTERS).filter(
    lambda name: name not in ("catalog", "schema")
)
tags = st.dictionaries(keys.filter(lambda key: key not in ("domain", "source", "layer", "owner")), texts, max_size=5)
identity = st.just({"domain": "finance", "source": "stripe", "layer": "final", "asset": "payments"})
sizes = st.integers(min_value=0, max_value=10**12)


@st.composite
def pipelines(draw: st.DrawFn) -> dict[str, Any]:
    """Return a valid pipeline spec as a tree."""
    optional = {
        "layers": st.just(["raw", "base", "staging", "final"]),
        "tags": tags,
        "configuration": st.dictionaries(keys, texts, max_size=4),
        "dependencies": st.lists(texts, max_size=3),
        "serverless": st.booleans(),
        "settings": st.fixed_dictionaries({}, optional={"channel": texts, "photon": st.booleans(), "edition": texts}),
    }
    return draw(identity) | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a valid job spec as a tree."""
    task = st.fixed_dictionaries(
        {"task_key": texts, "refresh_pipeline": st.just("finance_stripe_final_payments")},
        optional={"description": texts, "timeout_seconds": sizes},
    )
    optional = {
        "description": texts,
        "tags": tags,
        "parameters": st.dictionaries(parameters, texts, max_size=4),
        "schedule": st.just("schedules.nightly"),
        "tasks": st.lists(task, max_size=3, unique_by=lambda one: one["task_key"]),
        "settings": st.fixed_dictionaries({}, optional={"max_concurrent_runs": sizes, "queue": st.just({"enabled": True})}),
    }
    return draw(identity) | draw(st.fixed_dictionaries({}, optional=optional))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["task_key", "notebook_task", "x"]) | keys, inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "domain",
    "layers",
    "files",
    "schedule",
    "tasks",
    "settings",
    "environment",
    "environments",
    "clusters",
    "parameters",
    "permissions",
    "tags",
    "notifications",
    "nonsense",
]
anything = st.dictionaries(st.sampled_from(FIELDS), values, max_size=5)
