"""The deploy controller: from a git diff to what must be deployed, why, and to deploying it."""

__version__ = "0.1.0"
