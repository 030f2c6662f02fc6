"""What a shell completes, as bash itself does it: commands, options, and the names that this repository has."""

import shutil
import subprocess
from pathlib import Path

import pytest

from generator.cli import main as generate
from tests.support.builders import monorepo
from tests.support.sandbox import Sandbox, git_environment
from tests.support.scope_command import run_scope

_TRY = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
"_shtab_$1" "$1" "${COMP_WORDS[$COMP_CWORD]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def repository(sandbox: Sandbox) -> Sandbox:
    sandbox.write_all(monorepo(2))
    sandbox.write("specs/jobs/d00/s00/a.yml", "")
    # A folder of somebody else's may be called anything, and bash expands the words that it offers.
    sandbox.write("src/$(touch pwned)/x.py", "")
    sandbox.write("src/d0`touch pwned`/x.py", "")
    return sandbox


def completed(repository: Sandbox, script: str, *words: str) -> list[str]:
    bash = shutil.which("bash")
    assert bash
    path = repository.root.parent / "completion.bash"
    path.write_text(script)
    done = subprocess.run(
        [bash, "-c", _TRY, "bash", str(path), *words],
        cwd=repository.root,
        env={**git_environment(), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return sorted(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("scope dep", ["deploy"]),
        ("scope deploy --targ", ["--target"]),
        ("scope deploy --target p", ["prod"]),
        ("scope plan -t ", ["dev", "prod", "staging"]),
        ("scope status --domain ", ["d00", "d01"]),
        ("scope bundle d", ["d00", "d01"]),
        ("scope why d", ["d00", "d01", "databricks.yml"]),
        ("scope why src/d01/s00/ba", ["src/d01/s00/base"]),
        ("scope completion ", ["bash", "zsh"]),
    ],
)
def test_bash_completes_what_there_is(repository: Sandbox, words: str, expected: list[str]) -> None:
    script = run_scope(repository.root, "completion", "bash").stdout
    assert completed(repository, script, *words.split(" ")) == expected
    assert not [path for path in Path(repository.root).rglob("pwned") if path.is_file()]


def test_bash_completes_the_paths_of_specs(repository: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert "specs/jobs" in completed(repository, script, "generator", "build", "")
    assert completed(repository, script, "generator", "build", "specs/jobs/d00/s00/") == ["specs/jobs/d00/s00/a.yml"]


def test_zsh_gets_a_script_of_its_own(sandbox: Sandbox) -> None:
    script = run_scope(sandbox.root, "completion", "zsh")
    assert (script.exit_code, script.stdout.splitlines()[0]) == (0, "#compdef scope")
    assert "_scope_domains" in script.stdout
