# Generated from specs/jobs/finance/stripe/final_report.yml (fe816ce5918a a92a3e1bc794): edit that instead.
from databricks.bundles.jobs import Job

finance_stripe_final_report_job = Job.from_dict(
    {
        "description": "Reports the revenue of the last days, with the domain's code from its wheel.",
        "environments": [
            {"environment_key": "default", "spec": {"dependencies": ["./src/dist/*.whl"], "environment_version": "4"}}
        ],
        "name": "finance_stripe_final_report",
        "parameters": [
            {"default": "${var.catalog_prefix}finance", "name": "catalog"},
            {"default": "${var.catalog_prefix}", "name": "platform.catalog_prefix"},
            {"default": "finance", "name": "platform.domain"},
            {"default": "${var.schema_prefix}", "name": "platform.schema_prefix"},
            {"default": "${var.upstream_catalog_prefix}", "name": "platform.upstream_catalog_prefix"},
            {"default": "${var.upstream_schema_prefix}", "name": "platform.upstream_schema_prefix"},
            {"default": "${var.schema_prefix}stripe", "name": "schema"},
        ],
        "schedule": {"quartz_cron_expression": "0 0 6 ? * MON", "timezone_id": "UTC"},
        "tags": {"domain": "finance", "layer": "final", "source": "stripe"},
        "tasks": [
            {
                "environment_key": "default",
                "spark_python_task": {
                    "parameters": [
                        "--platform.domain={{job.parameters.[platform.domain]}}",
                        "--platform.catalog_prefix={{job.parameters.[platform.catalog_prefix]}}",
                        "--platform.schema_prefix={{job.parameters.[platform.schema_prefix]}}",
                        "--platform.upstream_catalog_prefix={{job.parameters.[platform.upstream_catalog_prefix]}}",
                        "--platform.upstream_schema_prefix={{job.parameters.[platform.upstream_schema_prefix]}}",
                    ],
                    "python_file": "src/finance/stripe/tasks/report.py",
                },
                "task_key": "report",
            }
        ],
    }
)
