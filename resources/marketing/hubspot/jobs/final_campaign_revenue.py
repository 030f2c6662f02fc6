# Generated from specs/jobs/marketing/hubspot/final_campaign_revenue.yml (7193eec25588 f2da5125e159): edit that instead.
from databricks.bundles.jobs import Job

marketing_hubspot_final_campaign_revenue_job = Job.from_dict(
    {
        "description": "Refreshes the campaigns' revenue whenever finance has published new payments.",
        "name": "marketing_hubspot_final_campaign_revenue",
        "parameters": [
            {"default": "${var.catalog_prefix}marketing", "name": "catalog"},
            {"default": "${var.catalog_prefix}", "name": "platform.catalog_prefix"},
            {"default": "marketing", "name": "platform.domain"},
            {"default": "${var.schema_prefix}", "name": "platform.schema_prefix"},
            {"default": "${var.upstream_catalog_prefix}", "name": "platform.upstream_catalog_prefix"},
            {"default": "${var.upstream_schema_prefix}", "name": "platform.upstream_schema_prefix"},
            {"default": "${var.schema_prefix}hubspot", "name": "schema"},
        ],
        "tags": {"domain": "marketing", "layer": "final", "source": "hubspot"},
        "tasks": [
            {
                "pipeline_task": {
                    "pipeline_id": "${resources.pipelines.marketing_hubspot_final_campaign_revenue_pipeline.id}"
                },
                "task_key": "refresh_pipeline",
            }
        ],
        "trigger": {
            "table_update": {
                "condition": "ANY_UPDATED",
                "table_names": ["${var.upstream_catalog_prefix}finance.${var.upstream_schema_prefix}stripe.final_payments"],
                "wait_after_last_change_seconds": 300,
            }
        },
    }
)
