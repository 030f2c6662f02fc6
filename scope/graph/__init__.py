"""What a deployment is made of, and who depends on what.

May import `lineage` and the rooms below it.
"""
