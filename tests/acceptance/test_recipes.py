"""What the recipes make of their values: by name in any order, by place, and nothing that a shell would read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.sandbox import REPOSITORY

COMMANDS = ("scope", "deployer", "generator", "dev")
HERE = str(REPOSITORY)
# What is typed after `just`, and what the recipe runs.
FORMS = {
    "scope": "scope plan --base=main",
    "scope main": "scope plan --base=main",
    "scope base=main": "scope plan --base=main",
    "scope base=main target=prod": "scope plan --base=main --target=prod",
    "scope target=prod domain=ads base=main --no-readers": "scope plan --base=main --target=prod --domain=ads --no-readers",
    "scope --head HEAD target=prod": "scope plan --target=prod --head HEAD",
    "why finance": "scope why finance",
    "why subject=src/common/money.py": "scope why src/common/money.py",
    "why base=main subject=finance": "scope why --base=main finance",
    "why src/a=b.py --base main": "scope why src/a=b.py --base main",
    "scope-check": "scope check",
    "scope-check base=main --format github": "scope check --base=main --format github",
    "test-domains": "dev python -m tests.domains --base=main",
    "test-domains base=HEAD": "dev python -m tests.domains --base=HEAD",
    "build-job-resource specs/a.yml": f"generator -C {HERE} build specs/a.yml",
    "build-job-resource spec=specs/a.yml --check": f"generator -C {HERE} build specs/a.yml --check",
    "build-pipeline-resource spec=specs/a.yml": f"generator -C {HERE} build specs/a.yml",
    "scaffold finance adyen": "generator scaffold --asset=records finance adyen",
    "scaffold finance adyen payouts": "generator scaffold --asset=payouts finance adyen",
    "scaffold asset=payouts source=adyen domain=finance": "generator scaffold --asset=payouts finance adyen",
    "import-resources a.yml b.yml": f"generator -C {HERE} import a.yml b.yml",
    "import-resources a.yml source=x domain=ads": f"generator -C {HERE} import --domain=ads --source=x a.yml",
    "deploy": "deployer deploy --target=dev",
    "deploy prod": "deployer deploy --target=prod",
    "deploy dev finance": "deployer deploy --target=dev --domain=finance",
    "deploy target=prod": "deployer deploy --target=prod",
    "deploy domain=finance target=dev": "deployer deploy --target=dev --domain=finance",
    "deploy domain=finance --prune target=prod": "deployer deploy --target=prod --domain=finance --prune",
    "deploy dev domain=ads domain=finance": "deployer deploy --target=dev --domain=ads --domain=finance",
    "destroy dev finance": "deployer destroy --target=dev --domain=finance",
    "destroy domain=finance target=dev --yes": "deployer destroy --target=dev --domain=finance --yes",
    "run a_job": "deployer run --target=dev a_job",
    "run target=prod resource=a_job": "deployer run --target=prod a_job",
    "run a_job prod --no-wait": "deployer run --target=prod a_job -- --no-wait",
    "run a_job domain=finance -- --params target=x": "deployer run --domain=finance a_job -- --params target=x",
}  # fmt: skip


@pytest.fixture(scope="module")
def just() -> str:
    """Give the program `just`, which the README has every user install."""
    program = shutil.which("just")
    assert program, "The recipes need just on the PATH: `uv tool install rust-just`."
    return program


def typed(just: str, folder: Path, *words: str) -> tuple[int, list[str], str]:
    """Run a recipe, with a program in the place of each command that shows what it was given."""
    shown = folder / "shown"
    shown.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    shown.chmod(0o755)
    commands = [word for name in COMMANDS for word in ("--set", name, f"'{shown}' {name}")]
    done = subprocess.run(
        [just, *commands, *words], cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("words", FORMS)
def test_a_recipe_takes_its_values_by_name_in_any_order_and_by_place(tmp_path: Path, just: str, words: str) -> None:
    assert typed(just, tmp_path, *words.split()) == (0, FORMS[words].split(), "")


def test_each_recipe_with_values_is_tried_by_name() -> None:
    text = (REPOSITORY / "justfile").read_text()
    takes_values = re.findall(r"^([a-z-]+)(?: [a-z]+(?:=\S+)?)+(?: \*\w+)?:", text, re.MULTILINE)
    tried = {words.split()[0] for words in FORMS if "=" in words}
    assert set(takes_values) - tried == {"validate"}  # the CLI itself, see test_tooling.py


VALUE = 'it\'s $(touch planted) `x` "y" {{z}} \\ ; é'


@pytest.mark.parametrize("words", [("why", f"subject={VALUE}"), ("why", VALUE), ("deploy", f"domain={VALUE}")])
def test_a_value_is_no_shell_text(tmp_path: Path, just: str, words: tuple[str, ...]) -> None:
    code, given, _ = typed(just, tmp_path, *words)
    assert (code, given[-1].removeprefix("--domain=")) == (0, VALUE)
    assert not (REPOSITORY / "planted").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("deploy tarfet=dev", "just: `tarfet` is no value of this recipe. It takes target, domain.\n"),
        ("why subject=--help", "just: `--help` is no value: it begins with `-`.\n"),
    ],
)
def test_what_a_recipe_does_not_take_is_refused(tmp_path: Path, just: str, words: str, problem: str) -> None:
    assert typed(just, tmp_path, *words.split()) == (2, [], problem)
