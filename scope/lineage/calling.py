"""Calls in Python → what they give: of texts and collections, of some builtins, of functions and classes of the file."""

import ast
from collections.abc import Sequence

from scope.lineage.evaluation import Evaluation
from scope.lineage.names import HOLE
from scope.lineage.texts import call_items, call_text
from scope.lineage.values import UNKNOWN, Class, Function, Items, Value, listed, merge, texts

_SAME = frozenset({"dedent", "frozenset", "list", "reversed", "set", "sorted", "str", "tuple"})
# Methods that call a function for what they are given.
_CALLING = frozenset({"foreach", "foreachBatch", "map", "starmap", "submit"})


class Calling(Evaluation):
    """Looks at calls. What functions do, and what a call means for tables, is for those who inherit."""

    # For those who inherit

    def make(self, made: Class, arguments: Sequence[Value], named: dict[str, Value], at: ast.Call) -> Value:
        """Return an object of a known class."""
        raise NotImplementedError

    def read_call(self, node: ast.Call) -> Value | None:
        """Return what a call gives that means something for tables; None for any other."""
        raise NotImplementedError

    # Calls

    def call(self, node: ast.Call) -> Value:
        """Return what a call gives."""
        known = self.read_call(node)
        if known is not None:
            return known
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = self.value(function.value)
            arguments, named = self.arguments(node)
            found = [self.call_method(atom, function.attr, arguments, named) for atom in owner]
            if owner and all(one is not None for one in found):
                return merge(*(one for one in found if one is not None))
            called = self.attribute(owner, function.attr, function)
            if called == UNKNOWN and function.attr in _CALLING:
                return self._call_each(function.attr, arguments, node)
        else:
            called = self.value(function)
            arguments, named = self.arguments(node)
            if isinstance(function, ast.Name) and called == UNKNOWN:
                return self._builtin(function.id, arguments, named, node)
        return self._call_known(called, arguments, named, node)

    def _call_known(self, called: Value, arguments: Sequence[Value], named: dict[str, Value], node: ast.Call) -> Value:
        given: list[Value] = []
        for atom in called:
            if isinstance(atom, Function):
                given.append(self.call_function(atom, arguments, named, node))
            elif isinstance(atom, Class):
                given.append(self.make(atom, arguments, named, node))
            else:
                given.append(UNKNOWN)
        return merge(*given) if given else UNKNOWN

    def arguments(self, node: ast.Call) -> tuple[list[Value], dict[str, Value]]:
        """Return what a call is given by position and by name; "*" among the names if there may be more."""
        positional: list[Value] = []
        named: dict[str, Value] = {}
        for argument in node.args:
            value = self.value(argument)
            elements = value[0].elements() if len(value) == 1 and isinstance(value[0], Items) else None
            if not isinstance(argument, ast.Starred):
                positional.append(value)
            elif elements is not None and "*" not in named:
                positional += elements
            else:
                named["*"] = UNKNOWN
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                named[keyword.arg] = value
                continue
            items = value[0] if len(value) == 1 and isinstance(value[0], Items) else None
            if items is not None and items.is_mapping and not items.others:
                named.update(items.named)
            else:
                named["*"] = UNKNOWN
        return positional, named

    def call_method(self, atom: object, name: str, arguments: Sequence[Value], named: dict[str, Value]) -> Value | None:
        """Return what a method of a text or a collection gives, or None."""
        if isinstance(atom, str) and atom != HOLE:
            return call_text(atom, name, arguments, named)
        if isinstance(atom, Items):
            return call_items(atom, name, arguments, is_certain=not self.uncertain)
        return None

    def _builtin(self, name: str, arguments: Sequence[Value], named: dict[str, Value], node: ast.Call) -> Value:
        first = arguments[0] if arguments else ()
        if name in _SAME and len(arguments) == 1:
            return first
        if name == "dict" and not arguments and "*" not in named:
            return (Items(dict(named), is_mapping=True),)
        if name == "getattr" and len(arguments) > 1:
            return merge(*(self.attribute(first, attribute, node) for attribute in texts(arguments[1])))
        if name == "map":
            return self._call_each(name, arguments, node)
        if name == "enumerate":
            elements, is_known = self.elements(first)
            pairs = [(listed([(str(at),) if is_known else UNKNOWN, element]),) for at, element in enumerate(elements)]
            return (listed(pairs) if is_known else Items(others=merge(*pairs)),)
        if name == "zip":
            lists = [value[0].elements() if len(value) == 1 and isinstance(value[0], Items) else None for value in arguments]
            known = [elements for elements in lists if elements is not None]
            if len(known) == len(lists):
                return (listed([(listed(pair),) for pair in zip(*known, strict=False)]),)
        return UNKNOWN

    def _call_each(self, name: str, arguments: Sequence[Value], node: ast.Call) -> Value:
        """Call a function for each of what it is given, as `map(f, names)` and `pool.submit(f, name)` do."""
        if name == "submit" or not arguments:
            return self._call_known(arguments[0], arguments[1:], {}, node) if arguments else UNKNOWN
        elements, _ = self.elements(arguments[1] if len(arguments) > 1 else UNKNOWN)
        return (Items(others=merge(*(self._call_known(arguments[0], [element], {}, node) for element in elements))),)
