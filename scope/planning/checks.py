"""Checks the whole repository for problems that would break a stage or the workspace."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from scope.graph.closure import DomainIndex
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import choose
from scope.inference.resource_keys import defined_resources
from scope.lineage.sources import is_source
from scope.lineage.table_names import TableNames
from scope.model import Change, Finding, Kind, quote_path
from scope.names import NO_DOMAINS, is_domain_name
from scope.planning.naming_checks import check_naming, check_shared_tables
from scope.planning.readers import UnknownPlace
from scope.repository.layout import (
    CONFIG,
    DOMAIN_ROOTS,
    RESERVED_FOLDERS,
    Role,
    code_folder,
    is_code,
    place_of,
    resource_folder,
)
from scope.repository.ownership import EVERY_TARGET
from scope.repository.settings import find_key_lines
from scope.stage.bundle_checks import check_bundle
from scope.stage.checks import check_stage
from scope.stage.domain_data import check_domain_data
from scope.stage.variable_checks import check_variables
from scope.wording import unknown_name

if TYPE_CHECKING:
    from scope.graph.bundle_index import BundleIndex


def check_repository(index: DeploymentIndex) -> tuple[Finding, ...]:
    """Return the findings about every domain and its stage, and about names of domains and tables, sorted by place."""
    return choose(index, _check_domains, _check_bundles)


def _check_bundles(index: "BundleIndex") -> tuple[Finding, ...]:
    """Return the findings about every bundle in each of its targets, sorted by place."""
    stages = ((target, domain) for domain in index.domains for target in index.targets_of(domain))
    findings = (finding for target, domain in stages for finding in check_stage(index, target, domain))
    return tuple(sorted({*_check_settings(index), *findings}))


def _check_domains(index: DomainIndex) -> tuple[Finding, ...]:
    findings = {*_check_names(index), *_check_keys(index), *_check_settings(index), *check_naming(index)}
    unclean = [domain for domain in index.domains if not _is_known_clean(index, domain)]
    if len(unclean) > 1 and index.workers is not None:
        # The same for all: it is found once.
        _ = index.everywhere, index.tables.find_shared_offers(index.tables.names.catalogs(index.domains))
        each = index.workers.map(partial(_check_domain, index), unclean)
    else:
        each = (_check_domain(index, domain) for domain in unclean)
    findings.update(finding for found in each for finding in found)
    # Stages of one domain differ by the target's own file alone.
    for target in index.targets[1:]:
        for domain in index.domains[:1]:
            findings.update(check_bundle(index, target, index.staged(target, domain)))
    return tuple(sorted(findings))


def _is_known_clean(index: DomainIndex, domain: str) -> bool:
    """Return whether an earlier run found nothing about a domain. That depends on no other domain but by its name."""
    return index.kept is not None and index.kept.get(_clean_name(index, domain)) is not None


def _clean_name(index: DomainIndex, domain: str) -> str:
    # By names of their own, which tables are a domain's hangs on all domains.
    names = json.dumps(index.tables.names.key) if not index.rules.naming.has_plain_tables else ""
    return f"{index.name_of('clean', domain)}{index.surroundings}{names}"


def _check_domain(index: DomainIndex, domain: str) -> frozenset[Finding]:
    """Return the findings about one domain. That there are none is kept."""
    findings = {
        *check_domain_data(index, domain),
        *_check_table_names(index, domain),
        *check_shared_tables(index, domain),
    }
    for target in index.targets[:1]:
        findings.update(check_stage(index, target, domain))
    for target in index.targets[1:]:
        staged = index.staged(target, domain)
        contents = index.snapshot.read_all({path: entry for path, entry in staged.items() if path.endswith(".yml")})
        findings.update(check_variables(index, target, domain, contents))
    if index.kept is not None and not findings:
        index.kept.put(_clean_name(index, domain), "")
    return frozenset(findings)


def check_removed_tables(base: DeploymentIndex, head: DeploymentIndex, changes: Iterable[Change]) -> tuple[Finding, ...]:
    """Return a finding for each place that reads another domain's table which the changes remove, sorted by place."""
    removed = find_removed_tables(base, head, changes)
    findings: set[Finding] = set()
    for path, uses in head.tables.everything.items() if removed else ():
        for read in uses.reads:
            if read.table in removed and head.tables.names.domain_of(read.table) != place_of(path).domain:
                message = f"Reads `{read.table}`, which this change removes. Keep the table until nobody reads it."
                findings.add(Finding(quote_path(path), read.line, "removed-table", message))
    return tuple(sorted(findings))


def find_unknown_reads(head: DeploymentIndex, tables: Collection[str]) -> tuple[UnknownPlace, ...]:
    """Return the places that may read one of some tables of other domains, and whose names only the run knows; sorted."""
    unknown = {
        UnknownPlace(quote_path(path), line)
        for table in tables
        for path, uses in head.tables.everything.items()
        if head.tables.names.domain_of(table) != place_of(path).domain
        for line in uses.lines_that_may_name(table)
    }
    return tuple(sorted(unknown))


