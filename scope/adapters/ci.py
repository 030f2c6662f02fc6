"""Which CI system a command runs in, by the variables that each sets for its jobs."""

from collections.abc import Mapping

from scope.ports import Ci


def find_ci(environment: Mapping[str, str]) -> Ci:
    """Return the CI system of an environment: GitHub where none is known, whose variables a person may set by hand."""
    if environment.get("GITHUB_ACTIONS") != "true":
        # One is enough for each run.
        if environment.get("TF_BUILD", "").lower() == "true":
            from scope.adapters.azure_devops import AzureDevOps

            return AzureDevOps(environment)
        if environment.get("GITLAB_CI") == "true":
            from scope.adapters.gitlab import GitLab

            return GitLab(environment)
    from scope.adapters.github import GitHub

    return GitHub(environment)
