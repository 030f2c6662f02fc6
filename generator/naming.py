"""`[tool.scope.naming]` → how the repository names tables and resources, with every problem at its place."""

from collections.abc import Iterable, Iterator

from generator.checkout import Checkout
from generator.errors import Problem, SpecError, listed
from generator.layout import CONFIG
from scope.naming import Naming, find_place, find_problems, read_naming
from scope.naming import Problem as NamingProblem
from scope.repository.toml_file import UnreadableTomlError, load_toml

# What a logical name's prefix and a variable's value are handed on to code as.
_PATTERNS = ("catalog_pattern", "schema_pattern", "upstream_catalog_pattern", "upstream_schema_pattern")


def load_naming(checkout: Checkout) -> Naming:
    """Return the naming of a repository, the default one if it says nothing of it. Raises SpecError with all problems."""
    text, table = _read_table(checkout)
    naming, problems = read_naming(table)
    if problems:
        raise SpecError(*(_located(text, problem) for problem in problems))
    return naming


def naming_problems(
    checkout: Checkout, naming: Naming, sources: Iterable[tuple[str, str]], variables: Iterable[str]
) -> Iterator[Problem]:
    """Yield the problems of a naming with the repository around it: variables that aren't there, tables that coincide."""
    if naming.has_plain_tables:
        return
    text, _ = _read_table(checkout)
    yield from (_located(text, problem) for problem in find_problems(naming, variables, sources))


def platform_values(naming: Naming, domain: str) -> dict[str, str]:
    """Return what `common.tables` reads, by key: the variables that names take, and how they are put together.

    With the default naming, code knows how.
    """
    values = {"platform.domain": domain} | {f"platform.{name}": f"${{var.{name}}}" for name in naming.variables}
    if naming.has_plain_tables:
        return values
    target = {"platform.target": "${bundle.target}"} if naming.has_target else {}
    patterns = zip(_PATTERNS, naming.expressions, strict=True)
    return values | target | {f"platform.{key}": expression for key, expression in patterns}


def physical_table(naming: Naming, table: str, domain: str) -> str:
    """Return a logical table's name in whatever target: one's own expressions for one's own tables, `upstream` for others.

    >>> physical_table(Naming(), "finance.stripe.final_payments", "finance")
    '${var.catalog_prefix}finance.${var.schema_prefix}stripe.final_payments'
    """
    owner, source, name = table.split(".")
    layer, short = naming.split_table(name) or ("", name)
    return ".".join((*naming.schema_of(owner, source, layer, upstream=owner != domain), short))


def logical_table_fault(naming: Naming, name: str) -> str:
    """Return why the last part of a logical name can't be one, or an empty text."""
    must_have_layer = naming.has_plain_tables or naming.has_layer
    if must_have_layer and name.partition("_")[0] not in naming.layers:
        return f"doesn't begin with a layer: {listed(naming.layers)}, as tables do."
    return ""


def _read_table(checkout: Checkout) -> tuple[str, object]:
    """Return the text of the file, and what the table holds: nothing if it isn't there."""
    if not checkout.is_file(CONFIG):
        return "", {}
    content = checkout.read(CONFIG)
    try:
        table: object = load_toml(content)
    except UnreadableTomlError as error:
        raise SpecError(Problem(CONFIG, 0, 0, "", f"can't be read: {error}.")) from None
    for name in ("tool", "scope", "naming"):
        table = table.get(name, {}) if isinstance(table, dict) else {}
    return content.decode(), table


def _located(text: str, problem: NamingProblem) -> Problem:
    line, column = find_place(text, problem)
    return Problem(CONFIG, line, column, f"tool.scope.naming.{problem.key}".removesuffix(".naming.naming"), problem.message)
