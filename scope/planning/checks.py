"""Checks the whole repository for problems that would break a stage or the workspace."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from scope.graph.closure import DeploymentIndex
from scope.inference.resource_keys import defined_resources
from scope.lineage.tables import CODE, file_tables
from scope.model import Change, Finding, Kind, quote_path
from scope.names import NO_DOMAINS, is_domain_name
from scope.planning.readers import TableReader, find_reads, find_writes, read_writes
from scope.repository.layout import DOMAIN_ROOTS, RESERVED_FOLDERS, code_folder, is_code, resource_folder
from scope.stage.bundle_checks import check_bundle
from scope.stage.checks import check_stage
from scope.stage.domain_data import check_domain_data
from scope.stage.variable_checks import check_variables


def check_repository(index: DeploymentIndex) -> tuple[Finding, ...]:
    """Return the findings about every domain and its stage, and about names of domains and tables, sorted by place."""
    findings = {*_check_names(index), *_check_table_names(index), *_check_keys(index)}
    for domain in index.domains:
        findings.update(check_domain_data(index, domain))
        for target in index.targets[:1]:
            findings.update(check_stage(index, target, domain))
    # Stages of one domain differ by the target's own file alone.
    for target in index.targets[1:]:
        for domain in index.domains[:1]:
            findings.update(check_bundle(index, target, index.staged(target, domain)))
        for domain in index.domains:
            staged = index.staged(target, domain)
            contents = index.snapshot.read_all({path: entry for path, entry in staged.items() if path.endswith(".yml")})
            findings.update(check_variables(index, target, domain, contents))
    return tuple(sorted(findings))


def check_removed_tables(base: DeploymentIndex, head: DeploymentIndex, changes: Iterable[Change]) -> tuple[Finding, ...]:
    """Return a finding for each place that reads another domain's table which the changes remove, sorted by place."""
    removed = _find_written(base, changes) - _find_written(head, changes)
    prefixes = frozenset(f"{table.rpartition('.')[0]}." for table in removed)
    findings: set[Finding] = set()
    for reader in find_reads(head, prefixes):
        is_foreign = reader.table.partition(".")[0] != reader.domain
        if is_foreign and reader.table in removed and reader.table not in _find_still_written(head, reader):
            message = f"Reads `{reader.table}`, which this change removes. Keep the table until nobody reads it."
            findings.add(Finding(quote_path(reader.path), reader.line, "removed-table", message))
    return tuple(sorted(findings))


def _find_written(side: DeploymentIndex, changes: Iterable[Change]) -> frozenset[str]:
    """Return the tables that the changed files write on one side."""
    return frozenset[str]().union(*read_writes(side, (change.path for change in changes)).values())


def _find_still_written(head: DeploymentIndex, reader: TableReader) -> frozenset[str]:
    """Return the tables that the files with a removed table's name write at the head."""
    domain, _, name = reader.table.split(".")
    return frozenset[str]().union(*find_writes(head, name, code_folder(domain)).values())


def _check_table_names(index: DeploymentIndex) -> Iterator[Finding]:
    """Yield a finding for each read of a table by a literal name, which is prod's table in every target."""
    for domain in index.domains:
        own = {path: entry for path, entry in index.own_files(domain).items() if is_code(path) and path.endswith(CODE)}
        for path, content in index.snapshot.read_all(own).items():
            for read in file_tables(path, content).reads:
                if read.parts == 3 and not read.through_table and read.table.partition(".")[0] in index.domains:
                    message = f"`{read.table}` is prod's table in every target. Read it through `common.tables.table(…)`."
                    yield Finding(quote_path(path), read.line, "literal-table", message)


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


def _check_keys(index: DeploymentIndex) -> Iterator[Finding]:
    """Yield a finding for each key that resources of two domains have, of whatever kind: in one bundle, it has to be one."""
    domains: dict[str, list[str]] = defaultdict(list)
    for domain in index.domains:
        for name in sorted({one.key.name for one in index.defined_resources(domain)}):
            domains[name].append(domain)
    for name, (first, *others) in domains.items():
        for domain in others:
            path, line = _find_definition(index, domain, name)
            message = (
                f"`{name}` is the key of a resource of {first}, too. Their deploys are apart, but `just validate` and an "
                "editor read all domains as one bundle, and fail. Rename one; moves.toml keeps what is deployed."
            )
            yield Finding(path, line, "shared-key", message)


def _find_definition(index: DeploymentIndex, domain: str, name: str) -> tuple[str, int]:
    """Return the file that defines a domain's resource, and the first line that has its key; 0 if none has it plainly."""
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[:=]")
    for path, content in index.snapshot.read_all(index.snapshot.files(resource_folder(domain))).items():
        if any(one.key.name == name for one in defined_resources({path: content})):
            lines = content.decode(errors="replace").splitlines()
            return quote_path(path), next((number for number, line in enumerate(lines, 1) if key.match(line)), 0)
    return resource_folder(domain), 0
