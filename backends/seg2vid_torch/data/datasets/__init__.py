"""Data sets in the forms they are published in: where their frames lie, and which follow each other."""
