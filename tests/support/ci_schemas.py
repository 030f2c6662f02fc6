"""The schemas of pipeline files that check-jsonschema brings along."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import yaml


@cache
def _validator(name: str) -> Any:  # noqa: ANN401  the library's
    schemas = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / f"{name}.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def find_azure_problems(text: str) -> list[str]:
    """Return what the schema of Azure Pipelines says against a file. To it every scalar is a text."""
    return [error.message for error in _validator("azure-pipelines").iter_errors(yaml.load(text, yaml.BaseLoader))]  # noqa: S506  it makes texts only


def find_gitlab_problems(text: str) -> list[str]:
    """Return what the schema of GitLab CI/CD says against a file."""
    return [error.message for error in _validator("gitlab-ci").iter_errors(yaml.safe_load(text))]
