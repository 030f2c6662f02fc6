# Generated from specs/jobs/finance/stripe/final_payments.yml (0bf291a01668 2d180bf445e8): edit that instead.
from databricks.bundles.jobs import Job

finance_stripe_final_payments_job = Job.from_dict(
    {
        "description": "Lands new payments every night and brings revenue by day up to date.",
        "max_concurrent_runs": 1,
        "name": "finance_stripe_final_payments",
        "parameters": [
            {"default": "${var.catalog_prefix}finance", "name": "catalog"},
            {"default": "${var.catalog_prefix}", "name": "platform.catalog_prefix"},
            {"default": "finance", "name": "platform.domain"},
            {"default": "${var.schema_prefix}", "name": "platform.schema_prefix"},
            {"default": "${var.upstream_catalog_prefix}", "name": "platform.upstream_catalog_prefix"},
            {"default": "${var.upstream_schema_prefix}", "name": "platform.upstream_schema_prefix"},
            {"default": "${var.schema_prefix}stripe", "name": "schema"},
        ],
        "schedule": {"quartz_cron_expression": "0 30 2 * * ?", "timezone_id": "UTC"},
        "tags": {"domain": "finance", "layer": "final", "source": "stripe"},
        "tasks": [
            {
                "pipeline_task": {"pipeline_id": "${resources.pipelines.finance_stripe_raw_payments_pipeline.id}"},
                "task_key": "land",
            },
            {
                "depends_on": [{"task_key": "land"}],
                "pipeline_task": {"pipeline_id": "${resources.pipelines.finance_stripe_final_payments_pipeline.id}"},
                "task_key": "refresh",
            },
        ],
    }
)
