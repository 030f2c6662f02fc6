"""What the text of one file says it depends on: imports, paths, notebooks, resources. Knows no git.

May import `repository` and the rooms below it.
"""
