"""The dependencies that the text of one file names: imports, paths, notebooks, resources. Knows no git.

May import `repository` and the rooms below it.
"""
