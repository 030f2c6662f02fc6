"""The CLI logs in with the tokens that CI systems give to a job, by the same variables as scope does."""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.answering import Answer, Request, answering
from tests.support.cli import DatabricksCli
from tests.support.sandbox import git_environment

AZURE = {
    "DATABRICKS_AUTH_TYPE": "azure-devops-oidc",
    "SYSTEM_ACCESSTOKEN": "t",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "{host}/",
    "SYSTEM_TEAMPROJECTID": "p",
    "SYSTEM_PLANID": "1",
    "SYSTEM_JOBID": "2",
    "SYSTEM_HOSTTYPE": "build",
}
GITLAB = {"DATABRICKS_AUTH_TYPE": "env-oidc", "DATABRICKS_OIDC_TOKEN": "of-the-job"}


@pytest.mark.parametrize("settings", [AZURE, GITLAB], ids=["azure", "gitlab"])
def test_the_cli_exchanges_a_job_s_token(settings: dict[str, str], databricks_cli: DatabricksCli, tmp_path: Path) -> None:
    used: list[str] = []

    def answer(request: Request) -> Answer:
        host = f"http://{request.headers['Host']}"
        match urlsplit(request.url).path:
            case "/oidc/.well-known/oauth-authorization-server":
                content = {"authorization_endpoint": f"{host}/oidc/authorize", "token_endpoint": f"{host}/oidc/v1/token"}
            case "/oidc/v1/token":
                content = {"access_token": "issued", "token_type": "Bearer", "expires_in": 3600}
            case "/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken":
                content = {"oidcToken": "of-the-pipeline"}
            case _:
                used.append(request.headers["Authorization"])
                content = {"userName": "me"}
        return 200, [json.dumps(content).encode()]

    with answering(answer, {"oidc_endpoint": "{host}/oidc"}) as workspace:
        env = {name: value.replace("{host}", workspace.host) for name, value in settings.items()}
        done = subprocess.run(
            [databricks_cli.path, "current-user", "me", "--output", "json"],
            cwd=tmp_path,
            env={
                **git_environment(),
                "HOME": str(tmp_path),
                "DATABRICKS_HOST": workspace.host,
                "DATABRICKS_CLIENT_ID": "me",
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["userName"] == "me"
    assert set(used) == {"Bearer issued"}
