"""The tests of the domains that a change reaches: what a pull request to a domain waits for.

python -m tests.domains --base main
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from scope.cli import main as run_scope
from scope.documents.manifest_reader import read_manifest

REPOSITORY = Path(__file__).parents[1]
_TESTS = Path("tests", "unit")
_SHARED = "common"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests; return pytest's exit code, or 0 if there is none to run."""
    parser = argparse.ArgumentParser(prog="just test-domains", description=__doc__, allow_abbrev=False)
    parser.add_argument("--base", required=True, metavar="REF", help="the commit before the change")
    options = parser.parse_args(arguments)
    folders = find_tests(REPOSITORY, find_domains(REPOSITORY, options.base))
    if not folders:
        print("The changes reach no domain that has tests.", file=sys.stderr)
        return 0
    print(f"The changes reach {', '.join(folder.name for folder in folders)}.", file=sys.stderr)
    return int(pytest.main([str(folder) for folder in folders]))


def find_domains(repository: Path, base: str) -> frozenset[str] | None:
    """Return the domains that the changes since a base deploy, and those whose tests they change; None stands for all.

    All are meant where the base isn't in this clone.
    """
    if not _is_known(repository, base):
        return None
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder, "manifest.json")
        options = ["--base", base, "--no-readers", "--output", str(manifest)]
        if code := run_scope(["--quiet", "-C", str(repository), "plan", *options]):
            raise SystemExit(code)
        deployed = {item.domain for item in read_manifest(manifest).deploy if item.action == "deploy"}
    compared = ("diff", "--name-only", "-z", "--no-renames", f"{base}...HEAD", "--", "tests/unit", "tests/fixtures")
    listed = subprocess.run(["git", "-C", repository, *compared], check=True, capture_output=True, text=True).stdout
    changed = {parts[2] for path in listed.split("\0") if len(parts := path.split("/")) > 3}
    return frozenset(deployed | changed)


def find_tests(repository: Path, domains: Collection[str] | None) -> list[Path]:
    """Return the folders of the tests of some domains, or of all, and of shared code if there is any domain; sorted."""
    folders = [folder for folder in sorted((repository / _TESTS).iterdir()) if (repository / "src" / folder.name).is_dir()]
    wanted = folders if domains is None else [folder for folder in folders if folder.name in {*domains, _SHARED}]
    return wanted if domains is None or domains else []


def _is_known(repository: Path, commit: str) -> bool:
    command = ["git", "-C", repository, "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
