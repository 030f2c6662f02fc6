"""Modules of the SDK without the SDK's `__init__`, in processes of their own: here it may have been imported already."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scope.adapters.named_kinds import DELETERS, FINDERS
from scope.adapters.sdk import Services
from tests.support.answering import Answer, Request, answering

ALONE = """
import sys
from scope.adapters.sdk import modules_alone
with modules_alone():
    from databricks.sdk.core import ApiClient, Config
assert "databricks.sdk" not in sys.modules
"""


@pytest.mark.parametrize(
    "afterwards",
    [
        pytest.param("assert 'databricks.sdk.service.jobs' not in sys.modules", id="the services stay outside"),
        pytest.param(
            "from databricks.sdk import WorkspaceClient, core\n"
            "assert core.ApiClient is ApiClient and 'databricks.sdk.service.jobs' in sys.modules",
            id="the whole package can still be had",
        ),
        pytest.param(
            "import databricks.sdk\nwith modules_alone():\n    import databricks.sdk as again\n"
            "assert again.WorkspaceClient and databricks.sdk is sys.modules['databricks.sdk']",
            id="the whole package is left alone",
        ),
        pytest.param(
            "try:\n    with modules_alone():\n        import databricks.sdk.nothing\n"
            "except ModuleNotFoundError:\n    pass\nfrom databricks.sdk import WorkspaceClient",
            id="nothing stays of what failed",
        ),
        pytest.param("import databricks.bundles.core", id="its neighbours are found"),
    ],
)
def test_a_module_is_imported_without_the_package_and_nothing_is_in_its_way(afterwards: str) -> None:
    subprocess.run([sys.executable, "-c", ALONE + afterwards], check=True)


def test_each_service_is_there_under_its_name() -> None:
    names = [name for name in Services.__annotations__ if not name.startswith("_")]
    assert len(names) >= len({*FINDERS, *DELETERS}) - 1
    probe = "from scope.adapters.sdk import Services\nservices = Services(None)\n" + "".join(
        f"assert type(services.{name}).__name__ == {Services.__annotations__[name]!r}.strip(chr(34))\n" for name in names
    )
    subprocess.run([sys.executable, "-c", probe], check=True)
    with pytest.raises(AttributeError):
        _ = Services.__getattr__(Services.__new__(Services), "planets")


LOG_IN = """
import sys
from scope.adapters.workspace import DatabricksWorkspace
print(DatabricksWorkspace(*sys.argv[1:]).user().name, "databricks.sdk" in sys.modules)
"""
PROFILE = "[DEFAULT]\n[work]\nhost = {host}\ntoken = from-profile\n"
WAYS = {
    "a token": ({"DATABRICKS_TOKEN": "from-environment"}, "from-environment"),
    "a profile": ({"DATABRICKS_CONFIG_PROFILE": "work"}, "from-profile"),
    "a client's secret": ({"DATABRICKS_CLIENT_ID": "me", "DATABRICKS_CLIENT_SECRET": "s"}, "issued"),
    "a workflow of GitHub": (
        {
            "DATABRICKS_AUTH_TYPE": "github-oidc",
            "DATABRICKS_CLIENT_ID": "me",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "{host}/actions?x=1",
        },
        "issued",
    ),
    "a pipeline of Azure DevOps": (
        {
            "DATABRICKS_AUTH_TYPE": "azure-devops-oidc",
            "DATABRICKS_CLIENT_ID": "me",
            "SYSTEM_ACCESSTOKEN": "t",
            "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "{host}/",
            "SYSTEM_TEAMPROJECTID": "p",
            "SYSTEM_PLANID": "1",
            "SYSTEM_JOBID": "2",
            "SYSTEM_HOSTTYPE": "build",
        },
        "issued",
    ),
    "a pipeline of GitLab": (
        {"DATABRICKS_AUTH_TYPE": "env-oidc", "DATABRICKS_CLIENT_ID": "me", "DATABRICKS_OIDC_TOKEN": "of-the-job"},
        "issued",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_log_in_works_without_the_whole_package(way: str, tmp_path: Path) -> None:
    settings, expected = WAYS[way]
    tokens: list[str] = []

    def answer(request: Request) -> Answer:
        host = f"http://{request.headers['Host']}"
        match urlsplit(request.url).path:
            case "/oidc/.well-known/oauth-authorization-server":
                content = {"authorization_endpoint": f"{host}/oidc/authorize", "token_endpoint": f"{host}/oidc/v1/token"}
            case "/oidc/v1/token":
                content = {"access_token": "issued", "token_type": "Bearer", "expires_in": 3600}
            case "/actions":
                content = {"value": "of-the-workflow"}
            case "/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken":
                content = {"oidcToken": "of-the-pipeline"}
            case _:
                tokens.append(request.headers["Authorization"])
                content = {"userName": "me"}
        return 200, [json.dumps(content).encode()]

    with answering(answer, {"oidc_endpoint": "{host}/oidc"}) as workspace:
        config = tmp_path / "config"
        config.write_text(PROFILE.format(host=workspace.host))
        env = {name: value.replace("{host}", workspace.host) for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-c", LOG_IN, workspace.host],
            env={"PATH": os.defpath, "HOME": str(tmp_path), "DATABRICKS_CONFIG_FILE": str(config), **env},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, tokens) == ("me False\n", [f"Bearer {expected}"]), done.stderr
