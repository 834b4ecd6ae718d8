"""The command line of seg2vid: parses, chooses a backend, shows progress and writes files."""
