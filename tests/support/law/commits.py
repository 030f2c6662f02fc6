"""What may be in a commit: edits, new and removed files, jobs, schemas and domains, moves and renames, a revert."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.builders import domain, job_fields, resource_module, resource_yaml, source
from tests.support.law.moves import declare, forget_destination, forget_source
from tests.support.law.world import World

_NAMES = ("sales", "sales_eu", "ads", "revenue")


@dataclass
class Commits:
    """Changes the repository of a world."""

    world: World

    def commit(self) -> None:
        """Change something, and push it."""
        changes = (
            self._edit, self._edit, self._add_file, self._delete_file, self._change_job, self._add_job, self._remove_job,
            self._add_domain, self._remove_domain, self._change_shared, self._toggle_schema, self._edit_docs,
        )  # fmt: skip
        for _ in range(self.world.chance.randint(1, 2)):
            change = self.world.chance.choice(changes)
            self.world.note(f"{change.__name__}: {change()}")
        self.world.platform.push("Change")

    def _edit(self) -> str:
        name = self.world.pick_domain()
        if name is None:
            return self._add_domain()
        path = f"src/{name}/orders/base/facts.py"
        self.world.sandbox.append(path, f"EDIT_{self.world.next_number()} = 1\n")
        return path

    def _add_file(self) -> str:
        path = f"src/{self.world.pick_domain() or 'common'}/extra_{self.world.next_number()}.py"
        self.world.sandbox.write(path, "EXTRA = 1\n")
        return path

    def _delete_file(self) -> str:
        extra = sorted(self.world.sandbox.root.glob("src/*/extra_*.py"))
        if not extra:
            return "nothing"
        path = str(self.world.chance.choice(extra).relative_to(self.world.sandbox.root))
        self.world.sandbox.delete(path)
        return path

    def _job(self, name: str, key: str, runs: int) -> None:
        title = self.world.titles.get(key, key)
        fields = {**job_fields(title, f"{name}_orders_final_facts_pipeline"), "max_concurrent_runs": runs}
        path = f"resources/{name}/orders/jobs/{key}.py"
        self.world.sandbox.write(path, resource_module("job", f"{name}_{key}_job", fields))

    def _extra_jobs(self) -> list[Path]:
        return sorted(self.world.sandbox.root.glob("resources/*/orders/jobs/extra_*.py"))

    def _change_job(self) -> str:
        jobs = self._extra_jobs()
        if not jobs:
            return self._add_job()
        path = self.world.chance.choice(jobs)
        self._job(path.parts[-4], path.stem, self.world.chance.randint(1, 9))
        return path.name

    def _add_job(self) -> str:
        name = self.world.pick_domain()
        if name is None:
            return "nothing"
        key = f"extra_{self.world.next_number()}"
        self._job(name, key, 1)
        return f"{name}/{key}"

    def _remove_job(self) -> str:
        jobs = self._extra_jobs()
        if not jobs:
            return "nothing"
        path = str(self.world.chance.choice(jobs).relative_to(self.world.sandbox.root))
        self.world.sandbox.delete(path)
        return path

    def _add_domain(self) -> str:
        name = self.world.chance.choice(_NAMES)
        if name not in self.world.domains:
            forget_source(self.world.sandbox, name)
            self.world.sandbox.write_all(domain(name))
        return name

    def _remove_domain(self) -> str:
        if len(self.world.domains) < 2:
            return "nothing"
        name = self.world.chance.choice(self.world.domains)
        self._remove(name)
        forget_destination(self.world.sandbox, name)
        return name

    def _remove(self, name: str) -> None:
        for part in ("src", "resources"):
            shutil.rmtree(self.world.sandbox.path(f"{part}/{name}"))

    def _change_shared(self) -> str:
        self.world.sandbox.append("src/common/money.py", f"EDIT_{self.world.next_number()} = 1\n")
        name = self.world.pick_domain()
        if name is not None:
            self.world.sandbox.write_all(source(name, "orders", imports=["common.money"]))
        return str(name)

    def _toggle_schema(self) -> str:
        name = self.world.pick_domain()
        if name is None:
            return "nothing"
        path = f"resources/{name}/orders/schema.yml"
        if self.world.sandbox.path(path).exists():
            self.world.sandbox.delete(path)
        else:
            fields = {"name": "orders", "catalog_name": name}
            self.world.sandbox.write(path, resource_yaml("schemas", f"{name}_orders", fields))
        return path

    def _edit_docs(self) -> str:
        self.world.sandbox.write("docs/note.md", f"{self.world.next_number()}\n")
        return "docs/note.md"

    def revert(self) -> None:
        """Commit an older tree again."""
        commit = self.world.older_commit()
        self.world.sandbox.git("rm", "--quiet", "-r", "--ignore-unmatch", ".")
        self.world.sandbox.git("checkout", "--quiet", commit, "--", ".")
        self.world.platform.push("Revert")
        self.world.note(f"reverted to the tree of {commit[:9]}")

    # What people call a rename

    def rename(self, *, is_declared: bool | None = None) -> None:
        """Give a domain or a job another name, or a job another domain, and push it. Chance may declare it, too."""
        change = self.world.chance.choice([self._rename_domain, self._rename_domain, self._move_job, self._rename_key])
        line = change()
        if line is not None and (is_declared if is_declared is not None else self.world.chance.random() < 0.7):
            declare(self.world.sandbox, line)
            line += ", declared"
        self.world.note(f"{change.__name__}: {line}")
        self.world.platform.push("Rename")

    def _rename_domain(self) -> str | None:
        old, new = self.world.pick_domain(), self.world.chance.choice(_NAMES)
        if old is None or new in self.world.domains:
            return None
        sandbox = self.world.sandbox
        jobs = [path.stem for path in self._extra_jobs() if path.parts[-4] == old]
        schema = sandbox.path(f"resources/{old}/orders/schema.yml")
        # Its name and place stay: under another name it would be another schema.
        text = schema.read_text().replace(f"{old}_orders:", f"{new}_orders:") if schema.exists() else None
        self._remove(old)
        sandbox.write_all(domain(new))
        for key in jobs:
            self._job(new, key, 1)
        if text is not None:
            sandbox.write(f"resources/{new}/orders/schema.yml", text)
        forget_source(sandbox, new)
        return f"{old} -> {new}"

    def _move_job(self) -> str | None:
        jobs, new = self._extra_jobs(), self.world.pick_domain()
        if not jobs or new is None:
            return None
        path = self.world.chance.choice(jobs)
        old, key = path.parts[-4], path.stem
        if old == new:
            return None
        path.unlink()
        self._job(new, key, 1)
        return f"{old}.jobs.{old}_{key}_job -> {new}.jobs.{new}_{key}_job"

    def _rename_key(self) -> str | None:
        jobs = self._extra_jobs()
        if not jobs:
            return None
        path = self.world.chance.choice(jobs)
        name, old, new = path.parts[-4], path.stem, f"extra_{self.world.next_number()}"
        self.world.titles[new] = self.world.titles.get(old, old)
        path.unlink()
        self._job(name, new, 1)
        return f"{name}.jobs.{name}_{old}_job -> {name}.jobs.{name}_{new}_job"
