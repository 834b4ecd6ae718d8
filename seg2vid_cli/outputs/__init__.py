"""What a clip leaves on disk."""
