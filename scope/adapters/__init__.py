"""The only code that talks to git, the workspace, the CLI and CI systems: one implementation of each port.

May import `controller` and the rooms below it.
"""
