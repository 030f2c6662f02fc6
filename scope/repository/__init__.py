"""One tree of the repository, and who owns each path in it.

May import `documents` and the rooms below it.
"""
