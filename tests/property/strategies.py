"""Random values of the kind that scope makes itself: everything is possible, and agrees with everything else."""

import string

from hypothesis import strategies as st

from scope.manifest import (
    Base,
    Because,
    Cause,
    Deploy,
    Fingerprints,
    Head,
    Manifest,
    ManifestChange,
    Reader,
    Step,
    Warn,
    written_path,
)
from scope.plan import matrix
from scope.rules import is_domain_name

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

domain_names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(is_domain_name)
commits = st.text("0123456789abcdef", min_size=40, max_size=40)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(HOSTILE[:-1])
_fingerprints = st.text("0123456789abcdef", min_size=64, max_size=64).map("v1:{}".format)
_parts = (
    st.text(string.ascii_letters + string.digits + "._- ", min_size=1, max_size=12)
    | st.sampled_from(HOSTILE)
    | st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
).filter(lambda part: "/" not in part and part not in {".", ".."} and part.lower() != ".git")
paths = st.lists(_parts, min_size=1, max_size=4).map("/".join)
written_paths = paths.map(written_path)
_steps = st.builds(Step, node=written_paths.map("file:{}".format) | texts, edge=texts)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Draw a manifest whose parts agree."""
    targets = draw(st.lists(st.sampled_from(["dev", "staging", "prod", "prod-eu"]), min_size=1, unique=True))
    domains = draw(st.lists(domain_names, max_size=4, unique=True))
    bases = {f"b{number}": base for number, base in enumerate(draw(st.lists(_bases(), min_size=1, max_size=3)))}
    base_ids = st.sampled_from(list(bases))
    pairs = [(target, domain) for target in targets for domain in domains if draw(st.booleans())]
    changes = tuple(
        ManifestChange(
            id=f"c{number}",
            base=draw(base_ids),
            path=draw(written_paths),
            status=draw(st.sampled_from(["added", "modified", "deleted", "type"])),
            moved_to=draw(st.none() | written_paths),
            effect=draw(st.sampled_from(["content", "cosmetic"])),
            reaches=draw(st.integers(0, len(pairs))),
            reason=draw(st.none() | texts),
        )
        for number in range(draw(st.integers(0, 4)))
    )
    deploy = tuple(draw(_deployments(target, domain, base_ids, changes)) for target, domain in pairs)
    readers = st.builds(
        Reader,
        id=st.sampled_from([f"{target}/{domain}" for target, domain in pairs]),
        of=st.sampled_from([item.id for item in deploy]),
        table=texts,
        path=written_paths,
        line=st.integers(0, 10_000),
    )
    warnings = st.builds(Warn, code=texts, path=written_paths | st.just(""), line=st.integers(0, 10_000), message=texts)
    return Manifest(
        mode=draw(st.sampled_from(["scoped", "full"])) if deploy else "none",
        against=draw(st.sampled_from(["main", "deployed"])),
        targets=tuple(targets),
        head=Head(ref=draw(texts), commit=draw(st.none() | commits), dirty=draw(st.booleans())),
        bases=bases,
        changes=changes,
        deploy=deploy,
        readers=tuple(draw(st.lists(readers, max_size=3))) if deploy else (),
        matrix=matrix(deploy, draw(st.integers(1, 20))),
        warnings=tuple(draw(st.lists(warnings, max_size=3))),
    )


def _bases() -> st.SearchStrategy[Base]:
    return st.builds(
        Base,
        kind=st.sampled_from(["merge-base", "record", "none"]),
        ref=st.none() | texts,
        commit=st.none() | commits,
        reason=st.none() | texts,
    )


def _deployments(
    target: str, domain: str, base_ids: st.SearchStrategy[str], changes: tuple[ManifestChange, ...]
) -> st.SearchStrategy[Deploy]:
    becauses: list[Because] = ["changed", "rule", "first-deploy", "failed-attempt", "untrusted-record", "base-unreachable"]
    ids = [change.id for change in changes]
    cause = st.builds(Cause, change=st.sampled_from(ids), path=st.lists(_steps, max_size=4).map(tuple))
    causes = st.lists(cause, max_size=3) if ids else st.just([])
    parts = {
        "id": st.just(f"{target}/{domain}"),
        "target": st.just(target),
        "domain": st.just(domain),
        "base": base_ids,
        "fingerprint": st.builds(Fingerprints, base=st.none() | _fingerprints, head=st.none() | _fingerprints),
        "sources": st.lists(domain_names, max_size=3).map(tuple),
        "resources": st.lists(texts, max_size=3).map(tuple),
        "causes": causes.map(tuple),
    }
    return st.builds(Deploy, action=st.just("deploy"), because=st.sampled_from(becauses), **parts) | st.builds(
        Deploy, action=st.just("destroy"), because=st.just("removed"), **parts
    )
