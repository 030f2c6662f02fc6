"""Which resources move between two trees: as `moves.toml` declares, and what looks like a move that nobody declared.

From the text alone: keys and names as the resource files have them. A deploy looks again, at what the CLI sees.
"""

from collections.abc import Collection, Iterable, Iterator

from scope.documents.manifest import ManifestMove
from scope.graph.index import DeploymentIndex
from scope.inference.resource_keys import DefinedResource
from scope.model import ResourceKey
from scope.repository.moves import Address, Moves, rename_key


def list_moves(base: DeploymentIndex, head: DeploymentIndex, domains: Collection[str]) -> tuple[ManifestMove, ...]:
    """Return the moves of resources that some domains of the base define and the head doesn't any more, sorted."""
    declared = head.moves  # read in any case: what is wrong with it is told before the merge
    changed = _changed_domains(base, head)
    added = {
        domain: [one for one in head.defined_resources(domain) if one.key not in _keys(base, domain)]
        for domain in head.domains
        if domain in changed
    }
    moves: set[ManifestMove] = set()
    for domain in sorted(set(base.domains) & set(domains) & changed):
        here = _keys(head, domain)
        for one in base.defined_resources(domain):
            if one.key not in here:
                moves.update(_move_of(domain, one, added, declared, is_gone=domain not in head.domains))
    return tuple(sorted(moves, key=lambda move: (move.declared, move.source)))


def _changed_domains(base: DeploymentIndex, head: DeploymentIndex) -> frozenset[str]:
    """Return the domains whose resources may differ: most plans need to read none."""
    domains = {*base.domains, *head.domains}
    return frozenset(
        domain
        for domain in domains
        if base.snapshot.entry(base.resource_root(domain)) != head.snapshot.entry(head.resource_root(domain))
        or (domain in base.domains) != (domain in head.domains)
    )


def _keys(side: DeploymentIndex, domain: str) -> frozenset[ResourceKey]:
    return frozenset(one.key for one in side.defined_resources(domain)) if domain in side.domains else frozenset()


def _move_of(
    domain: str, gone: DefinedResource, added: dict[str, list[DefinedResource]], moves: Moves, *, is_gone: bool
) -> Iterator[ManifestMove]:
    move = moves.move_of(domain, gone.key)
    source = str(Address(domain, gone.key))
    if move is not None:
        for end in moves.destinations(domain, gone.key):
            if any(one.key == end.key for one in added.get(end.domain, ())):
                yield ManifestMove(source, str(end), declared=True, line=str(move))
                return
        if move.destination is None:
            return
    for other, resources in added.items():
        alike = _find_alike(domain, gone, other, resources)
        if alike is not None:
            is_whole = is_gone and alike in {gone.key, rename_key(gone.key, domain, other)}
            destination = str(Address(other, alike))
            yield ManifestMove(
                source,
                destination,
                declared=False,
                line=f"{domain} -> {other}" if is_whole else f"{source} -> {destination}",
            )
            return


def _find_alike(domain: str, gone: DefinedResource, other: str, resources: Iterable[DefinedResource]) -> ResourceKey | None:
    """Return the key of the added resource that is like one that is gone: by its key, or else by its name."""
    alike = [one for one in resources if one.key.kind == gone.key.kind]
    keys = {gone.key, rename_key(gone.key, domain, other)} if other != domain else set[ResourceKey]()
    by_key = next((one.key for one in alike if one.key in keys), None)
    return by_key or next((one.key for one in alike if gone.name is not None and one.name == gone.name), None)
