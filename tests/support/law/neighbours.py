"""Others in the same workspace: another target of the same repository, and another repository. What is theirs stays so."""

import json
from dataclasses import dataclass, field
from functools import cached_property

from tests.support.builders import resource_yaml
from tests.support.deploying import BASE, Platform
from tests.support.law.world import ELSEWHERE, QUICK, STAGING, World, read_json

_TEAM = "elsewhere@example.com"


@dataclass
class Neighbours:
    """Deploys others' things into the workspace of a world, and knows what they were then."""

    world: World
    left: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the folder of a target, what lay there and belonged to it after its own last deploy."""

    def deploy_another_target(self) -> None:
        """Deploy the same commit to staging, which lies in the same workspace."""
        done = self.world.platform.deploy(*QUICK, "--prune", target="staging")
        self.world.note("deploy to staging", done)
        self._remember(STAGING)

    def deploy_another_repository(self) -> None:
        """Deploy another repository, with the same names of domain, job and pipeline, and perhaps of a schema."""
        platform = self._elsewhere
        if self.world.chance.random() < 0.5:
            name = f"extra_{self.world.next_number()}.py"
            platform.sandbox.write(f"src/sales/orders/base/{name}", "EXTRA = 1\n")
            platform.push("Change")
        self.world.note("deploy of another repository", platform.deploy(*QUICK))
        for schema in self.world.schemas_of(ELSEWHERE):
            self.world.workspace.set_creator(schema, _TEAM)
        self._remember(ELSEWHERE)

    def deploy_another_repository_to_the_same_root(self) -> None:
        """Deploy another repository whose bundle has our name: what is ours is refused to it."""
        metadata, record = (self.world.workspace.read(f"{BASE}/sales/state/{name}.json") for name in ("metadata", "scope"))
        if "config" not in read_json(metadata) and "repository" not in read_json(record):
            return  # nothing tells whose it is, if it is there at all
        platform = self._namesake
        before = self.belongings(BASE, "sales")
        done = platform.deploy(*QUICK)
        self.world.note("deploy of another repository to our root", done)
        assert done.exit_code != 0, "it took our deployment"
        assert self.belongings(BASE, "sales") == before, "it changed our deployment"

    @cached_property
    def _elsewhere(self) -> Platform:
        platform = self._create("elsewhere")
        config = platform.sandbox.read("databricks.yml").replace("name: data-platform", "name: elsewhere")
        platform.sandbox.write("databricks.yml", config)
        if self.world.chance.random() < 0.5:
            schema = resource_yaml("schemas", "sales_orders", {"name": "orders", "catalog_name": "sales"})
            platform.sandbox.write("resources/sales/orders/schema.yml", schema)
        platform.push("Call it otherwise")
        return platform

    @cached_property
    def _namesake(self) -> Platform:
        return self._create("namesake")

    def _create(self, name: str) -> Platform:
        folder = self.world.sandbox.root.parent / name
        return Platform.create(folder, self.world.workspace, self.world.platform.cli, {"sales": ["orders"]})

    def _remember(self, base: str) -> None:
        self.left[base] = self.belongings(base)

    def belongings(self, base: str, name: str = "") -> dict[str, str]:
        """Return the files of a target, or of one domain, and what belongs to it: by path, or by kind and id."""
        snapshot = self.world.workspace.snapshot()
        root = f"{base}/{name}".rstrip("/")
        held = {path: repr(content) for path, content in snapshot.below(root).items() if "/artifacts/" not in f"/{path}"}
        for kind in ("jobs", "pipelines"):
            for key, item in snapshot.resources.get(kind, {}).items():
                text = json.dumps(item, sort_keys=True)
                if f'"{root}/' in text:
                    held[f"{kind} {key}"] = text
        return held | {
            schema: json.dumps(snapshot.resources["schemas"].get(schema)) for schema in self.world.schemas_of(base)
        }

    def check(self) -> None:
        """Assert that what others have is as they left it."""
        for base, left in self.left.items():
            assert self.belongings(base) == left, f"what lies in {base} was changed"
