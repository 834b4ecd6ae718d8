"""Reading pictures, and pairing them with label maps."""
