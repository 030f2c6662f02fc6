"""The JSON files that leave scope, the manifest and the results: written plainly, read strictly.

May import `console`, `escaping`, `files`, `naming`, `ports`, `workspace_ports`, `names`, `times` and the rooms below them.
"""
