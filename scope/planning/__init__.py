"""From the difference of two trees to the manifest."""
