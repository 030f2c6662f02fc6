"""Where the web pages of what was deployed are, and that nothing in a state file leads elsewhere."""

from scope.controller.links import list_links
from scope.deployment.inventory import Inventory
from scope.documents.results import Link
from scope.model import ResourceKey


def links(**ids: str) -> dict[str, str]:
    inventory = Inventory({ResourceKey(kind, "x"): resource_id for kind, resource_id in ids.items()})
    listed = list_links("https://host", "/Workspace/Users/me@example.com/.bundle/a b/dev/sales", inventory)
    return {link.name: link.url for link in listed}


def test_each_kind_has_its_page_and_the_folder_is_last() -> None:
    found = links(jobs="17", pipelines="a-b", schemas="sales.crm", volumes="sales.crm.in", alerts="1")
    assert found == {
        "jobs.x": "https://host/jobs/17",
        "pipelines.x": "https://host/pipelines/a-b",
        "schemas.x": "https://host/explore/data/sales/crm",
        "volumes.x": "https://host/explore/data/volumes/sales/crm/in",
        "folder": "https://host/#workspace/Users/me%40example.com/.bundle/a%20b/dev/sales",
    }
    assert list(found)[-1] == "folder"


def test_an_id_stays_an_id() -> None:
    assert links(jobs="../x?y#z \x1b[2J", schemas="a/..\u202e.b")["jobs.x"] == "https://host/jobs/..%2Fx%3Fy%23z%20%1B%5B2J"
    assert links(schemas="a/b.c\u202e")["schemas.x"] == "https://host/explore/data/a%2Fb/c%E2%80%AE"


def test_a_deployment_without_pages_has_its_folder() -> None:
    (link,) = list_links("https://host", "/Workspace/x", Inventory())
    assert link == Link("folder", "https://host/#workspace/x")
