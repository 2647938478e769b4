"""Read-only selects, one file per reader."""
