# Generated from specs/pipelines/marketing/hubspot/final_campaign_revenue.yml (1c688a08c97d 14060eac10d7): edit that instead.
from databricks.bundles.pipelines import Pipeline

marketing_hubspot_final_campaign_revenue_pipeline = Pipeline.from_dict(
    {
        "catalog": "${var.catalog_prefix}marketing",
        "configuration": {
            "platform.catalog_prefix": "${var.catalog_prefix}",
            "platform.domain": "marketing",
            "platform.schema_prefix": "${var.schema_prefix}",
            "platform.upstream_catalog_prefix": "${var.upstream_catalog_prefix}",
            "platform.upstream_schema_prefix": "${var.upstream_schema_prefix}",
        },
        "environment": {"dependencies": ["--editable ${workspace.file_path}/src"]},
        "libraries": [
            {"glob": {"include": "src/marketing/hubspot/raw/**"}},
            {"glob": {"include": "src/marketing/hubspot/base/**"}},
            {"glob": {"include": "src/marketing/hubspot/staging/**"}},
            {"glob": {"include": "src/marketing/hubspot/final/**"}},
        ],
        "name": "marketing_hubspot_final_campaign_revenue",
        "schema": "${var.schema_prefix}hubspot",
        "serverless": True,
        "tags": {"domain": "marketing", "layer": "final", "source": "hubspot"},
    }
)
