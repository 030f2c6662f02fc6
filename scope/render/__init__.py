"""Manifest, status and results as text, Markdown, Mermaid and workflow outputs.

May import `controller` and the rooms below it.
"""
