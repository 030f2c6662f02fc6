"""Expressions of Python → what they may be, as far as the text tells. Nothing is run.

Every expression is looked at once per run of what holds it, so that no call is missed.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from scope.lineage.names import HOLE, without_marks
from scope.lineage.texts import call_items, format_percent
from scope.lineage.values import (
    UNKNOWN,
    Class,
    Function,
    Instance,
    Items,
    Module,
    Scope,
    Value,
    collections,
    join,
    listed,
    merge,
    texts,
)

_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Evaluation:
    """Looks at expressions. What calls and statements do is for those who inherit."""

    def __init__(self) -> None:
        """Begin with an empty module."""
        self.scope = Scope()
        # Above zero inside of what may not be run, or more than once.
        self.uncertain = 0
        # What runs after everything else sees all that a name was bound to.
        self.is_late = False

    # For those who inherit

    def may_repeat(self) -> bool:
        """Return whether there is time to look at a part of the file again."""
        raise NotImplementedError

    def call_function(self, function: Function, arguments: Sequence[Value], named: dict[str, Value], at: ast.Call) -> Value:
        """Return what a call of a known function gives."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Value:
        """Return what a call gives."""
        raise NotImplementedError

    def define_lambda(self, node: ast.Lambda) -> Value:
        """Return a function without a name."""
        raise NotImplementedError

    def count_repeat(self) -> None:
        """Count a part of the file that is gone over again."""
        raise NotImplementedError

    def resolve(self, value: Value) -> Value:
        """Return a value with what is imported in the places of imports."""
        raise NotImplementedError

    def find_attribute(self, module: Module, name: str) -> Value:
        """Return what a name stands for in a module."""
        raise NotImplementedError

    # Expressions

    def value(self, node: ast.expr | None) -> Value:
        """Return what an expression may be."""
        if node is None:
            return ()
        read = self._READERS.get(type(node))
        if read is not None:
            return read(self, node)
        for child in _inner(node):
            self.value(child)
        return UNKNOWN

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str):
            return (without_marks(node.value),)
        is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        # A number of thousands of digits can't be written.
        return (
            (f"{node.value:.0f}" if isinstance(node.value, int) and abs(node.value) < 1 << 64 else HOLE,)
            if is_number
            else ()
        )

    def _name(self, node: ast.Name) -> Value:
        return self.lookup(node.id)

    def lookup(self, name: str) -> Value:
        """Return what a name stands for here."""
        scope: Scope | None = self.scope
        is_own = True
        while scope is not None:
            if name in scope.names and (is_own or not scope.is_class):
                if self.is_late and not is_own:
                    return self.resolve(scope.history[name])
                scope.names[name] = self.resolve(scope.names[name])
                return scope.names[name]
            if scope.stars and (found := self.find_star(scope, name)):
                return found
            is_own = is_own and scope.is_inner
            scope = scope.parent
        return UNKNOWN

    def find_star(self, scope: Scope, name: str) -> Value:
        """Return what a name stands for in the modules that a scope takes over, or nothing."""
        for star in reversed(scope.stars) if not name.startswith("_") else ():
            for module in self.resolve((star,)):
                if isinstance(module, Module) and (found := self.find_name(module, name)):
                    return found
        return ()

    def find_name(self, module: Module, name: str) -> Value:
        """Return what a name is bound to in a module, or nothing."""
        raise NotImplementedError

    def _joined(self, node: ast.JoinedStr) -> Value:
        return join([self.value(piece) for piece in node.values])

    def _formatted(self, node: ast.FormattedValue) -> Value:
        value = self.value(node.value)
        self.value(node.format_spec)
        return UNKNOWN if node.format_spec is not None or node.conversion not in (-1, ord("s")) else value

    def _binary(self, node: ast.BinOp) -> Value:
        # Long sums lean to the left, too deep for a call per term.
        rights: list[tuple[ast.operator, ast.expr]] = []
        first: ast.expr = node
        while isinstance(first, ast.BinOp):
            rights.append((first.op, first.right))
            first = first.left
        value = self.value(first)
        for operator, right in reversed(rights):
            value = self.combine(operator, value, self.value(right))
        return value

    def combine(self, operator: ast.operator, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values."""
        if isinstance(operator, ast.Add):
            ends = [items.elements() for side in (left, right) for items in collections(side)]
            if len(ends) == 2 and len(left) == len(right) == 1 and None not in ends:
                return (listed(one for end in ends for one in end or ()),)
            return join([left, right])
        if isinstance(operator, ast.Mod) and len(left) == 1 and isinstance(left[0], str) and HOLE not in left[0]:
            return format_percent(left[0], right)
        if isinstance(operator, ast.BitOr) and any(collections(left)):
            return merge(left, right)
        return UNKNOWN

    def _either(self, node: ast.BoolOp) -> Value:
        return merge(*map(self.value, node.values))

    def _conditional(self, node: ast.IfExp) -> Value:
        self.value(node.test)
        return merge(self.value(node.body), self.value(node.orelse))

    def _nothing(self, node: ast.expr) -> Value:
        for child in _inner(node):
            self.value(child)
        return ()

    def _assigned(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.scope.assign(node.target.id, value)
        return value

    def _inner_value(self, node: ast.Await | ast.Starred) -> Value:
        return self.value(node.value)

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        items = Items()
        for element in node.elts:
            value = self.value(element)
            if isinstance(element, ast.Starred):
                items.others = merge(items.others, *(one.all() for one in collections(value)), () if value else UNKNOWN)
            else:
                items.append(value, is_certain=True)
        return (items,)

    def _dict(self, node: ast.Dict) -> Value:
        items = Items(is_mapping=True)
        for key, element in zip(node.keys, node.values, strict=True):
            value = self.value(element)
            if key is None:
                call_items(items, "update", [value], is_certain=True)
            else:
                items.put(self.value(key), value, is_certain=True)
        return (items,)

    def _comprehension(self, node: _Comprehension) -> Value:
        before = self.scope
        self.scope = Scope(parent=before, is_inner=True)
        made = Items(is_mapping=isinstance(node, ast.DictComp))
        try:
            self._generate(node, 0, made, is_certain=not any(one.ifs for one in node.generators))
        finally:
            self.scope = before
        return (made,)

    def _generate(self, node: _Comprehension, depth: int, made: Items, *, is_certain: bool) -> None:
        if depth == len(node.generators):
            if isinstance(node, ast.DictComp):
                made.put(self.value(node.key), self.value(node.value), is_certain=is_certain)
            else:
                made.append(self.value(node.elt), is_certain=is_certain)
            return
        generator = node.generators[depth]
        elements, is_known = self.elements(self.value(generator.iter))
        for element in self.each(elements):
            self.count_repeat()
            self.bind(generator.target, element)
            for condition in generator.ifs:
                self.value(condition)
            self._generate(node, depth + 1, made, is_certain=is_certain and is_known)

    def elements(self, value: Value) -> tuple[list[Value], bool]:
        """Return what to go over, one after the other, and whether that is all of it, each once.

        There is always at least one, so that nothing in a loop is missed.
        """
        if len(value) == 1 and isinstance(value[0], Items):
            elements = value[0].elements()
            if elements and self.may_repeat():
                return elements, True
        inside = merge(*(items.all() if not items.is_mapping else tuple(items.named) for items in collections(value)))
        is_open = not value or any(not isinstance(atom, Items) or atom.is_mapping for atom in value)
        return [merge(inside, UNKNOWN) if is_open or not inside else inside], False

    def each(self, elements: list[Value]) -> Iterator[Value]:
        """Yield elements one after the other; without time for all of them, the others at once."""
        for at, element in enumerate(elements):
            if at and not self.may_repeat():
                yield merge(*elements[at:])
                return
            yield element

    def bind(self, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        match target:
            case ast.Name(id=name):
                self.scope.assign(name, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                is_plain = bool(value) and all(isinstance(atom, Items) and not atom.is_mapping for atom in value)
                for at, element in enumerate(elements):
                    part = merge(*(items.get(str(at)) for items in collections(value))) if is_plain else UNKNOWN
                    self.bind(element, UNKNOWN if isinstance(element, ast.Starred) or not is_plain else part)
            case ast.Starred(value=inner):
                self.bind(inner, UNKNOWN)
            case ast.Attribute(value=owner, attr=name):
                self._set_attribute(self.value(owner), name, value)
            case ast.Subscript(value=owner, slice=key):
                key_value = self.value(key)
                for items in collections(self.value(owner)):
                    items.put(key_value, value, is_certain=not self.uncertain)

    def _set_attribute(self, owner: Value, name: str, value: Value) -> None:
        is_certain = not self.uncertain and len(owner) == 1
        for atom in owner:
            names = atom.names if isinstance(atom, Instance) else atom.scope.names if isinstance(atom, Class) else None
            if names is not None:
                names[name] = value if is_certain else merge(names.get(name, ()), value)
                if isinstance(atom, Class):
                    atom.scope.history[name] = merge(atom.scope.history.get(name, ()), value)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.value(node.value), node.attr, node)

    def attribute(self, owner: Value, name: str, node: ast.expr) -> Value:
        """Return what an attribute may be."""
        found: list[Value] = []
        for atom in owner:
            match atom:
                case Instance(of=of, names=names):
                    value = names[name] if name in names else self._bound(of.find(name), (atom,), node)
                case Class():
                    value = self._bound(atom.find(name), (atom,), node, is_class=True)
                case Module():
                    value = self.find_attribute(atom, name)
                case str() if name == "value":
                    value = (atom,)  # of an Enum
                case _:
                    value = UNKNOWN
            found.append(value or UNKNOWN)
        return merge(*found) if found else UNKNOWN

    def _bound(self, value: Value, owner: Value, node: ast.expr, *, is_class: bool = False) -> Value:
        """Return a class's value as its object, or the class itself, gives it: methods know whose they are."""
        found: list[Value] = []
        for atom in value:
            if not isinstance(atom, Function) or isinstance(atom.node, ast.Lambda):
                found.append((atom,))
                continue
            marks = {_last_name(decorator) for decorator in atom.node.decorator_list}
            is_method = "classmethod" in marks or (not is_class and "staticmethod" not in marks)
            function = Function(atom.node, atom.scope, atom.imports, owner if is_method else None)
            if not is_class and marks & {"property", "cached_property"}:
                found.append(self.call_function(function, [], {}, _call_at(node)))
            else:
                found.append((function,))
        return merge(*found) if found else ()

    def _subscript(self, node: ast.Subscript) -> Value:
        owner, keys = self.value(node.value), self.value(node.slice)
        if isinstance(node.slice, ast.Slice):
            return tuple(Items(others=items.all()) for items in collections(owner)) or UNKNOWN
        found = [
            items.get(key) if HOLE not in key else merge(items.all(), UNKNOWN)
            for items in collections(owner)
            for key in texts(keys)
        ]
        # Of an Enum, by name.
        found += [atom.find(key) for atom in owner if isinstance(atom, Class) for key in texts(keys)]
        return merge(*found) if found and all(found) else UNKNOWN

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.define_lambda(node)

    def _signed(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        is_number = isinstance(node.op, ast.USub) and len(value) == 1 and isinstance(value[0], str) and value[0].isdigit()
        return (f"-{value[0]}",) if is_number else UNKNOWN

    _READERS: ClassVar[dict[type, Callable]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.JoinedStr: _joined,
        ast.FormattedValue: _formatted,
        ast.BinOp: _binary,
        ast.BoolOp: _either,
        ast.IfExp: _conditional,
        ast.Compare: _nothing,
        ast.UnaryOp: _signed,
        ast.NamedExpr: _assigned,
        ast.Await: _inner_value,
        ast.Starred: _inner_value,
        ast.List: _list,
        ast.Tuple: _list,
        ast.Set: _list,
        ast.Dict: _dict,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.Lambda: _lambda,
        ast.Call: lambda evaluation, node: evaluation.call(node),
    }


def _inner(node: ast.AST) -> Iterator[ast.expr]:
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _call_at(node: ast.expr) -> ast.Call:
    return (
        node if isinstance(node, ast.Call) else ast.Call(func=node, args=[], keywords=[], lineno=node.lineno, col_offset=0)
    )
