"""The folder that holds one deployment, in which the CLI runs."""
