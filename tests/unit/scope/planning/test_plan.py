"""From an impact to the manifest's numbers."""

import pytest

from scope.documents.manifest import MAX_MATRIX_JOBS, Deploy, Fingerprints
from scope.errors import UsageError
from scope.planning.plan import pack_matrix
from scope.repository.ownership import Rules
from tests.support.manifests import deployment


def deployments(**domains: int) -> tuple[Deploy, ...]:
    """Return so many deployments per target."""
    return tuple(
        Deploy(
            id=f"{target}/d{number:03}",
            target=target,
            domain=f"d{number:03}",
            action="deploy",
            because="changed",
            base="b0",
            sources=(),
            resources=(),
            causes=(),
            fingerprint=Fingerprints(None, None),
        )
        for target, count in domains.items()
        for number in range(count)
    )


def listed(**domains: int) -> list[str]:
    return [item.id for item in deployments(**domains)]


def unpacked(limit: int, **domains: int) -> list[str]:
    entries = pack_matrix(deployments(**domains), Rules(matrix_jobs=limit)).include
    return [f"{entry.target}/{domain}" for entry in entries for domain in entry.domains.split(" ")]


def test_up_to_the_limit_every_deployment_is_a_job_of_its_own() -> None:
    entries = pack_matrix(deployments(dev=2, prod=2), Rules(matrix_jobs=4)).include
    assert [(entry.id, entry.target, entry.domains) for entry in entries] == [
        ("dev-d000", "dev", "d000"),
        ("dev-d001", "dev", "d001"),
        ("prod-d000", "prod", "d000"),
        ("prod-d001", "prod", "d001"),
    ]


def test_an_empty_set_is_an_empty_matrix() -> None:
    assert pack_matrix((), Rules(matrix_jobs=20)).include == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 256])
@pytest.mark.parametrize(
    "domains", [{"dev": 300}, {"dev": 1, "prod": 299}, {"a": 100, "b": 100, "c": 100}, {"a": 7, "b": 1}]
)
def test_beyond_the_limit_jobs_are_packed_in_order_and_none_is_lost(limit: int, domains: dict[str, int]) -> None:
    entries = pack_matrix(deployments(**domains), Rules(matrix_jobs=limit)).include
    # A job is of one target, so there are never fewer jobs than targets.
    assert len(entries) <= max(limit, len(domains))
    assert len({entry.id for entry in entries}) == len(entries)
    assert unpacked(limit, **domains) == listed(**domains)


def test_no_setting_gets_beyond_what_github_takes() -> None:
    assert len(pack_matrix(deployments(dev=1000), Rules(matrix_jobs=1000)).include) <= MAX_MATRIX_JOBS


def test_every_job_has_the_environment_of_its_target() -> None:
    assert {entry.environment for entry in pack_matrix(deployments(prod=30), Rules()).include} == {"prod"}


def test_where_each_domain_has_an_identity_of_its_own_no_job_has_two_domains() -> None:
    rules = Rules(matrix_jobs=3, identity_per_domain=("prod",))
    entries = pack_matrix(deployments(prod=5, staging=5), rules).include
    prod = [entry for entry in entries if entry.target == "prod"]
    assert [(entry.id, entry.environment) for entry in prod] == [
        (f"prod-{entry.domains}", f"prod.{entry.domains}") for entry in prod
    ]
    assert len(prod) == 5
    assert {entry.environment for entry in entries if entry.target == "staging"} == {"staging"}
    assert sum(len(entry.domains.split()) for entry in entries) == 10
    assert len([entry for entry in entries if entry.target == "staging"]) <= 3


def test_more_domains_with_identities_than_github_takes_jobs_are_refused() -> None:
    with pytest.raises(UsageError, match="These are 257 jobs, one per domain"):
        pack_matrix(deployments(prod=257), Rules(identity_per_domain=("prod",)))


@pytest.mark.parametrize(
    ("folders", "folder"),
    [
        (["bundles/sales-etl", "bundles/sales-etl"], "bundles/sales-etl"),
        (["bundles/a", "bundles/b"], ""),
        (["bundles/$(id)", "bundles/$(id)"], ""),
        (["${{ secrets.x }}", "${{ secrets.x }}"], ""),
        ([".", "."], "."),
    ],
)
def test_a_job_has_the_folder_of_its_bundle_if_it_is_one_that_a_workflow_may_have(folders: list[str], folder: str) -> None:
    deploy = [deployment("prod", name, folder=where) for name, where in zip("ab", folders, strict=True)]
    (entry,) = pack_matrix(deploy, Rules(matrix_jobs=1)).include
    assert entry.folder == folder
