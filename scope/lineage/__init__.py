"""The tables that the text of one file writes and reads.

May import `inference` and the rooms below it.
"""
