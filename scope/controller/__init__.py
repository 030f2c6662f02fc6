"""Brings the deployments of a target to the head: deploy, destroy, reconcile, recover, adopt."""
