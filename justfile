# Lists the recipes.
default:
    @just --list

# Builds the fake workspace for the end-to-end tests, and the Databricks CLI where the PATH has none (needs Go)
[group('setup')]
install-cli:
    tests/cli/install
