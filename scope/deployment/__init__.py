"""One deployment as it lies in the workspace: its state, record and lock, and what may be done to it.

May import `stage` and the rooms below it.
"""
