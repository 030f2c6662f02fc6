# Generated from specs/jobs/finance/stripe/final_payments.yml (821814bb4901 a6150867c467): edit that instead.
from databricks.bundles.jobs import Job

finance_stripe_final_payments_job = Job.from_dict(
    {
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
        "tags": {"domain": "finance", "layer": "final", "source": "stripe"},
        "tasks": [
            {
                "pipeline_task": {"pipeline_id": "${resources.pipelines.finance_stripe_final_payments_pipeline.id}"},
                "task_key": "refresh_pipeline",
            }
        ],
    }
)
