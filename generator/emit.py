"""Resource → module, and back: the only place that writes or reads the text of a module.

A module is one line that names its spec, one import, and one call with a literal. Every value passes through `repr`, so no
text of a spec can become code. The first line carries two digests, of the input and of the output: they tell a changed
spec, a changed generator and a change by hand apart.
"""

import ast
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generator.errors import SpecError
from generator.layout import Kind
from generator.scalars import is_text

_CLASSES = {Kind.PIPELINES: "Pipeline", Kind.JOBS: "Job"}
_HEADER = re.compile(r"# Generated from (?P<spec>\S+) \((?P<input>[0-9a-f]{12}) (?P<output>[0-9a-f]{12})\): .*")


@dataclass(frozen=True, slots=True)
class Module:
    """The contents of a module; without a key, it says that no target has the resource as this module would make it."""

    spec: str
    kind: Kind
    key: str
    value: Mapping[str, Any]
    input_digest: str

    @property
    def output_digest(self) -> str:
        """Return the digest of everything but the digests themselves."""
        return digest([self.spec, self.kind, self.key, self.value] if self.key else [self.spec])


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A generated file in the tree. `module` is None if the text isn't a module that the generator could have written."""

    spec: str
    input_digest: str
    module: Module | None
    # Whether it was changed by hand since it was generated; formatting it doesn't count.
    is_edited: bool


def digest(value: object) -> str:
    """Return the digest of a JSON value, in twelve hex digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def module_text(module: Module) -> str:
    """Return a module's text before formatting."""
    header = f"{_header(module.spec, module.input_digest, module.output_digest)}\n"
    if not module.key:
        return header
    class_name = _CLASSES[module.kind]
    value = _sorted(module.value)
    return (
        f"{header}from databricks.bundles.{module.kind} import {class_name}\n\n"
        f"{module.key} = {class_name}.from_dict(\n{value!r}\n)\n"
    )


_ODD_BREAKS = frozenset("\x85\u2028\u2029")


class QuotingDumper(yaml.SafeDumper):
    """Quotes every text that a YAML reader could take for something else; PyYAML only knows YAML 1.1."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Return a text's node, in quotes if it needs some."""
        # Some line ends PyYAML writes as they are, and reads as blanks.
        is_plain = is_text(text) and _ODD_BREAKS.isdisjoint(text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


QuotingDumper.add_representer(str, QuotingDumper.represent_text)


def yaml_text(spec: str, value: Mapping[str, Any], input_digest: str) -> str:
    """Return a YAML file of the bundle, for values that depend on the target."""
    body = yaml.dump(_sorted(value), Dumper=QuotingDumper, sort_keys=True, allow_unicode=True, width=120)
    return f"{_header(spec, input_digest, digest(body))}\n{body}"


def read_generated(path: str, text: str) -> GeneratedFile | None:
    """Return a file's contents, or None if its first line isn't the generator's."""
    first, _, body = text.partition("\n")
    header = _HEADER.fullmatch(first)
    if header is None:
        return None
    spec, input_digest = header["spec"], header["input"]
    if path.endswith(".yml"):
        return GeneratedFile(spec, input_digest, None, is_edited=digest(body) != header["output"])
    module = _parse_module(text, spec, input_digest)
    return GeneratedFile(spec, input_digest, module, is_edited=module is None or module.output_digest != header["output"])


def _header(spec: str, input_digest: str, output_digest: str) -> str:
    return f"# Generated from {spec} ({input_digest} {output_digest}): edit that instead."


def _parse_module(text: str, spec: str, input_digest: str) -> Module | None:
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
        return None
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    if len(comments) != 1:
        return None
    match tree.body:
        case []:
            return Module(spec, Kind.JOBS, "", {}, input_digest)
        case [
            ast.ImportFrom(module=package, names=[ast.alias(name=imported, asname=None)], level=0),
            ast.Assign(
                targets=[ast.Name(id=key)],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=called), attr="from_dict"),
                    args=[ast.Dict() as literal],
                    keywords=[],
                ),
            ),
        ] if imported == called:
            pass
        case _:
            return None
    kinds = [kind for kind, name in _CLASSES.items() if name == imported and package == f"databricks.bundles.{kind}"]
    if not kinds:
        return None
    try:
        return Module(spec, kinds[0], key, ast.literal_eval(literal), input_digest)
    except ValueError:
        return None


def _sorted(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, Mapping):
        return {str(name): _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def format_texts(texts: Mapping[str, str], configuration: Path) -> dict[str, str]:
    """Format the texts with `ruff format`, all in one call, as a file says or, without one, as ruff itself would.

    Raises SpecError if ruff fails.
    """
    if not texts:
        return {}
    with tempfile.TemporaryDirectory(prefix="generator-") as folder:
        for index, text in enumerate(texts.values()):
            Path(folder, f"{index}.py").write_bytes(text.encode())
        settings = ["--config", str(configuration.absolute())] if configuration.is_file() else ["--isolated"]
        command = [sys.executable, "-m", "ruff", "format", "--no-cache", "--quiet", *settings, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603  no shell, own arguments
        if done.returncode != 0:
            raise SpecError(f"ruff could not format the modules: {done.stderr.strip()}")
        return {path: Path(folder, f"{index}.py").read_bytes().decode() for index, path in enumerate(texts)}
