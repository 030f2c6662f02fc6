"""Runs as a script."""
