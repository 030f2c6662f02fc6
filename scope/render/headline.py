"""What a manifest does, in one clause: what it destroys first, since nobody must miss that."""

from scope.documents.manifest import Deploy, Manifest
from scope.wording import pluralize


def describe_set(manifest: Manifest) -> str:
    """Return how many domains are destroyed and deployed, in how many deployments; the set isn't empty."""
    gone, deployed = (_of(manifest, action) for action in ("destroy", "deploy"))
    if not gone:
        what = "every domain deploys" if manifest.mode == "full" else _count_domains(deployed)
        return f"{what}, {pluralize(len(deployed), 'deployment')}"
    parts = [f"destroys {_count_domains(gone)} ({pluralize(len(gone), 'deployment')})"]
    if deployed:
        what = "every other domain" if manifest.mode == "full" else _count_domains(deployed)
        parts.append(f"deploys {what} ({pluralize(len(deployed), 'deployment')})")
    return ", ".join(parts)


def describe_domains(manifest: Manifest, gone_names: str = "") -> str:
    """Return the same as a title, without the numbers of deployments; `gone_names` say more than how many are destroyed."""
    gone, deployed = (_of(manifest, action) for action in ("destroy", "deploy"))
    parts = [f"destroys {gone_names or _count_domains(gone)}"] if gone else []
    if deployed:
        everything = "every other domain" if gone else "everything"
        parts.append(f"deploys {everything if manifest.mode == 'full' else _count_domains(deployed)}")
    title = ", ".join(parts)
    return f"{title[:1].upper()}{title[1:]}"


def count_deployments(manifest: Manifest) -> str:
    """Return how many deployments there are."""
    gone, deployed = (_of(manifest, action) for action in ("destroy", "deploy"))
    if not gone:
        return pluralize(len(deployed), "deployment")
    return f"{pluralize(len(gone), 'deployment')} to destroy" + (f", {len(deployed):,} to deploy" if deployed else "")


def _of(manifest: Manifest, action: str) -> tuple[Deploy, ...]:
    return tuple(item for item in manifest.deploy if item.action == action)


def _count_domains(items: tuple[Deploy, ...]) -> str:
    return pluralize(len({item.domain for item in items}), "domain")
