# Generated from specs/pipelines/finance/stripe/raw_payments.yml (6c992731971b f903cfb63536): edit that instead.
from databricks.bundles.pipelines import Pipeline

finance_stripe_raw_payments_pipeline = Pipeline.from_dict(
    {
        "catalog": "${var.catalog_prefix}finance",
        "configuration": {
            "platform.catalog_prefix": "${var.catalog_prefix}",
            "platform.domain": "finance",
            "platform.schema_prefix": "${var.schema_prefix}",
            "platform.upstream_catalog_prefix": "${var.upstream_catalog_prefix}",
            "platform.upstream_schema_prefix": "${var.upstream_schema_prefix}",
        },
        "environment": {"dependencies": ["--editable ${workspace.file_path}/src"]},
        "libraries": [{"glob": {"include": "src/finance/stripe/raw/**"}}],
        "name": "finance_stripe_raw_payments",
        "schema": "${var.schema_prefix}stripe",
        "serverless": True,
        "tags": {"domain": "finance", "layer": "raw", "source": "stripe"},
    }
)
