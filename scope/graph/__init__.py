"""What a deployment is made of, and who depends on what."""
