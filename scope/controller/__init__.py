"""Brings the deployments of a target to the head: observes, deploys, destroys, recovers, adopts.

May import `planning`, `deployment` and the rooms below them.
"""
