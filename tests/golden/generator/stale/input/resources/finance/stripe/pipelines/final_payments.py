# Generated from specs/pipelines/finance/stripe/final_payments.yml (7c903206291d de897c9c46b8): edit that instead.
from databricks.bundles.pipelines import Pipeline

finance_stripe_final_payments_pipeline = Pipeline.from_dict(
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
        "libraries": [
            {"glob": {"include": "src/finance/stripe/raw/**"}},
            {"glob": {"include": "src/finance/stripe/base/**"}},
            {"glob": {"include": "src/finance/stripe/staging/**"}},
            {"glob": {"include": "src/finance/stripe/final/**"}},
        ],
        "name": "finance_stripe_final_payments",
        "schema": "${var.schema_prefix}stripe",
        "serverless": True,
        "tags": {"domain": "finance", "layer": "final", "source": "stripe"},
    }
)
