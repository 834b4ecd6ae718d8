"""The names that `--camera` knows; apart from the paths that they mean, as Tab asks for them before NumPy is loaded."""

CAMERA_NAMES = ("still", "straight", "left", "right", "brake", "reverse")
"""What the flag takes beside rates and files."""
