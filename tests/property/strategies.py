"""Random values of the kind that scope makes itself: everything is possible, and agrees with everything else."""

import string

from hypothesis import strategies as st

from scope.documents.manifest import (
    Base,
    Cause,
    Deploy,
    Fingerprints,
    Head,
    LivePlan,
    Manifest,
    ManifestChange,
    Reader,
    Warn,
)
from scope.model import Because, Step, quote_path
from scope.names import is_domain_name
from scope.planning.plan import pack_matrix
from scope.repository.ownership import Rules
from tests.support.characters import CHARACTERS

# What git may have as a part of a path, the worst of it first.
HOSTILE = (
    "@everyone",
    "</details>",
    "<img src=x onerror=alert(1)>",
    "```",
    "[a](javascript:alert(1))",
    "$(id)",
    "${{ secrets.X }}",
    "a|b",
    "né",
    "\u202etxt.exe",
    "a\nb",
    "#1",
    "www.example.com",
    '"quoted',
    "\\",
    "\udcff",
)

domain_names = (
    st.text(string.ascii_lowercase, min_size=1, max_size=6) | st.sampled_from(["finance", "sales", "sales_eu", "d_00", "x2"])
).filter(is_domain_name)
commits = st.integers(0, 2**160 - 1).map("{:040x}".format)
texts = st.text(CHARACTERS, max_size=20) | st.sampled_from(HOSTILE[:-1])
_parts = (
    st.sampled_from(["src", "common", "finance", "a b", "x.py", ".", ".."])
    | st.sampled_from(HOSTILE)
    | st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
).filter(lambda part: "/" not in part and part not in {".", ".."} and part.lower() != ".git")
paths = st.lists(_parts, min_size=1, max_size=3).map("/".join)
written_paths = paths.map(quote_path)
_numbers = st.integers(0, 9)
# Strategies are made once: of what refers to something else, the references are numbers until the whole is put together.
_fingerprints = st.none() | st.integers(0, 2**256 - 1).map("v1:{:064x}".format)
_bases = st.builds(
    Base,
    kind=st.sampled_from(["merge-base", "record", "none"]),
    ref=st.none() | texts,
    commit=st.none() | commits,
    reason=st.none() | texts,
)
_changes = st.builds(
    ManifestChange,
    id=st.just(""),
    base=_numbers.map(str),
    path=written_paths,
    status=st.sampled_from(["added", "modified", "deleted", "type"]),
    moved_to=st.none() | written_paths,
    effect=st.sampled_from(["content", "cosmetic"]),
    reaches=_numbers,
    reason=st.none() | texts,
)
_steps = st.builds(Step, node=written_paths.map("file:{}".format) | texts, edge=texts)
_causes = st.builds(Cause, change=_numbers.map(str), path=st.lists(_steps, max_size=2).map(tuple))
_because: st.SearchStrategy[Because] = st.sampled_from(
    ["changed", "rule", "first-deploy", "failed-attempt", "untrusted-record", "base-unreachable", "removed"]
)
_deployments = st.builds(
    Deploy,
    id=st.just(""),
    target=st.just(""),
    domain=st.just(""),
    action=st.just("deploy"),
    because=_because,
    base=_numbers.map(str),
    fingerprint=st.builds(Fingerprints, base=_fingerprints, head=_fingerprints),
    sources=st.lists(domain_names, max_size=2).map(tuple),
    resources=st.lists(texts, max_size=2).map(tuple),
    causes=st.lists(_causes, max_size=2).map(tuple),
    folder=st.just(".") | written_paths,
)
_readers = st.builds(
    Reader, id=_numbers.map(str), of=_numbers.map(str), table=texts, path=written_paths, line=st.integers(0, 10_000)
)
_warnings = st.builds(Warn, code=texts, path=written_paths | st.just(""), line=st.integers(0, 10_000), message=texts)
_live = st.builds(
    LivePlan,
    id=_numbers.map(str),
    create=_numbers,
    update=_numbers,
    delete=_numbers,
    recreate=_numbers,
    destructive=st.lists(texts, max_size=2).map(tuple),
    digest=st.none() | st.just("1f0c66d1a4e9b2c3"),
    problem=st.none() | texts,
)
_heads = st.builds(Head, ref=texts, commit=st.none() | commits, dirty=st.booleans())


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Draw a manifest whose parts agree."""
    targets = draw(st.sampled_from([("dev",), ("dev", "prod", "staging"), ("prod-eu", "prod")]))
    domains = draw(st.lists(domain_names, max_size=3, unique=True))
    bases = {f"b{number}": base for number, base in enumerate(draw(st.lists(_bases, min_size=1, max_size=2)))}
    base_ids = list(bases)
    pairs = [(target, domain) for target in targets for domain in domains]
    due = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    changes = tuple(
        one._replace(id=f"c{number}", base=_pick(base_ids, one.base), reaches=min(one.reaches, len(due)))
        for number, one in enumerate(draw(st.lists(_changes, max_size=3)))
    )
    change_ids = [change.id for change in changes]
    deploy = tuple(
        one._replace(
            id=f"{target}/{domain}",
            target=target,
            domain=domain,
            action="destroy" if one.because == "removed" else "deploy",
            base=_pick(base_ids, one.base),
            causes=tuple(cause._replace(change=_pick(change_ids, cause.change)) for cause in one.causes if change_ids),
        )
        for target, domain in due
        for one in (draw(_deployments),)
    )
    all_ids, due_ids = [f"{target}/{domain}" for target, domain in pairs], [item.id for item in deploy]
    live = {_pick(all_ids, one.id): one for one in draw(st.lists(_live, max_size=2)) if all_ids}
    return Manifest(
        mode=draw(st.sampled_from(["scoped", "full"])) if deploy else "none",
        against=draw(st.sampled_from(["main", "deployed"])),
        targets=targets,
        head=draw(_heads),
        bases=bases,
        changes=changes,
        deploy=deploy,
        readers=tuple(
            one._replace(id=_pick(all_ids, one.id), of=_pick(due_ids, one.of))
            for one in draw(st.lists(_readers, max_size=2))
            if due_ids
        ),
        matrix=pack_matrix(
            deploy, Rules(matrix_jobs=draw(st.integers(1, 20)), identity_per_domain=draw(st.sampled_from([(), ("prod",)])))
        ),
        warnings=tuple(draw(st.lists(_warnings, max_size=2))),
        live=tuple(one._replace(id=name) for name, one in live.items()),
    )


def _pick(names: list[str], number: str) -> str:
    return names[int(number) % len(names)]
