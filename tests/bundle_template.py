"""The template of `databricks bundle init`, made of this repository's own files, so that nothing of it is written twice.

python -m tests.bundle_template build     makes .template anew
python -m tests.bundle_template check     fails if it isn't what the repository gives

An instance's file is a link to this repository's, which the CLI follows; or it is made from this repository's file, where a
name, a host or a part of it differs; or it is one of `.template/own`, for which there is nothing here.
"""

import argparse
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from scope import __version__
from tests.support.sandbox import REPOSITORY, tracked_files

TEMPLATE = Path(".template")
FILES = TEMPLATE / "template"
_OWN = TEMPLATE / "own"
_LIBRARY = TEMPLATE / "library" / "version.tmpl"
_SUFFIX = ".tmpl"
EXAMPLE = (
    "resources/finance", "resources/marketing", "specs", "src/finance", "src/marketing", "tests/fixtures",
    "tests/unit/finance", "tests/unit/marketing", "tests/unit/test_example_datasets.py",
)  # fmt: skip
"""What an instance without the example hasn't got."""
_GITHUB = (".ci/check", ".ci/requirements.in", ".ci/requirements.txt", ".ci/test-domains", ".ci/tools.sh", ".github")
# What only targets beside dev have.
_DEPLOYED = (
    ".github/workflows/deploy.yml", ".github/workflows/deploy-target.yml", ".github/workflows/plan-target.yml",
    ".github/workflows/reconcile.yml", ".github/scripts/deploy", ".github/scripts/plan", "targets/staging.yml",
    "targets/prod.yml",
)  # fmt: skip
_LINKED = (
    *EXAMPLE, *_GITHUB, ".ci/recipe.py", ".editorconfig", ".vscode", "resources/__init__.py",
    "resources/_generated", "resources/_models", "src/common", "src/pyproject.toml", "tests/domains.py",
    "tests/support/engines.py", "tests/support/fixture_files.py", "tests/support/local_engine.py", "tests/unit/common",
)  # fmt: skip
_LEFT_OUT = (
    ".github/CODEOWNERS", ".github/dependabot.yml", ".github/workflows/quality.yml",
    "tests/unit/common/test_version.py", "tests/unit/common/test_wheel.py",
)  # fmt: skip
_RECIPES = (
    "default", "scope", "why", "build-job-resource", "build-pipeline-resource", "generate", "generate-check", "scaffold",
    "import-resources", "format", "lint", "lint-fix", "typecheck", "check", "workflows", "scope-check", "test",
    "test-domains", "validate", "deploy", "run", "destroy",
)  # fmt: skip
_HAS_GITHUB = 'eq .ci "github"'
_HAS_EXAMPLE = 'eq .example "yes"'
_HAS_PROD = 'ne .targets "dev"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the template, or check it; return 0, or 1 if it isn't what the repository gives."""
    parser = argparse.ArgumentParser(prog="python -m tests.bundle_template", allow_abbrev=False)
    parser.add_argument("what", choices=("build", "check"))
    options = parser.parse_args(arguments)
    stale = sorted(find_stale(REPOSITORY))
    if options.what == "build":
        expected = {**find_links(REPOSITORY), **make_files(REPOSITORY)}
        for path in stale:
            _write(REPOSITORY / path, expected.get(path))
            print(f"{'wrote' if path in expected else 'removed'} {path}")
        return 0
    for path in stale:
        print(f"{path} isn't what the repository gives; run: just build-template", file=sys.stderr)
    return 1 if stale else 0


def find_stale(root: Path) -> Iterator[str]:
    """Yield the paths below `.template` that are missing, that nothing gives, or that hold something else."""
    expected: dict[str, Path | bytes] = {**find_links(root), **make_files(root)}
    for path, wanted in expected.items():
        file = root / path
        if isinstance(wanted, Path):
            if not file.is_symlink() or file.readlink() != wanted:
                yield path
        elif file.is_symlink() or not file.is_file() or file.read_bytes() != wanted:
            yield path
    found = (file for folder in (FILES, _LIBRARY.parent) for file in (root / folder).rglob("*"))
    yield from {
        path
        for file in found
        if (file.is_symlink() or file.is_file()) and (path := file.relative_to(root).as_posix()) not in expected
    }


def find_links(root: Path) -> dict[str, Path]:
    """Return the links of the template: those to this repository's files, and those to what only instances have."""
    own = {path: path.removeprefix(f"{_OWN.as_posix()}/") for path in _below(root, _OWN.as_posix())}
    shared = {
        path: path
        for path in tracked_files(root)
        if any(path == one or path.startswith(f"{one}/") for one in _LINKED)
        and not any(fnmatchcase(path, one) for one in _LEFT_OUT)
    }
    links = {}
    for source, name in {**shared, **own}.items():
        if name.startswith("pyproject.head"):
            continue
        place = FILES / name
        links[place.as_posix()] = Path(os.path.relpath(source, place.parent))
    return links


