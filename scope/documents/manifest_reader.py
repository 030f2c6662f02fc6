"""A manifest's bytes back to the manifest, or one message with every problem in them.

Who reads a manifest didn't make it: it comes out of an artifact, from a pull request, from another version. So the file's
size is checked before its content, its form before its meaning, and anything that no `scope plan` writes is refused.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from scope.documents.manifest import MAX_MATRIX_JOBS, SCHEMA_VERSION, Manifest
from scope.documents.manifest_form import manifest_adapter
from scope.errors import UsageError
from scope.escaping import escape_invisible
from scope.model import quote_path
from scope.names import is_commit_name, is_domain_name, is_list_digest, is_target_name

# A change of 100,000 files in 100 domains of 3 targets stays below.
MAX_BYTES = 64 * 1024 * 1024
_PROBLEMS_SHOWN = 20
_VALUE_SHOWN = 80
_MAX_LINE = 1_000_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"v[0-9]+:[0-9a-f]{64}")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[0-3][0-7]{2})*"')
_AGAIN = "Create it again with `scope plan`; it isn't meant to be edited."


class _RepeatedKeyError(ValueError):
    """An object has one key twice, and readers would disagree on which counts."""


def read_manifest(path: Path, digest: str | None = None) -> Manifest:
    """Return the manifest in a file; `-` is standard input. Raises `UsageError`, also if its SHA-256 isn't `digest`."""
    where = "The manifest on standard input" if str(path) == "-" else str(path)
    content = _read_bytes(path)
    if digest is not None:
        _check_digest(content, digest, where)
    return loads(content, where)


def _check_digest(content: bytes, digest: str, where: str) -> None:
    expected = digest.lower().removeprefix("sha256:")
    if _SHA256.fullmatch(expected) is None:
        raise UsageError(f"{_shown(digest)} isn't a SHA-256: 64 hexadecimal digits, such as `scope plan` prints them.")
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise UsageError(
            f"{where} has the digest sha256:{actual}, not sha256:{expected}: it isn't the one that was planned. "
            "Use the manifest of that plan, or create a new one with `scope plan`."
        )


def _read_bytes(path: Path) -> bytes:
    """Return a manifest's bytes, and never more than one byte beyond the limit. Raises `UsageError`."""
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. `scope plan` writes a manifest there.") from None


