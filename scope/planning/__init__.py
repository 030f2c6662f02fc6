"""From the difference of two trees to the manifest.

May import `stage` and the rooms below it.
"""