def make_files(root: Path) -> dict[str, bytes]:
    """Return the files of the template that are made from files of this repository."""

    def read(path: str) -> str:
        return (root / path).read_text(encoding="utf-8")

    made: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "databricks.yml": ("databricks.yml", _make_bundle),
        "justfile": ("justfile", _make_justfile),
        "pyproject.toml": (
            "pyproject.toml",
            lambda text: _make_project(text, _fill_head(read(f"{_OWN}/pyproject.head.tmpl"), read("uv.lock"))),
        ),
        # Not links: git reads them where they lie, and follows none.
        ".gitattributes": (".gitattributes", _make_attributes),
        ".gitignore": (".gitignore", _literal),
        ".github/CODEOWNERS": (".github/CODEOWNERS", _make_owners),
        ".github/dependabot.yml": (".github/dependabot.yml", _make_dependabot),
        ".github/workflows/quality.yml": (".github/workflows/quality.yml", _make_quality),
        **{
            f"targets/{name}.yml": (f"targets/{name}.yml", lambda text, name=name: _make_target(text, name))
            for name in ("dev", "staging", "prod")
        },
    }
    files = {f"{FILES}/{path}{_SUFFIX}": make(read(source)) for path, (source, make) in made.items()}
    files[f"{FILES}/__preamble{_SUFFIX}"] = _make_preamble()
    files[_LIBRARY.as_posix()] = f'{{{{define "version"}}}}v{__version__}{{{{end}}}}\n'
    return {path: text.encode() for path, text in files.items()}


def _make_preamble() -> str:
    """Return the file that says what is left out. It is none of an instance."""
    return "".join(
        (
            '{{skip "__preamble"}}\n',
            _unless(_HAS_EXAMPLE, EXAMPLE),
            _unless(_HAS_GITHUB, _GITHUB),
            _unless(_HAS_PROD, _DEPLOYED),
        )
    )


def _unless(condition: str, paths: Sequence[str]) -> str:
    skipped = "".join(f'{{{{skip "{path}"}}}}\n' for path in paths)
    return f"{{{{if not ({condition})}}}}\n{skipped}{{{{end}}}}\n"


def _only(condition: str, text: str) -> str:
    return f"{{{{if {condition}}}}}{text}{{{{end}}}}"


def _literal(text: str) -> str:
    """Return a text that the template's language leaves as it is."""
    return text.replace("{{", '{{"{{"}}')


def _replace(pattern: str, by: str, text: str) -> str:
    """Replace what is there once, and not otherwise: the file has changed then, and so must this."""
    replaced, count = re.subn(pattern, lambda _: by, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"`{pattern}` is there {count} times: the template can't be made of it.")
    return replaced


def _make_bundle(text: str) -> str:
    return _replace(r"(?<=^  name: )data-platform$", '"{{.name}}"', _literal(text))


def _make_target(text: str, name: str) -> str:
    text = _replace(r"(?<=^      host: )https://.*$", f"{{{{.{name}_host}}}}", text)
    if name == "prod":
        return text
    text = _replace(rf"(?<=^      catalog_prefix: ){name}_$", f"{{{{.{name}_catalog_prefix}}}}", text)
    if name == "staging":
        return text
    # Without a staging, other domains' tables are one's own.
    upstream = "".join(re.findall(r"^      # Other domains'.*\n|^      upstream_.*\n", text, re.MULTILINE))
    staged = upstream.replace("staging_\n", "{{.staging_catalog_prefix}}\n")
    return text.replace(upstream, _only(_HAS_PROD, staged))


def _make_justfile(text: str) -> str:
    head, *blocks = text.split("\n\n")
    kept = [head]
    for block in blocks:
        recipe = re.search(r"^@?([a-z-]+)(?: [^:\n]*)?:(?!=)", block, re.MULTILINE)
        if recipe is None:
            is_of_the_tool = "install-cli" in block
            kept += [] if is_of_the_tool else [re.sub(r"^docs := .*\n", "", block, flags=re.MULTILINE)]
        elif recipe[1] in _RECIPES:
            kept.append(block)
    made = _literal("\n\n".join(one.rstrip("\n") for one in kept) + "\n")
    wanted = "lint typecheck generate-check scope-check" + _only(_HAS_GITHUB, " workflows")
    made = _replace(r"(?<=^check: && )lint .*$", wanted, made)
    made = _replace(r"^    @if command -v go .*actionlint.*\n", "", made)
    made = _replace(r"(?<=^# Checks the workflows: their schema), .*$", " and their security", made)
    workflows = made[made.index("# Checks the workflows") : made.index("# Finds imports, references")]
    return made.replace(workflows, _only(_HAS_GITHUB, workflows))


