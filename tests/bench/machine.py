"""What the figures of a run depend on: the machine and the versions of the programs."""

import os
import platform
import re
import subprocess
from pathlib import Path

from tests.support.cli import CliMissingError, find_databricks


def describe_machine() -> dict[str, str]:
    """Return what the machine is, and how busy it is, by words for the table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def read_versions() -> dict[str, str]:
    """Return the versions of Python, git and the Databricks CLI, of those that are there."""
    versions = {"Python": platform.python_version(), "git": _version_of("git"), "Databricks CLI": _version_of_cli()}
    return {name: version for name, version in versions.items() if version}


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _version_of_cli() -> str:
    try:
        return _version_of(str(find_databricks()))
    except CliMissingError:
        return ""


def _version_of(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else done.stdout.strip()
