"""The names that WITH gives to queries, where they are seen."""

from sqlglot import exp


class CommonTables:
    """The names that WITH gives to queries, each where it is seen: not in its own query, unless that is recursive."""

    def __init__(self, nodes: list[exp.Expr]) -> None:
        """Look for WITH among the nodes of a statement."""
        self._names: dict[int, dict[str, int]] = {}
        for common in (node for node in nodes if isinstance(node, exp.With)):
            names = self._names[id(common)] = {}
            for at, query in enumerate(common.expressions):
                names.setdefault(query.alias.lower(), at)

    def has(self, name: str, node: exp.Expr) -> bool:
        """Return whether a name stands for a query of WITH at a node."""
        child, parent = node, node.parent
        inside: exp.Expr | None = None
        while self._names and parent is not None:
            common = parent.args.get("with_")
            if isinstance(parent, exp.With):
                before = next((at for at, query in enumerate(parent.expressions) if query is child), 0)
                if self._names[id(parent)].get(name.lower(), before + 1) < before + bool(parent.args.get("recursive")):
                    return True
                inside = parent
            elif isinstance(common, exp.With) and common is not inside and name.lower() in self._names[id(common)]:
                return True
            child, parent = parent, parent.parent
        return False
