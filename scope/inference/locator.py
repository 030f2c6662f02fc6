"""Expressions that begin with the place of code (`__file__`, `module.__path__`, `files(package)`) → the paths they lead to.

Nothing is said of expressions that begin with anything else.
"""

import ast
from collections.abc import Iterable

from scope.inference.bindings import Bindings
from scope.inference.collector import UsesCollector
from scope.inference.locations import ANYWHERE, Location, Locations
from scope.inference.strings import Text
from scope.inference.uses import without_src

# Nobody's path is composed deeper than this, or of more alternatives.
_DEPTH = 40
_ALTERNATIVES = 64
_NONE: Locations = frozenset()
_UNKNOWN = Text("", whole=False)

# Calls whose result is the path that they are given, perhaps with more after it.
_SAME = frozenset(
    [
        "Path",
        "PosixPath",
        "PurePath",
        "PurePosixPath",
        "str",
        "fspath",
        "fsdecode",
        "abspath",
        "realpath",
        "normpath",
        "expanduser",
        "join",
    ]
)
_SAME_ITEM = frozenset(["list", "tuple", "iter", "next", "sorted", "set"])
_SAME_METHODS = frozenset(
    ["resolve", "absolute", "expanduser", "as_posix", "as_uri", "__str__", "__fspath__", "rstrip", "strip"]
)
_LISTINGS = frozenset(["glob", "rglob", "iterdir"])
_OWN_FRAMES = frozenset(["currentframe", "_getframe"])
_FILE_FINDERS = frozenset(["getabsfile", "getfile", "getsourcefile"])


