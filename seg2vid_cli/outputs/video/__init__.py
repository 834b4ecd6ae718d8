"""Videos and animated pictures."""
