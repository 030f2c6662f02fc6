"""The generator's golden cases: a folder's input, its command, and all that the command printed and wrote.

`--update-golden` writes what happens now; the diff is then to be looked at.
"""

from pathlib import Path

import pytest

from tests.support.spec_tree import BUNDLE_FILES, REPOSITORY, SpecTree

CASES = REPOSITORY / "tests/golden/generator"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_the_command_prints_and_writes_what_the_case_says(case: str, tmp_path: Path, update_golden: bool) -> None:
    tree = SpecTree(tmp_path)
    for path in BUNDLE_FILES:
        tree.write(path, (REPOSITORY / path).read_bytes())
    for path in (CASES / case / "input").rglob("*"):
        if path.is_file():
            tree.write(path.relative_to(CASES / case / "input").as_posix(), path.read_bytes())
    before = tree.modules() if (tmp_path / "resources").is_dir() else {}
    command = (CASES / case / "command").read_text(encoding="utf-8").split()
    ran = tree.run(*command)
    after = tree.modules() if (tmp_path / "resources").is_dir() else {}
    parts = [
        f"$ generator {' '.join(command)}\nexit code {ran.exit_code}\n",
        f"\n=== stderr\n{ran.stderr}",
        f"\n=== stdout\n{ran.stdout}",
    ]
    parts += [f"\n=== {path}\n{after[path].decode()}" for path in after if before.get(path) != after[path]]
    parts += [f"\n=== {path} is gone\n" for path in before if path not in after]
    output = "".join(parts)
    expected = CASES / case / "output.txt"
    if update_golden:
        expected.write_bytes(output.encode())
    assert output == expected.read_text(encoding="utf-8")
