"""One tree of the repository, and to whom each path in it belongs."""
