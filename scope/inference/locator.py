"""Expressions that begin with the place of code (`__file__`, `module.__path__`, `files(package)`) → the paths they lead to.

Names mean all that is assigned to them, in whatever scope: that finds more, never less.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scope.inference.collector import UsesCollector
from scope.inference.locations import ANYWHERE, Location, Locations
from scope.inference.strings import Text
from scope.inference.uses import without_src
from scope.repository.layout import RESOURCE_ROOT

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

    def __init__(self, nodes: Iterable[ast.AST], uses: UsesCollector) -> None:
        """Note what is assigned to names and attributes, and what functions return."""
        self._uses = uses
        self._values: dict[str, list[ast.expr]] = {}
        self._results: dict[str, list[ast.expr]] = {}
        self.own_file = Location("", uses.place.path)
        self._known: dict[int, Locations] = {}
        self._named_values: dict[str, set[Location]] = {}
        self._parts: list[int] = []
        self.continued: set[int] = set()
        """Expressions that others begin with, by identity: the path goes on."""
        for node in nodes:
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) if node.value is not None:
                self._bind(target, node.value)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._results.setdefault(name, []).extend(_returned(node))

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._bind(one, other)
        elif isinstance(target, ast.Name | ast.Attribute):
            self._values.setdefault(target.id if isinstance(target, ast.Name) else target.attr, []).append(value)

    def text(self, node: ast.AST | None) -> Text:
        """Return the known text of a string expression; a name that is assigned one string has that."""
        values = self._values.get(node.id, []) if isinstance(node, ast.Name) else []
        if len(values) == 1 and isinstance(values[0], ast.Constant | ast.BinOp | ast.JoinedStr):
            return self._uses.text(values[0])
        return self._uses.text(node)

    def locate(self, node: ast.AST, depth: int = 0) -> Locations:
        """Return the paths that an expression may be, or none if it isn't known to begin with the place of code."""
        if id(node) not in self._known:
            self._known[id(node)] = _NONE  # a name that is made of itself
            before, self._parts = self._parts, []
            found = frozenset(self._find(node, depth + 1) if depth < _DEPTH else ())
            self._known[id(node)] = found if len(found) <= _ALTERNATIVES else frozenset({ANYWHERE})
            if self._known[id(node)]:
                self.continued.update(self._parts)
            self._parts = before
        if self._known[id(node)]:
            self._parts.append(id(node))
        return self._known[id(node)]

    def _find(self, node: ast.AST, depth: int) -> Iterable[Location]:
        match node:
            case ast.Name(id=name):
                return self._find_name(name, depth)
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

    def _find_name(self, name: str, depth: int) -> Iterable[Location]:
        if name == "__path__":
            return [Location("", self._uses.place.folder)]
        if name == "__file__" and name not in self._values:
            return [self.own_file]
        return self._find_values(name, depth)

    def _find_values(self, name: str, depth: int) -> Iterable[Location]:
        """Return the paths that are assigned to a name. One that is made of itself finds what is found so far."""
        if name not in self._named_values:
            found = self._named_values[name] = set()
            for value in self._values.get(name, ()):
                found |= self.locate(value, depth)
        return self._named_values[name]

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
                return self._find_values(name, depth)

    def _files_of(self, node: ast.AST, depth: int) -> Iterable[Location]:
        """Return the file of a module, of its spec or of its loader."""
        match node:
            case ast.Name(id="__spec__" | "__loader__"):
                return [self.own_file]
            case ast.Attribute(attr="loader" | "__spec__" | "__loader__", value=value):
                return self._files_of(value, depth)
            case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
                return [self._module_file(name) for name in self.modules(node, depth)]
            case _:
                return _NONE

    @staticmethod
    def _is_loader(node: ast.AST) -> bool:
        return (isinstance(node, ast.Name) and node.id == "__loader__") or (
            isinstance(node, ast.Attribute) and node.attr in {"loader", "__loader__"}
        )

    def modules(self, node: ast.AST, depth: int = 0) -> frozenset[str]:
        """Return the names of the modules of this repository that an expression may be."""
        names: frozenset[str] = frozenset()
        match node:
            case ast.Subscript(value=value, slice=index) if "sys.modules" in self._uses.origins(value):
                names = self._named(index)
            case ast.Call(func=function, args=[first, *_]):
                called = {origin.rpartition(".")[2] for origin in self._uses.origins(function)}
                if called & {"import_module", "find_spec"}:
                    names = self._named(first)
            case ast.Name(id=name) if name not in self._uses.bound and depth < _DEPTH:
                for value in self._values.get(name, ()):
                    names |= self.modules(value, depth + 1)
            case ast.Name() | ast.Attribute():
                names = self._uses.imported(node)
        return frozenset(name for name in map(without_src, names) if self.is_own(name))

    def _named(self, node: ast.AST) -> frozenset[str]:
        name = self.text(node)
        return frozenset({name.text}) if name.whole and not name.text.startswith(".") else frozenset()

    def is_own(self, name: str) -> bool:
        """Whether a dotted name begins like a module of this repository that this file may import."""
        return name.partition(".")[0] in {"common", RESOURCE_ROOT, self._uses.place.module.partition(".")[0]}

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
        if name in self._results:
            return self._all(self._results[name], depth)
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
        names = {without_src(name) for name in self._named(node)} or self.modules(node)
        return [self._module_file(name).climb() for name in names if self.is_own(name)]

    def _find_method(self, name: str, receiver: Locations, node: ast.Call) -> Iterable[Location]:
        if name in _SAME_METHODS:
            return receiver
        if name == "joinpath":
            return self._joined(receiver, node.args)
        if name == "with_name":
            return self._joined([one.climb() for one in receiver], node.args)
        if name in {"with_suffix", "with_stem"}:
            return [replace(one.climb(), whole=False) if one.whole else replace(one, end="") for one in receiver]
        if name == "iterdir":
            return [replace(one, whole=False) for one in receiver]
        if name in _LISTINGS and node.args:
            pattern = self.text(node.args[0])
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
                    and self.text(value.args[0]) == Text("/", whole=True)
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
                text, end = self.text(part), self._end(part)
                found = [one.join(text, end) for one in found]
        return found

    def _joined_all(self, start: Location, node: ast.AST) -> list[Location]:
        """Return a path with the names of a list after it."""
        values = self._values.get(node.id, []) if isinstance(node, ast.Name) else [node]
        if len(values) == 1 and isinstance(values[0], ast.List | ast.Tuple):
            return self._joined([start], values[0].elts)
        return [start.join(_UNKNOWN)]

    def _added(self, starts: Iterable[Location], parts: list[ast.expr]) -> list[Location]:
        """Return paths with text after them: `folder + "/x.csv"`."""
        found = list(starts)
        if not found:
            return []
        text, whole, end = "", True, ""
        for part in parts:
            value = self.text(part)
            if whole:
                text += value.text
            whole = whole and value.whole
            end = value.text if value.whole else ""
        if not text.startswith(("/", "{sep}")):
            # More letters of the last name, or a separator that isn't known.
            return [replace(one.climb(), whole=False, end="") if one.whole else one for one in found]
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
                text = self.text(right)
                return text.text if text.whole else ""
            case _:
                return ""


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Yield what a function returns, without the functions inside it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