def _make_project(text: str, head: str) -> str:
    tables = {
        table.partition("\n")[0]: table.rstrip() + "\n" for table in re.split(r"^(?=\[)", text, flags=re.MULTILINE) if table
    }
    ignores = "[tool.ruff.lint.per-file-ignores]"
    kept = (
        "[tool.ruff]",
        "[tool.ruff.lint]",
        "[tool.ruff.lint.flake8-tidy-imports.banned-api]",
        "[tool.ruff.lint.pydocstyle]",
    )
    pyrefly = _replace(
        r"^project-includes = .*$", 'project-includes = ["src", "resources", "tests"]', tables["[tool.pyrefly]"]
    )
    pyrefly = _replace(r"^project-excludes = .*\n", "", pyrefly)
    pyrefly = _replace(r"^# Spark and what draws.*\n", "# Spark is in the workspace.\n", pyrefly)
    pyrefly = _replace(r", \"mermaidx\"", "", pyrefly)
    tables["[tool.ruff]"] = _replace(r"^extend-exclude = .*\n", "", tables["[tool.ruff]"])
    parts = [
        head.rstrip() + "\n",
        *(tables[name] for name in kept),
        _make_ignores(tables[ignores]),
        tables["[tool.ruff.lint.mccabe]"],
        pyrefly.partition("\n\n# Generated modules")[0] + "\n",
        "# Generated modules" + pyrefly.partition("\n\n# Generated modules")[2] if "# Generated modules" in pyrefly else "",
        tables["[[tool.pyrefly.sub-config]]"],
        tables["[tool.pyrefly.sub-config.errors]"],
    ]
    return _literal_but_head("\n".join(part.rstrip("\n") + "\n" for part in parts if part), len(head.rstrip()))


def _fill_head(head: str, lock: str) -> str:
    """Return the head with the versions that build the tool: those of this repository's lock file."""
    packages = {package["name"]: package for package in tomllib.loads(lock)["package"]}
    needed = ["hatchling", *(one["name"] for one in packages["hatchling"]["dependencies"] if "marker" not in one)]
    pins = ", ".join(f'"{name}=={packages[name]["version"]}"' for name in sorted(needed))
    return _replace(r"(?<=^build-constraint-dependencies = \[)\](?=$)", f"{pins}]", head)


def _make_ignores(text: str) -> str:
    text = _replace(r'^"tests/\{bench.*? = ', '"tests/domains.py" = ', text)
    text = re.sub(r'^"(?:scope/|tests/property).*\[\n(?:    .*\n)*\]\n', "", text, flags=re.MULTILINE)
    return re.sub(r'^"(?:scope/|tests/property).*\n', "", text, flags=re.MULTILINE)


def _literal_but_head(text: str, end: int) -> str:
    return text[:end] + _literal(text[end:])


def _make_attributes(text: str) -> str:
    head = "# Generated files: collapsed in GitHub's diffs and left out of its language statistics.\n"
    lines = [line for line in text.splitlines(keepends=True) if line.startswith(("resources/", "uv.lock"))]
    return head + "".join(lines)


def _make_owners(text: str) -> str:
    head, _, example = text.partition("\n\n")
    head = re.sub(
        r", and give each domain\n# a block of its own: docs/security.md says why .*\n",
        ", and give each domain\n# a block of its own.\n",
        head,
    )
    return f"{head}\n{_only(_HAS_EXAMPLE, f'{chr(10)}{example}')}"


def _make_dependabot(text: str) -> str:
    head, *updates = re.split(r"^(?=  - package-ecosystem)", text, flags=re.MULTILINE)
    return head + "".join(one for one in updates if re.match(r"  - package-ecosystem: (github-actions|uv|pip)\n", one))


def _make_quality(text: str) -> str:
    head, jobs = text.split("jobs:\n")
    head = re.sub(
        r"\A# What has to pass(?:.*\n#)*.*\n",
        "# What has to pass before anything deploys: the gate, and the tests of the domains that the change reaches.\n",
        head,
    )
    blocks = re.split(r"\n\n(?=  (?:# |[a-z]))", jobs.rstrip("\n"))
    kept = [one for one in blocks if re.search(r"^  (check|domains):$", one, re.MULTILINE)]
    if len(kept) != 2:
        raise ValueError("The workflow's jobs `check` and `domains` aren't there: the template can't be made of it.")
    return _literal(f"{head}jobs:\n" + "\n\n".join(kept) + "\n")


def _below(root: Path, folder: str) -> Iterator[str]:
    for file in sorted((root / folder).rglob("*")):
        if file.is_file():
            yield file.relative_to(root).as_posix()


def _write(file: Path, content: Path | bytes | None) -> None:
    file.unlink(missing_ok=True)
    if content is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        file.symlink_to(content)
    else:
        file.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
