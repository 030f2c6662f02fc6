"""The folder that holds one deployment, in which the CLI runs.

May import `graph` and the rooms below it.
"""
