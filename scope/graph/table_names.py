"""What tables are called in one tree: its naming, the values of its targets' variables, and its sources."""

from collections.abc import Iterable, Mapping

from scope.graph.nodes import domain_node, source_node
from scope.inference.variables import variable_values
from scope.lineage.table_names import TableNames, make_names
from scope.repository.layout import BUNDLE, target_file
from scope.repository.ownership import Rules
from scope.repository.snapshot import Snapshot


def read_table_names(
    snapshot: Snapshot, rules: Rules, sources: Mapping[str, Iterable[str]], targets: Iterable[str]
) -> TableNames:
    """Return the names of the tables in a tree with some sources by domain.

    They are shown as in the last target of the order of promotion: in `prod` if nothing says an order.
    """
    default = ("prod",) if not rules.targets else ()
    order = sorted(rules.in_order(targets), key=lambda target: target in {*rules.targets, *default})
    return make_names(rules.naming, sources, {target: find_values(snapshot, rules, target) for target in order})


def find_homes(names: TableNames) -> dict[str, str]:
    """Return by schema the node of the source or the domain that has it, of schemas that aren't called after it."""
    return {
        schema: source_node(domain, source) if source else domain_node(domain)
        for schema, (domain, source) in names.owners.items()
    }


def find_values(snapshot: Snapshot, rules: Rules, target: str) -> Mapping[str, str | None]:
    """Return the values in a target of the variables that tables' names take; None for one that the files don't say."""
    bundle, settings = (snapshot.read(path) or b"" for path in (BUNDLE, target_file(target)))
    given = {name.rpartition(".")[2] for name in rules.variables}
    values = variable_values(bundle, target, settings, rules.naming.variables)
    return {name: None if name in given else value for name, value in values.items()}
