"""One deployment as it lies in the workspace: state, record, lock, and what may be done to it."""