def loads(content: bytes, where: str = "The manifest") -> Manifest:
    """Return the manifest that some bytes hold.

    Raises `UsageError`, with all problems of the same kind at once; `where` opens its message.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(f"{where} has more than {MAX_BYTES // 1024 // 1024} MiB. That is no manifest of `scope plan`.")
    tree = _parse(content, where)
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if type(version) is not int:
        raise UsageError(f"{where} isn't a manifest: it has no number in `schema_version`. {_AGAIN}")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{where} is of version {_shown(version)}, and this scope reads version {SCHEMA_VERSION}. "
            "Create and read a manifest with the scope of the same commit."
        )
    from pydantic import ValidationError  # as slow as what reads it

    try:
        manifest = manifest_adapter().validate_json(content)
    except ValidationError as error:
        _refuse(where, (_form_problem(item["loc"], item["msg"]) for item in error.errors(include_url=False)))
    _refuse_any(where, _problems(manifest))
    return manifest


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the manifest, as docs/manifest.schema.json publishes it."""
    schema = manifest_adapter().json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _parse(content: bytes, where: str) -> object:
    try:
        return json.loads(content.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} isn't UTF-8 from byte {error.start} on. {_AGAIN}") from None
    except json.JSONDecodeError as error:
        end = " It ends too early." if not content[error.pos :].strip() else ""
        raise UsageError(f"{where}:{error.lineno}:{error.colno}: This isn't JSON: {error.msg}.{end} {_AGAIN}") from None
    except _RepeatedKeyError as error:
        raise UsageError(f"{where} has the key {_shown(str(error))} twice in one object. {_AGAIN}") from None
    except RecursionError:
        raise UsageError(f"{where} is nested too deeply for a manifest. {_AGAIN}") from None
    except ValueError as error:
        raise UsageError(f"{where} has a value that no manifest has: {escape_invisible(str(error))}. {_AGAIN}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_any(where: str, problems: Iterable[str]) -> None:
    listed = list(problems)
    if listed:
        _refuse(where, listed)


def _refuse(where: str, problems: Iterable[str]) -> NoReturn:
    listed = list(problems)
    lines = [f"  {problem}" for problem in listed[:_PROBLEMS_SHOWN]]
    if len(listed) > len(lines):
        lines.append(f"  and {len(listed) - len(lines)} more")
    raise UsageError("\n".join([f"{where} can't be used. {_AGAIN}", *lines]))


def _form_problem(place: Iterable[str | int], message: str) -> str:
    return f"{'.'.join(_cut(escape_invisible(str(part))) for part in place) or 'the file'}: {message}"


def _shown(value: object) -> str:
    return f"`{_cut(escape_invisible(str(value)))}`"


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


# What the form can't check: impossible names and paths, dangling ids, parts that contradict each other.


def _problems(manifest: Manifest) -> Iterator[str]:
    yield from _unknown("targets", manifest.targets, is_target_name, "a target's name")
    yield from _repeated("targets", manifest.targets)
    yield from _head_and_bases(manifest)
    yield from _changes(manifest)
    yield from _deployments(manifest)
    yield from _readers(manifest)
    yield from _matrix(manifest)
    yield from _live(manifest)
    addresses = [address for move in manifest.moves for address in (move.source, move.destination)]
    yield from _unknown("moves", addresses, _is_address, "<domain>.<kind>.<key>")
    places = [warning.path for warning in manifest.warnings if warning.path]
    yield from _unknown("warnings", places, _is_path, "a path in a repository")
    lines = [*(warning.line for warning in manifest.warnings), *(reader.line for reader in manifest.readers)]
    yield from (f"line {_shown(line)} is in no file" for line in lines if not 0 <= line <= _MAX_LINE)


def _head_and_bases(manifest: Manifest) -> Iterator[str]:
    commits = [manifest.head.commit, *(base.commit for base in manifest.bases.values())]
    yield from _unknown("commit", [commit for commit in commits if commit is not None], is_commit_name, "a commit")
    yield from _unknown("bases", manifest.bases, _is_id("b"), "a base's id")


def _changes(manifest: Manifest) -> Iterator[str]:
    changes = manifest.changes
    yield from _unknown("changes.id", [change.id for change in changes], _is_id("c"), "a change's id")
    yield from _repeated("changes.id", [change.id for change in changes])
    yield from _unknown("changes.base", [change.base for change in changes], manifest.bases.__contains__, "one of `bases`")
    moved = [change.moved_to for change in changes if change.moved_to is not None]
    yield from _unknown("changes.path", [*(change.path for change in changes), *moved], _is_path, "a path in a repository")
    limit = len(manifest.deploy)
    for change in changes:
        if not 0 <= change.reaches <= limit:
            yield f"changes: {_shown(change.id)} reaches {_shown(change.reaches)} of {limit} deployments"


def _deployments(manifest: Manifest) -> Iterator[str]:
    deploy = manifest.deploy
    yield from _repeated("deploy.id", [item.id for item in deploy])
    yield from _unknown(
        "deploy.target", [item.target for item in deploy], set(manifest.targets).__contains__, "in `targets`"
    )
    yield from _unknown("deploy.domain", [item.domain for item in deploy], is_domain_name, "a domain's name")
    yield from _unknown("deploy.base", [item.base for item in deploy], manifest.bases.__contains__, "one of `bases`")
    known = {change.id for change in manifest.changes}
    named = [cause.change for item in deploy for cause in item.causes]
    yield from _unknown("deploy.causes", named, known.__contains__, "one of `changes`")
    digests = [digest for item in deploy for digest in (item.fingerprint.base, item.fingerprint.head) if digest is not None]
    yield from _unknown("deploy.fingerprint", digests, _is_fingerprint, "a fingerprint")
    for item in deploy:
        if item.id != f"{item.target}/{item.domain}":
            yield f"deploy: the id {_shown(item.id)} is not that of {_shown(item.target)} and {_shown(item.domain)}"
        if item.because == "removed" and item.action != "destroy":
            yield f"deploy: {_shown(item.id)} is removed, and to be deployed"
    if (manifest.mode == "none") != (not deploy):
        yield f"mode: {_shown(manifest.mode)} with {len(deploy)} deployments"


def _readers(manifest: Manifest) -> Iterator[str]:
    readers = manifest.readers
    deployed = {item.id for item in manifest.deploy}
    yield from _unknown("readers.of", [reader.of for reader in readers], deployed.__contains__, "one of `deploy`")
    yield from _unknown("readers.id", [reader.id for reader in readers], _is_deployment, "<target>/<domain>")
    yield from _unknown("readers.path", [reader.path for reader in readers], _is_path, "a path in a repository")


def _live(manifest: Manifest) -> Iterator[str]:
    yield from _repeated("live.id", [plan.id for plan in manifest.live])
    yield from _unknown("live.id", [plan.id for plan in manifest.live], _is_deployment, "<target>/<domain>")
    digests = [plan.digest for plan in manifest.live if plan.digest is not None]
    yield from _unknown("live.digest", digests, is_list_digest, "a list's digest")
    for plan in manifest.live:
        if min(plan.create, plan.update, plan.delete, plan.recreate) < 0:
            yield f"live: {_shown(plan.id)} has a count below none"


def _matrix(manifest: Manifest) -> Iterator[str]:
    entries = manifest.matrix.include
    if len(entries) > MAX_MATRIX_JOBS:
        yield f"matrix: {len(entries)} jobs, and a matrix ends at {MAX_MATRIX_JOBS}"
    yield from _repeated("matrix.id", [entry.id for entry in entries])
    packed = [f"{entry.target}/{domain}" for entry in entries for domain in entry.domains.split(" ")]
    yield from _repeated("matrix", packed)
    if set(packed) != {item.id for item in manifest.deploy}:
        yield "matrix: its jobs are for other deployments than `deploy`"
    yield from _unknown("matrix.id", [entry.id for entry in entries], _is_job, "a job's id")
    for entry in entries:
        stage, dot, domain = entry.environment.partition(".")
        if not is_target_name(stage) or (dot and (stage, domain) != (entry.target, entry.domains)):
            yield f"matrix.environment: {_shown(entry.environment)} is neither a target's nor that of the job's one domain"
    folders = (*(entry.folder for entry in entries if entry.folder), *(item.folder for item in manifest.deploy))
    yield from _unknown("folder", [folder for folder in folders if folder != "."], _is_path, "a folder of a repository")


def _unknown(place: str, values: Iterable[str], is_known: Callable[[str], bool], what: str) -> Iterator[str]:
    return (f"{place}: {_shown(value)} is not {what}" for value in dict.fromkeys(values) if not is_known(value))


def _repeated(place: str, values: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f"{place}: {_shown(value)} is there twice"
        seen.add(value)


def _is_id(letter: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(rf"{letter}(0|[1-9][0-9]{{0,8}})", value) is not None


def _is_fingerprint(value: str) -> bool:
    return _FINGERPRINT.fullmatch(value) is not None


def _is_job(value: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_-]*", value) is not None


def _is_deployment(value: str) -> bool:
    target, _, domain = value.partition("/")
    return is_target_name(target) and is_domain_name(domain)


def _is_address(value: str) -> bool:
    domain, _, key = value.partition(".")
    return is_domain_name(domain) and re.fullmatch(r"[a-z][a-z0-9_]*\.[^.]+", key) is not None


def _is_path(written: str) -> bool:
    """Return whether git could have a file at a path, given as the manifest writes it."""
    path = written
    if written.startswith('"'):
        if _QUOTED.fullmatch(written) is None:
            return False
        raw = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), written[1:-1].encode())
        path = raw.decode("utf-8", "surrogateescape")
        if quote_path(path) != written:
            return False
    parts = path.split("/")
    return "\0" not in path and not any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)
