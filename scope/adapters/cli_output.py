"""What the Databricks CLI answers, read with care: plans are JSON, failures are text that differs between versions.

Text decides only the class of a failure, loosely; an unknown failure isn't retried.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scope.errors import CliError, Fault
from scope.escaping import shortened
from scope.inference.full_names import full_name
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, BundlePlan, PlanAction

# Characters of the CLI's own words in a message.
_SUMMARY = 500
# The CLI says this on stderr and exits with 0, with the resource still there and dropped from the state.
_IGNORED_DELETE = re.compile(r"Ignoring permission error when deleting[^\n]*", re.IGNORECASE)
_STATUS = re.compile(
    r"\((\d{3}) [A-Z_]+\)|HTTP Status: (\d{3})|Error Code: (\d{3})|\b(\d{3}) (?:Too Many|Internal|Bad Gate|Serv)"
)
# In order: failures that no retry resolves come first.
_TEXTS: tuple[tuple[str, Fault], ...] = (
    (r"plan (?:serial|lineage) .{0,200}does not match|cannot skip resources\.", Fault.STALE_PLAN),
    (r"deploy lock (?:force-)?acquired by|failed to acquire deployment lock", Fault.LOCKED),
    (r"lineage mismatch|parsing state|newer than supported version|state snapshot", Fault.STATE),
    (r"QUOTA_EXCEEDED|RESOURCE_LIMIT_EXCEEDED|exceeded the (?:maximum|limit)|quota", Fault.QUOTA),
    (r"PERMISSION_DENIED|unable to deploy to|does not have .{0,40}permission", Fault.PERMISSION),
    (
        r"UNAUTHENTICATED|invalid access token|token (?:is |has )?expired|cannot configure default credentials",
        Fault.CREDENTIALS,
    ),
    (r"ALREADY_EXISTS|already exists|already managed", Fault.ALREADY_EXISTS),
    (r"RESOURCE_EXHAUSTED|REQUEST_LIMIT_EXCEEDED|too many requests|rate limit", Fault.THROTTLED),
    (r"INTERNAL_ERROR|TEMPORARILY_UNAVAILABLE|internal server error|bad gateway|service unavailable", Fault.SERVER),
    (r"connection (?:refused|reset)|no such host|network is unreachable|broken pipe|server closed", Fault.NETWORK),
    (r"i/o timeout|TLS handshake|unexpected EOF|\": EOF|context deadline exceeded", Fault.NETWORK),
    (r"DOES_NOT_EXIST|NOT_FOUND|failed to fetch the resource.{0,500}(?:does not exist|not found)", Fault.MISSING),
)
_BY_STATUS = {
    401: Fault.CREDENTIALS,
    403: Fault.PERMISSION,
    404: Fault.MISSING,
    409: Fault.ALREADY_EXISTS,
    429: Fault.THROTTLED,
}
_WORST_FIRST = (
    Fault.STALE_PLAN, Fault.LOCKED, Fault.STATE, Fault.CREDENTIALS, Fault.QUOTA, Fault.PERMISSION, Fault.INVALID,
    Fault.ALREADY_EXISTS, Fault.MISSING, Fault.UNKNOWN, Fault.THROTTLED, Fault.SERVER, Fault.NETWORK,
)  # fmt: skip
# Where a deploy puts what it has built, below the deployment's root.
_WHEEL = re.compile(r"^/.*/artifacts/\.internal/[^/]+$")
# What a plan shows instead of a secret's value; applied by its file, it would become the value.
_HIDDEN_VALUE = "[redacted]"


def parse_plan(content: bytes) -> BundlePlan:
    """Return the plan that `bundle plan -o json` printed; `CliError` where it printed something else."""
    try:
        tree = json.loads(content)
        entries = tree["plan"]
        actions = tuple(sorted(_action(ResourceKey.parse(key), entry) for key, entry in entries.items()))
        lineage, serial = tree.get("lineage"), tree.get("serial")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise CliError(
            Fault.UNKNOWN,
            "`databricks bundle plan -o json` printed no plan that can be read. Is the CLI one that was tested? "
            "See docs/upgrading.md.",
        ) from None
    texts = {text for entry in entries.values() for text in _texts(entry.get("new_state"))}
    return BundlePlan(
        actions,
        lineage if isinstance(lineage, str) else None,
        serial if isinstance(serial, int) else None,
        content,
        tuple(sorted(text for text in texts if _WHEEL.search(text))),
        _HIDDEN_VALUE in texts,
    )


def _texts(tree: object) -> Iterator[str]:
    """Return every text in a tree of JSON."""
    waiting = [tree]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as fields:
                waiting += fields.values()
            case list() as items:
                waiting += items


def _action(key: ResourceKey, entry: Mapping[str, object]) -> PlanAction:
    try:
        action = ActionKind(str(entry["action"]))
    except ValueError:
        action = ActionKind.UNKNOWN
    fields = _fields(entry.get("new_state"))
    found_by = None if key.is_child else full_name(key.kind, fields)
    name = fields.get("name")
    return PlanAction(key, action, name if isinstance(name, str) else None, found_by, entry.get("gone") is True)


def _fields(new_state: object) -> Mapping[str, object]:
    value = new_state.get("value", new_state) if isinstance(new_state, dict) else None
    return value if isinstance(value, dict) else {}


def classify_failure(text: str) -> Fault:
    """Return the class of the failure that the CLI printed: of several, the one that a retry is least likely to resolve."""
    # The CLI may print one error many times.
    faults = {_fault_of_part(part) for part in set(_errors(text))} or {Fault.UNKNOWN}
    return next(fault for fault in _WORST_FIRST if fault in faults)


def _errors(text: str) -> Iterator[str]:
    """Return each `Error: …` with the lines below it. Failures that only follow from another error are left out."""
    for part in re.split(r"^(?=Error: )", text, flags=re.MULTILINE):
        if part.startswith("Error: ") and "dependency failed:" not in part.partition("\n")[0]:
            yield part


def _fault_of_part(part: str) -> Fault:
    for pattern, fault in _TEXTS[:7]:
        if re.search(pattern, part, re.IGNORECASE):
            return fault
    match = _STATUS.search(part)
    if match:
        status = int(next(group for group in match.groups() if group))
        by_status = _BY_STATUS.get(status, Fault.SERVER if status >= 500 else None)
        if by_status is not None:
            return by_status
    for pattern, fault in _TEXTS[7:]:
        if re.search(pattern, part, re.IGNORECASE):
            return fault
    return Fault.UNKNOWN if match or "cannot create" in part or "cannot update" in part else Fault.INVALID


def masked_failure(text: str) -> str | None:
    """Return the message of a failure in the output of a command that exited with 0, or None."""
    match = _IGNORED_DELETE.search(text)
    return None if match is None else shortened(match[0], _SUMMARY)


def first_error(text: str) -> str:
    """Return the first error that the CLI printed, in one line, for a summary."""
    first = next(_errors(text), "") or next((line for line in reversed(text.splitlines()) if line.strip()), "")
    # Far more than is kept: the spaces between words may be many.
    return " ".join(first[: 20 * _SUMMARY].removeprefix("Error: ").split())[:_SUMMARY]


@dataclass(frozen=True, slots=True)
class Version:
    """The CLI's version: major and minor, and the whole as it was printed."""

    numbers: tuple[int, int]
    text: str


def parse_version(printed: str) -> Version | None:
    """Return the version that `databricks version` printed, or None if there is none in it.

    >>> parse_version("Databricks CLI v1.13.0-dev+25d80af")
    Version(numbers=(1, 13), text='1.13.0-dev+25d80af')
    """
    # Numbers of any length would be tried from each of their digits.
    match = re.search(r"(?<!\d)(\d{1,9})\.(\d{1,9})\.\d{1,9}[-+.0-9A-Za-z]{0,60}", printed, re.ASCII)
    return None if match is None else Version((int(match[1]), int(match[2])), match[0])