class Locator:
    """Evaluates the expressions of one syntax tree."""

    def __init__(self, bindings: Bindings, uses: UsesCollector) -> None:
        """Evaluate nothing yet."""
        self._bindings = bindings
        self._uses = uses
        self.own_file = Location("", uses.place.path)
        self._known: dict[int, Locations] = {}
        self._assigned: dict[str, Locations] = {}
        self._parts: list[int] = []
        self.continued: set[int] = set()
        """Expressions that others begin with, by identity: the path goes on."""

    def locate(self, node: ast.AST, depth: int = 0) -> Locations:
        """Return the paths that an expression may be, or none if it isn't known to begin with the place of code."""
        if id(node) not in self._known:
            if depth == _DEPTH:
                return _NONE  # what is inside is found by itself
            self._known[id(node)] = _NONE  # a name that is made of itself
            before, self._parts = self._parts, []
            self._known[id(node)] = _bounded(self._find(node, depth + 1))
            if self._known[id(node)]:
                self.continued.update(self._parts)
            self._parts = before
        if self._known[id(node)]:
            self._parts.append(id(node))
        return self._known[id(node)]

    def _find(self, node: ast.AST, depth: int) -> Iterable[Location]:
        match node:
            case ast.Name(id=name):
                return self._find_name(name)
            case ast.Attribute():
                return self._find_attribute(node, depth)
            case ast.Call():
                return self._find_call(node, depth)
            case ast.Subscript(value=value, slice=index):
                return self._find_item(value, index, depth)
            case ast.BinOp():
                return self._find_sum(node, depth)
            case ast.JoinedStr(values=[ast.FormattedValue(value=first, format_spec=None), *rest]):
                return self._added(self.locate(first, depth), rest)
            case ast.IfExp(body=body, orelse=other):
                return self._all((body, other), depth)
            case ast.BoolOp(values=values):
                return self._all(values, depth)
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.locate(value, depth)
            case _:
                return _NONE

    def _find_name(self, name: str) -> Iterable[Location]:
        if name == "__path__":
            return [Location("", self._uses.place.folder)]
        if name == "__file__" and not self._bindings.values(name):
            return [self.own_file]
        return self._find_values(name, self._bindings.values(name))

    def _find_values(self, name: str, values: Iterable[ast.expr]) -> Locations:
        """Return the paths that a name may have. One that is made of itself has those that are found so far."""
        if name not in self._assigned:
            self._assigned[name] = _NONE
            for value in values:
                self._assigned[name] = _bounded(self._assigned[name] | self.locate(value))
        return self._assigned[name]

    def _find_sum(self, node: ast.BinOp, depth: int) -> Iterable[Location]:
        match node:
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(self.locate(left, depth), [right])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._added(self.locate(left, depth), [right])
            case ast.BinOp(left=ast.Constant(value=str(template)), op=ast.Mod(), right=right):
                values = right.elts if isinstance(right, ast.Tuple) else [right]
                return self._formatted(template.split("%s"), values, depth)
            case _:
                return _NONE

    def _all(self, nodes: Iterable[ast.AST], depth: int) -> Locations:
        return _NONE.union(*(self.locate(node, depth) for node in nodes))

    def _find_attribute(self, node: ast.Attribute, depth: int) -> Iterable[Location]:
        name, base = node.attr, node.value
        match name:
            case "parent":
                if isinstance(base, ast.Name) and base.id == "__spec__":
                    return _NONE
                return [one.climb() for one in self.locate(base, depth)]
            case "__file__" | "__cached__":
                return self._files_of(base, depth)
            case "origin" if not self._uses.imported(base):
                return self._files_of(base, depth)
            case "path" if self._is_loader(base):
                return self._files_of(base, depth)
            case "__path__" | "submodule_search_locations":
                return [one.climb() for one in self._files_of(base, depth)]
            case "co_filename":
                return self._file_of_code(base)
            case _:
                return self._find_values(name, self._bindings.values(name))

    def _files_of(self, node: ast.AST, depth: int) -> Iterable[Location]:
        """Return the file of a module, of its spec or of its loader."""
        match node:
            case ast.Name(id="__spec__" | "__loader__"):
                return [self.own_file]
            case ast.Attribute(attr="loader" | "__spec__" | "__loader__", value=value):
                return self._files_of(value, depth + 1) if depth < _DEPTH else _NONE
            case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
                return [self._module_file(name) for name in self._bindings.modules(node)]
            case _:
                return _NONE

    @staticmethod
    def _is_loader(node: ast.AST) -> bool:
        return (isinstance(node, ast.Name) and node.id == "__loader__") or (
            isinstance(node, ast.Attribute) and node.attr in {"loader", "__loader__"}
        )

    def _module_file(self, name: str) -> Location:
        if name == self._uses.place.module:
            return self.own_file
        return Location(name, "")

    def _file_of_code(self, node: ast.AST) -> Iterable[Location]:
        """Return the own file for the code of a lambda, or of the frame that runs."""
        match node:
            case ast.Attribute(attr="__code__", value=ast.Lambda()):
                return [self.own_file]
            case ast.Attribute(attr="f_code", value=value) if self._is_own_frame(value):
                return [self.own_file]
            case _:
                return _NONE

    def _is_own_frame(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call) or node.args:
            return False
        return any(origin.rpartition(".")[2] in _OWN_FRAMES for origin in self._uses.origins(node.func))

    def _find_call(self, node: ast.Call, depth: int) -> Iterable[Location]:
        function = node.func
        if isinstance(function, ast.Attribute):
            name, receiver = function.attr, self.locate(function.value, depth)
            if receiver:
                return self._find_method(name, receiver, node)
            if name == "get_filename":
                return self._files_of(function.value, depth)
            if name == "format" and isinstance(function.value, ast.Constant) and isinstance(function.value.value, str):
                return self._formatted(function.value.value.split("{}"), node.args, depth)
        else:
            name = getattr(function, "id", "")
            name = min(self._uses.bound.get(name, {name})).rpartition(".")[2]
        results = self._bindings.results(name)
        if results is not None:
            return self._find_values(f"{name}()", results)
        if not node.args:
            return [Location("", self._uses.place.folder)] if name == "files" and not node.keywords else _NONE
        return self._find_function(name, node.args, depth)

    def _find_function(self, name: str, arguments: list[ast.expr], depth: int) -> Iterable[Location]:
        first, *others = arguments
        if name in _SAME:
            return self._joined(self.locate(first, depth), others)
        if name in _SAME_ITEM:
            return self.locate(first, depth)
        if name == "dirname":
            return [one.climb() for one in self.locate(first, depth)]
        if name in _FILE_FINDERS:
            return [self.own_file] if isinstance(first, ast.Lambda) or self._is_own_frame(first) else _NONE
        return self._package_folders(first) if name == "files" else _NONE

    def _package_folders(self, node: ast.AST) -> Iterable[Location]:
        if isinstance(node, ast.Name) and node.id == "__package__":
            return [Location("", self._uses.place.folder)]
        names = {without_src(name) for name in self._bindings.named(node)} or self._bindings.modules(node)
        return [self._module_file(name).climb() for name in names if self._bindings.is_own(name)]

    def _find_method(self, name: str, receiver: Locations, node: ast.Call) -> Iterable[Location]:
        if name in _SAME_METHODS:
            return receiver
        if name == "joinpath":
            return self._joined(receiver, node.args)
        if name == "with_name":
            return self._joined([one.climb() for one in receiver], node.args)
        if name in {"with_suffix", "with_stem"}:
            return [one.climb()._replace(whole=False) if one.whole else one._replace(end="") for one in receiver]
        if name == "iterdir":
            return [one._replace(whole=False, end="") for one in receiver]
        if name in _LISTINGS and node.args:
            pattern = self._bindings.text(node.args[0])
            within = "**/" if name == "rglob" else ""
            return [one.join(Text(within + pattern.text, pattern.whole)) for one in receiver]
        return _NONE

    def _find_item(self, value: ast.AST, index: ast.AST, depth: int) -> Iterable[Location]:
        number = index.value if isinstance(index, ast.Constant) else None
        match value:
            case ast.Attribute(attr="parents", value=base) if isinstance(number, int) and number >= 0:
                return [one.climb(number + 1) for one in self.locate(base, depth)]
            case ast.Call(func=ast.Attribute(attr="rpartition" | "rsplit", value=base)) if number == 0:
                split = (
                    value.args[:1]
                    and self._bindings.text(value.args[0]) == Text("/", whole=True)
                    and len(value.args) == (1 if value.func.attr == "rpartition" else 2)
                )
                return [one.climb() for one in self.locate(base, depth)] if split else _NONE
            case ast.Call(func=ast.Attribute(attr="split"), args=[path]) if number == 0:
                return [one.climb() for one in self.locate(path, depth)]
            case _ if number == 0 and self._is_list(value):
                return self.locate(value, depth)
            case _:
                return _NONE

    @staticmethod
    def _is_list(node: ast.AST) -> bool:
        match node:
            case ast.Name(id="__path__") | ast.Attribute(attr="__path__" | "submodule_search_locations"):
                return True
            case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted")):
                return True
            case _:
                return False

    def _joined(self, starts: Iterable[Location], parts: Iterable[ast.AST]) -> list[Location]:
        found = list(starts)
        for part in parts if found else ():
            if isinstance(part, ast.Starred):
                found = [one for start in found for one in self._joined_all(start, part.value)]
            else:
                text, end = self._bindings.text(part), self._end(part)
                found = [one.join(text, end) for one in found]
        return found

    def _joined_all(self, start: Location, node: ast.AST) -> list[Location]:
        """Return a path with the names of a list after it."""
        items = self._bindings.items(node)
        return [start.join(_UNKNOWN)] if items is None else self._joined([start], items)

    def _added(self, starts: Iterable[Location], parts: list[ast.expr]) -> list[Location]:
        """Return paths with text after them: `folder + "/x.csv"`."""
        found = list(starts)
        if not found:
            return []
        text, whole, end = "", True, ""
        for part in parts:
            value = self._bindings.text(part)
            if whole:
                text += value.text
            whole = whole and value.whole
            end = value.text if value.whole else ""
        if not text.startswith(("/", "{sep}")):
            # More letters of the last name, or a separator that isn't known.
            return [one.climb()._replace(whole=False, end="") if one.whole else one for one in found]
        return [one.join(Text(text, whole), end) for one in found]

    def _formatted(self, between: list[str], values: list[ast.expr], depth: int) -> list[Location]:
        """Return the paths of a template that begins with a path: `"%s/%s" % (folder, name)`."""
        if len(between) < 2 or between[0] or not values:
            return []
        parts: list[ast.expr] = []
        for text, value in zip(between[1:], [*values[1:], None], strict=False):
            parts += [ast.Constant(text)] if text else []
            parts += [value] if value is not None else []
        return self._added(self.locate(values[0], depth), parts)

    def _end(self, node: ast.AST) -> str:
        """Return the known end of a string expression, from its last unknown part on."""
        match node:
            case ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
                return text
            case ast.BinOp(op=ast.Add(), right=right):
                text = self._bindings.text(right)
                return text.text if text.whole else ""
            case _:
                return ""


def _bounded(locations: Iterable[Location]) -> Locations:
    """Return some paths, or any path instead of more than anybody has."""
    found = frozenset(locations)
    return found if len(found) <= _ALTERNATIVES else frozenset({ANYWHERE})
