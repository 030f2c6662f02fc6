"""Expressions of Azure Pipelines, as far as ours use them: those of templates, of conditions, and macros."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.workflow_actions import NotPlayableError

_TEMPLATE = re.compile(r"\$\{\{ *(lower\()?parameters\.(\w+)\)? *\}\}")
_MACRO = re.compile(r"\$\(([\w.]+)\)")
_RUNTIME = re.compile(r"\$\[(.*)\]")


def fill_template(tree: Any, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401  YAML
    """Return a template's tree with its parameters; an expression that is all of a value keeps the parameter's type."""
    if isinstance(tree, dict):
        return {key: fill_template(value, parameters) for key, value in tree.items()}
    if isinstance(tree, list):
        return [fill_template(value, parameters) for value in tree]
    if not isinstance(tree, str):
        return tree
    whole = _TEMPLATE.fullmatch(tree)
    if whole and not whole[1]:
        return parameters[whole[2]]
    filled = _TEMPLATE.sub(lambda match: str(parameters[match[2]]).lower() if match[1] else str(parameters[match[2]]), tree)
    if "${{" in filled:
        raise NotPlayableError(f"a template expression: {filled}")
    return filled


def fill_macros(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its macros filled in; one of a variable that isn't there stays as it is written."""
    known = {name.lower(): value for name, value in variables.items()}
    return _MACRO.sub(lambda match: known.get(match[1].lower(), match[0]), text)


def evaluate_runtime(text: str, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Return the value of `$[ … ]`, or the text itself if it is no such expression."""
    match = _RUNTIME.fullmatch(text)
    return evaluate(match[1], contexts) if match else text


def evaluate(expression: str, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401  an expression's value
    """Return the value of an expression. What isn't there is an empty text, as on Azure."""
    # `and`, `or` and `not` are functions there.
    text = re.sub(r"\b(and|or|not)\(", r"\1_(", expression.strip())
    return _value(ast.parse(text, mode="eval").body, contexts)


def _value(node: ast.expr, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401  an expression's value
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            if node.id not in contexts:
                raise NotPlayableError(f"`{node.id}` in an expression")
            return contexts[node.id]
        case ast.Attribute():
            return _member(_value(node.value, contexts), node.attr)
        case ast.Subscript():
            return _member(_value(node.value, contexts), _value(node.slice, contexts))
        case ast.Call(func=ast.Name(id=name)):
            return _FUNCTIONS[name](contexts, *(_value(argument, contexts) for argument in node.args))
    raise NotPlayableError(f"an expression: {ast.unparse(node)}")


def _member(value: Any, name: str) -> Any:  # noqa: ANN401  a context's value
    if not isinstance(value, Mapping):
        return ""
    known = {str(key).lower(): inner for key, inner in value.items()}
    return known.get(name.lower(), "")


def _same(one: object, other: object) -> bool:
    return str(one).lower() == str(other).lower()


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "and_": lambda _contexts, *values: all(values),
    "or_": lambda _contexts, *values: any(values),
    "eq": lambda _contexts, one, other: _same(one, other),
    "ne": lambda _contexts, one, other: not _same(one, other),
    "succeeded": lambda contexts: contexts["results"] <= {"succeeded"},
    "failed": lambda contexts: "failed" in contexts["results"],
    "always": lambda _contexts: True,
}
