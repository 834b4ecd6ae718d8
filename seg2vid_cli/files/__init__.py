"""Files on disk: staged, numbered, cached."""
