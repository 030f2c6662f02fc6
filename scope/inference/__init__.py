"""What the text of one file says that it depends on: imports, paths, notebooks, resources. Knows no git."""