def find_removed_tables(base: DeploymentIndex, head: DeploymentIndex, changes: Iterable[Change]) -> frozenset[str]:
    """Return the tables that files wrote at the base, and none does at the head."""
    changed = {change.path for change in changes if is_source(change.path)}
    # What a file writes may hang on another one: a constant, or a function that it calls.
    is_far = any(place_of(path).role is Role.SHARED for path in changed)
    domains = None if is_far else {domain for path in changed if (domain := place_of(path).domain)}
    removed = _find_written(base, domains) - _find_written(head, domains) if changed else frozenset[str]()
    return removed - _find_written(head, None) if removed else removed


def _find_written(side: DeploymentIndex, domains: Iterable[str] | None) -> frozenset[str]:
    """Return the tables that the files of some domains, or of all, write on one side."""
    return frozenset[str]().union(*(uses.writes for uses in side.tables.read(side.tables.paths(domains)).values()))


def _check_table_names(index: DomainIndex, domain: str) -> Iterator[Finding]:
    """Yield a finding for each read of a table by a literal name, which is prod's table in every target."""
    paths = [path for path in index.own_files(domain) if is_code(path)]
    names = index.tables.names
    if not index.rules.naming.differs_by_target:
        return
    for path, uses in index.tables.read_full_names(paths, names.catalogs(index.domains)).items():
        for read in uses.reads:
            if read.parts == 3 and not read.through_table and names.domain_of(read.table) in index.domains:
                whose = "prod's table" if names.is_plain else "written as one target has it, and is that target's table"
                message = f"`{read.table}` is {whose} in every target. {_advise(path, names)}"
                yield Finding(quote_path(path), read.line, "literal-table", message)


def _advise(path: str, names: TableNames) -> str:
    """Return how a file names a table so that each target has its own."""
    if path.lower().endswith((".py", ".ipynb")):
        return "Read it through `common.tables.table(…)`."
    if not names.is_plain:
        return "Put the platform's values in the place of what differs, see docs/naming.md."
    return "Put the platform's prefixes before its catalog and its schema, see docs/unity-catalog.md."


def _check_names(index: DeploymentIndex) -> Iterator[Finding]:
    spellings: dict[str, set[str]] = defaultdict(set)
    for top in DOMAIN_ROOTS:
        for name, entry in index.snapshot.names(top).items():
            if entry.kind is not Kind.FOLDER or name in RESERVED_FOLDERS:
                continue
            spellings[name.lower()].add(name)
            if name in NO_DOMAINS:
                yield Finding(
                    f"{top}/{name}", 0, "reserved-name", f"`{name}` has a meaning of its own. Give the domain another name."
                )
            elif not is_domain_name(name):
                message = f"`{name}` can't be a domain: snake_case, a letter first, no Python keyword. Rename the folder."
                yield Finding(f"{top}/{name}", 0, "domain-name", message)
    for names in spellings.values():
        if len(names) > 1:
            first, *others = sorted(names)
            message = (
                f"Differs from {', '.join(others)} only in case, and Unity Catalog doesn't tell cases apart. Rename one."
            )
            yield Finding(code_folder(first), 0, "case", message)


def _check_settings(index: DeploymentIndex) -> Iterator[Finding]:
    """Yield a finding for each setting of a target or domain that isn't there: it would change nothing, and say nothing."""
    rules = index.rules
    named = (
        ("targets", "target", rules.targets, index.targets),
        ("identity-per-domain", "target", rules.identity_per_domain, index.targets),
        ("active-runs", "target", tuple(name for name, _ in rules.active_runs if name != EVERY_TARGET), index.targets),
        ("allow-code", "domain", rules.allow_code, index.domains),
    )
    for key, kind, names, known in named:
        for name in names:
            if name not in known:
                line, *_ = find_key_lines(os.fsdecode(index.snapshot.read(CONFIG) or b""), key)
                yield Finding(CONFIG, line, "setting", f"`{key}`: {unknown_name(kind, name, known)}")


def _check_keys(index: DomainIndex) -> Iterator[Finding]:
    """Yield a finding for each key that resources of two domains have, of whatever kind: in one bundle, it has to be one."""
    domains: dict[str, list[str]] = defaultdict(list)
    for domain in index.domains:
        for name in _key_names(index, domain):
            domains[name].append(domain)
    for name, (first, *others) in domains.items():
        for domain in others:
            path, line = _find_definition(index, domain, name)
            message = (
                f"`{name}` is the key of a resource of {first}, too. Their deploys are apart, but `just validate` and an "
                "editor read all domains as one bundle, and fail. Rename one; moves.toml keeps what is deployed."
            )
            yield Finding(path, line, "shared-key", message)


def _key_names(index: DomainIndex, domain: str) -> list[str]:
    """Return the keys of a domain's resources without their kinds, sorted."""
    return sorted({one.key.name for one in index.defined_resources(domain)})


def _find_definition(index: DomainIndex, domain: str, name: str) -> tuple[str, int]:
    """Return the file that defines a domain's resource, and the first line that has its key; 0 if none has it plainly."""
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[:=]")
    for path, content in index.snapshot.read_all(index.snapshot.files(resource_folder(domain))).items():
        if any(one.key.name == name for one in defined_resources({path: content})):
            lines = content.decode(errors="replace").splitlines()
            return quote_path(path), next((number for number, line in enumerate(lines, 1) if key.match(line)), 0)
    return resource_folder(domain), 0
