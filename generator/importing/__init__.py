"""The YAML of any bundle → specs that say the same."""
