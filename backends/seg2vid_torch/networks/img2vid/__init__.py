"""The motion stage's network."""
