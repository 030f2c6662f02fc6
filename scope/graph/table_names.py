"""What tables are called in one tree: its naming, the values of its targets' variables, and its sources."""

from collections.abc import Iterable, Mapping

from scope.graph.nodes import domain_node, source_node
from scope.inference.variables import variable_values
from scope.inference.yaml_nodes import compose, find_node
from scope.lineage.table_names import TableNames, make_names
from scope.repository.layout import BUNDLE, PIPELINE_SPECS, code_folder, place_of, target_file
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
    values = {target: find_values(snapshot, rules, target) for target in order}
    return make_names(rules.naming, sources, values, _find_loaders(snapshot) if rules.naming.has_layer else {})


def _find_loaders(snapshot: Snapshot) -> dict[str, str]:
    """Return the layers of pipelines by the files, or the folders of other layers, that they load by their specs.

    Where layers have schemas of their own, short names in such a file count from the schema of the pipeline.
    """
    import yaml  # only where layers have schemas

    loaders: dict[str, str] = {}
    for path, content in snapshot.read_all(snapshot.files(PIPELINE_SPECS)).items():
        place, own = place_of(path), path.rpartition("/")[2].partition("_")[0]
        try:
            spec = compose(content)
        except (ValueError, yaml.YAMLError):
            continue
        if place.domain is not None and place.source is not None:
            files = _list_texts(find_node(spec, "files"))
            for layer in _list_texts(find_node(spec, "layers")):
                folder = f"{code_folder(place.domain)}/{place.source}/{layer}"
                loaders |= {f"{folder}/{name}": own for name in files} if files else {folder: own}
    return loaders


def _list_texts(node: object) -> list[str]:
    items = getattr(node, "value", ())
    return [str(item.value) for item in items if getattr(item, "id", "") == "scalar"] if isinstance(items, list) else []


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
