"""The JSON files that leave: the manifest, the results; written plainly, read strictly."""
