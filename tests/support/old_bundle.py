"""Jobs and pipelines of all shapes, as a bundle has them that was never made from specs.

Their YAML lies in `resources/finance/stripe/`, where this repository's bundle takes it, and paths in it count from there.
"""

import json
from typing import Any

from generator.importing.text import plain_yaml

PLACE = "resources/finance/stripe/old.yml"
_HOME = "../../../src/finance/stripe/tasks"

FILES: dict[str, str] = {
    "src/finance/__init__.py": "",
    "src/finance/stripe/__init__.py": "",
    "src/finance/stripe/tasks/look.ipynb": json.dumps(
        {
            "cells": [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": ["1"]}],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ),
    "src/finance/stripe/tasks/load.py": "# Databricks notebook source\n",
    "src/finance/stripe/tasks/report.py": "print(1)\n",
    "src/finance/stripe/tasks/check.sql": "SELECT 1;\n",
    "src/finance/stripe/tasks/dbt/dbt_project.yml": "name: x\n",
    "src/finance/stripe/tasks/requirements.txt": "requests\n",
    "src/finance/stripe/flows/one.py": "# Databricks notebook source\n",
    "src/finance/stripe/flows/two.sql": "SELECT 1;\n",
    "src/finance/stripe/flows/more.sql": "SELECT 2;\n",
    "src/finance/stripe/flows/all/three.py": "print(3)\n",
    "resources/finance/__init__.py": "",
    "resources/finance/stripe/__init__.py": "",
}
CLUSTER = {"spark_version": "16.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}
NOTEBOOK = {"task_key": "look", "notebook_task": {"notebook_path": f"{_HOME}/look.ipynb"}}
RUN = {"tasks": [NOTEBOOK]}

JOBS: dict[str, dict[str, Any]] = {
    "notebook": {
        "tasks": [{**NOTEBOOK, "notebook_task": {**NOTEBOOK["notebook_task"], "base_parameters": {"catalog": "a"}}}]
    },
    "workspace_notebook": {"tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/Workspace/Shared/x"}}]},
    "python_file": {
        "tasks": [
            {
                "task_key": "a",
                "environment_key": "default",
                "spark_python_task": {"python_file": f"{_HOME}/report.py", "parameters": ["--x", "{{job.parameters.x}}"]},
            }
        ],
        "environments": [
            {
                "environment_key": "default",
                "spec": {"environment_version": "4", "dependencies": ["requests", f"-r {_HOME}/requirements.txt"]},
            }
        ],
        "parameters": [{"name": "x", "default": "1"}, {"name": "catalog", "default": "${var.catalog_prefix}main"}],
    },
    "python_wheel": {
        "tasks": [
            {
                "task_key": "a",
                "new_cluster": CLUSTER,
                "python_wheel_task": {"package_name": "data_platform_runtime", "entry_point": "main", "parameters": ["1"]},
                "libraries": [{"whl": "/Volumes/main/x/lib.whl"}, {"pypi": {"package": "requests==2.32.3"}}],
            }
        ]
    },
    "sql": {
        "tasks": [
            {"task_key": "file", "sql_task": {"warehouse_id": "a", "file": {"path": f"{_HOME}/check.sql"}}},
            {"task_key": "query", "sql_task": {"warehouse_id": "a", "query": {"query_id": "b"}, "parameters": {"d": "1"}}},
        ]
    },
    "dbt": {
        "tasks": [
            {
                "task_key": "a",
                "environment_key": "default",
                "dbt_task": {"project_directory": f"{_HOME}/dbt", "commands": ["dbt build"], "warehouse_id": "a"},
            }
        ],
        "environments": [{"environment_key": "default", "spec": {"environment_version": "4"}}],
    },
    "run_pipeline": {
        "tasks": [
            {"task_key": "a", "pipeline_task": {"pipeline_id": "${resources.pipelines.notebooks.id}", "full_refresh": True}}
        ]
    },
    "for_each": {
        "tasks": [
            {
                "task_key": "a",
                "for_each_task": {"inputs": "[1, 2]", "concurrency": 2, "task": {**NOTEBOOK, "max_retries": 1}},
            }
        ]
    },
    "condition": {
        "tasks": [
            {"task_key": "is", "condition_task": {"op": "EQUAL_TO", "left": "{{job.parameters.x}}", "right": "1"}},
            {**NOTEBOOK, "depends_on": [{"task_key": "is", "outcome": "true"}], "run_if": "ALL_DONE", "timeout_seconds": 60},
        ],
        "parameters": [{"name": "x", "default": "1"}],
    },
    "run_job": {
        "tasks": [
            {"task_key": "a", "run_job_task": {"job_id": "${resources.jobs.notebook.id}", "job_parameters": {"x": "1"}}}
        ]
    },
    "clusters": {
        "tasks": [{**NOTEBOOK, "job_cluster_key": "z", "libraries": [{"jar": "/Volumes/main/x/lib.jar"}]}],
        "job_clusters": [
            {"job_cluster_key": "z", "new_cluster": {**CLUSTER, "spark_conf": {"spark.x": "true"}}},
            {"job_cluster_key": "a", "new_cluster": {**CLUSTER, "autoscale": {"min_workers": 1, "max_workers": 3}}},
        ],
    },
    "scheduled": {**RUN, "schedule": {"quartz_cron_expression": "0 0 9 ? * MON", "timezone_id": "Europe/Zurich"}},
    "paused": {**RUN, "schedule": {"quartz_cron_expression": "0 0 9 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"}},
    "periodic": {**RUN, "trigger": {"periodic": {"interval": 2, "unit": "HOURS"}, "pause_status": "UNPAUSED"}},
    "file_arrival": {
        **RUN,
        "trigger": {"file_arrival": {"url": "/Volumes/main/x/y/", "min_time_between_triggers_seconds": 60}},
    },
    "table_update": {**RUN, "trigger": {"table_update": {"table_names": ["z.y.x", "a.b.c"], "condition": "ALL_UPDATED"}}},
    "table_update_plain": {**RUN, "trigger": {"table_update": {"table_names": ["z.y.x", "a.b.c"]}}},
    "continuous": {**RUN, "continuous": {"pause_status": "UNPAUSED"}},
    "permitted": {
        **RUN,
        "permissions": [
            {"user_name": "tester@databricks.com", "level": "IS_OWNER"},
            {"group_name": "users", "level": "CAN_MANAGE_RUN"},
        ],
    },
    "permitted_plainly": {
        **RUN,
        "permissions": [{"group_name": "users", "level": "CAN_VIEW"}, {"group_name": "admins", "level": "CAN_MANAGE_RUN"}],
    },
    "notifying": {
        "tasks": [{**NOTEBOOK, "email_notifications": {"on_failure": ["z@example.com"]}}],
        "email_notifications": {"on_failure": ["z@example.com", "a@example.com"], "on_start": ["b@example.com"]},
        "webhook_notifications": {"on_success": [{"id": "1"}], "on_duration_warning_threshold_exceeded": [{"id": "2"}]},
        "notification_settings": {"no_alert_for_canceled_runs": True},
        "health": {"rules": [{"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": 600}]},
    },
    "limited": {
        **RUN,
        "description": 'Looks.\n\nThen looks again: "yes".\n',
        "max_concurrent_runs": 3,
        "timeout_seconds": 600,
        "queue": {"enabled": True},
        "tags": {"owner": "me", "domain": "elsewhere", "empty": ""},
        "performance_target": "STANDARD",
    },
    # As `databricks bundle generate` writes it.
    "emptily": {
        "tasks": [{**NOTEBOOK, "email_notifications": {}, "webhook_notifications": {}, "timeout_seconds": 0}],
        "email_notifications": {},
        "webhook_notifications": {},
        "timeout_seconds": 0,
        "tags": {},
    },
    "run_as": {**RUN, "run_as": {"user_name": "${workspace.current_user.userName}"}},
    "from_git": {
        "git_source": {"git_url": "https://github.com/example/x", "git_provider": "gitHub", "git_branch": "main"},
        "tasks": [
            {"task_key": "git", "notebook_task": {"notebook_path": "notebooks/x", "source": "GIT"}},
            {"task_key": "also", "depends_on": [{"task_key": "git"}], "notebook_task": {"notebook_path": "y"}},
            {
                "task_key": "look",
                "notebook_task": {
                    "notebook_path": "${workspace.file_path}/src/finance/stripe/tasks/look",
                    "source": "WORKSPACE",
                },
            },
        ],
    },
    "named_elsewhere": {**RUN, "name": "A name of its own, é", "parameters": [{"name": "t", "default": "${bundle.target}"}]},
    "everywhere_else": {
        **RUN,
        "max_concurrent_runs": 1,
        "schedule": {"quartz_cron_expression": "0 0 1 * * ?", "timezone_id": "UTC"},
    },
    "larger_there": {
        "tasks": [
            {**NOTEBOOK, "job_cluster_key": "c", "depends_on": [{"task_key": "first"}]},
            {"task_key": "first", "environment_key": "e", "spark_python_task": {"python_file": f"{_HOME}/report.py"}},
        ],
        "job_clusters": [{"job_cluster_key": "c", "new_cluster": {**CLUSTER, "spark_conf": {"a": "1", "b": "1"}}}],
        "environments": [{"environment_key": "e", "spec": {"environment_version": "4", "dependencies": ["a==1"]}}],
        "parameters": [{"name": "q", "default": "1"}, {"name": "p", "default": "1"}],
        "permissions": [{"group_name": "users", "level": "CAN_VIEW"}],
        "email_notifications": {"on_failure": ["a@example.com"]},
    },
}
PIPELINES: dict[str, dict[str, Any]] = {
    "notebooks": {
        "catalog": "main",
        "schema": "x",
        "libraries": [{"notebook": {"path": "../../../src/finance/stripe/flows/one.py"}}],
        "serverless": True,
        "channel": "PREVIEW",
        "configuration": {"a.b": "c", "platform.domain": "elsewhere"},
        "notifications": [{"alerts": ["on-update-failure"], "email_recipients": ["a@example.com"]}],
    },
    "files": {
        "catalog": "main",
        "target": "x",
        "libraries": [{"file": {"path": "../../../src/finance/stripe/flows/two.sql"}}],
        "photon": True,
        "continuous": False,
        "edition": "ADVANCED",
        "clusters": [
            {"node_type_id": "i3.xlarge", "autoscale": {"min_workers": 1, "max_workers": 2}},
            {"label": "maintenance", "node_type_id": "i3.xlarge", "num_workers": 1},
        ],
        "permissions": [{"group_name": "users", "level": "CAN_RUN"}],
    },
    "globs": {
        "catalog": "main",
        "schema": "x",
        "root_path": "../../../src/finance/stripe",
        "libraries": [{"glob": {"include": "../../../src/finance/stripe/flows/all/**"}}],
        "environment": {"dependencies": ["requests==2.32.3", "--editable ${workspace.file_path}/src"]},
        "tags": {"source": "elsewhere"},
        "serverless": True,
    },
    "labelled": {
        "catalog": "main",
        "schema": "x",
        "libraries": [{"notebook": {"path": "/Workspace/Shared/x"}}],
        "clusters": [{"label": "updates", "num_workers": 1}, {"label": "default", "num_workers": 2}],
    },
    "ingesting": {
        "catalog": "main",
        "schema": "x",
        "ingestion_definition": {
            "connection_name": "c",
            "objects": [
                {
                    "table": {
                        "source_schema": "s",
                        "source_table": "t",
                        "destination_catalog": "main",
                        "destination_schema": "x",
                    }
                }
            ],
        },
    },
}
# What holds in prod only.
IN_PROD = {
    "jobs": {
        "everywhere_else": {
            "max_concurrent_runs": 4,
            "tags": {"in": "prod"},
            "tasks": [{"task_key": "look", "timeout_seconds": 90}, {**NOTEBOOK, "task_key": "again"}],
            "schedule": {"quartz_cron_expression": "0 0 5 * * ?"},
            "parameters": [{"name": "p", "default": "1"}],
        },
        "larger_there": {
            "tasks": [{"task_key": "first", "spark_python_task": {"parameters": ["1"]}, "max_retries": 1}],
            "job_clusters": [
                {"job_cluster_key": "c", "new_cluster": {"num_workers": 5, "spark_conf": {"b": "2"}}},
                {"job_cluster_key": "a", "new_cluster": CLUSTER},
            ],
            "environments": [{"environment_key": "e", "spec": {"dependencies": ["b==1"]}}],
            "parameters": [{"name": "p", "default": "2"}, {"name": "a", "default": "3"}],
            "permissions": [{"group_name": "admins", "level": "CAN_MANAGE"}],
            "email_notifications": {"on_failure": ["b@example.com"], "on_start": ["c@example.com"]},
        },
        "only_in_prod": {"name": "only_in_prod", **RUN},
    },
    "pipelines": {
        "globs": {"schema": "y", "configuration": {"in": "prod"}},
        "files": {
            "clusters": [{"label": "default", "node_type_id": "i3.2xlarge"}, {"label": "updates", "num_workers": 3}],
            "libraries": [{"file": {"path": "../../../src/finance/stripe/flows/more.sql"}}],
            "photon": False,
        },
    },
}


def resources() -> dict[str, Any]:
    """Return the resources by kind and key; one without a name is called by its key."""
    return {
        "jobs": {key: {"name": key} | body for key, body in JOBS.items()},
        "pipelines": {key: {"name": key} | body for key, body in PIPELINES.items()},
    }


def old_bundle() -> str:
    """Return their YAML."""
    tree: dict[str, Any] = {"resources": resources(), "targets": {"prod": {"resources": IN_PROD}}}
    return plain_yaml(tree)
