"""The names of `--label-format`; apart from what they mean, as Tab asks for them before NumPy is loaded."""

LABEL_FORMATS = ("auto", "train-ids", "label-ids", "colors", "camvid")
"""What the flag takes beside the path of a label space's TOML file."""
