"""One module per command: reads its options, calls the rooms below, prints, returns the exit code.

May import `bootstrap` and the rooms below it.
"""
