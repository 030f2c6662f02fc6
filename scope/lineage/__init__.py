"""Which tables the text of one file writes and reads."""
