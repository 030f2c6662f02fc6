"""What editors, GitHub and chats expect of a repository."""

import json
import re
from pathlib import Path

from tests.support.sandbox import REPOSITORY, tracked_files

OWNERS = (REPOSITORY / ".github/CODEOWNERS").read_text(encoding="utf-8")


def owner_of(path: str) -> str:
    """Return the last owner whose pattern matches, as GitHub does for the patterns that are used here."""
    found = ""
    for line in OWNERS.splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, owner = line.split()
        expression = "".join("[^/]+" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern.lstrip("/")))
        if pattern == "*" or re.match(expression, path):
            found = owner
    return found


def test_each_domains_folders_are_its_teams_and_all_else_is_the_platforms() -> None:
    domains = {path.name for path in (REPOSITORY / "src").iterdir() if path.is_dir()} - {"common", "__pycache__"}
    for path in tracked_files(REPOSITORY):
        parts = path.split("/")
        depth = {"src": 1, "resources": 1, "specs": 2, "tests": 2}.get(parts[0], 0)
        named = parts[depth] if depth and len(parts) > depth + 1 else ""
        in_tests = parts[0] != "tests" or parts[1] in ("unit", "fixtures")
        assert owner_of(path).rpartition("/")[2] == (named if named in domains and in_tests else "platform"), path


def test_the_devcontainer_has_the_tested_python_and_the_recommended_extensions() -> None:
    container = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    recommended = json.loads((REPOSITORY / ".vscode/extensions.json").read_text(encoding="utf-8"))
    assert container["image"].endswith(":3.11")
    assert container["customizations"]["vscode"]["extensions"] == recommended["recommendations"]


def test_dependabot_waits_a_week_with_every_lock_file() -> None:
    import yaml

    config = yaml.safe_load((REPOSITORY / ".github/dependabot.yml").read_text(encoding="utf-8"))
    assert all(update["cooldown"]["default-days"] >= 7 for update in config["updates"])
    folders = {
        (update["package-ecosystem"], folder.strip("/"))
        for update in config["updates"]
        for folder in update.get("directories", [update.get("directory")])
    }
    locks = {"go.mod": "gomod", "package-lock.json": "npm", "uv.lock": "uv"}
    for path in tracked_files(REPOSITORY):
        if (ecosystem := locks.get(Path(path).name)) is not None:
            assert (ecosystem, str(Path(path).parent).strip(".")) in folders, path
