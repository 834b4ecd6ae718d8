"""The names of `--label-format`; apart from what they mean, as Tab asks for them before NumPy is loaded."""

from pathlib import Path

FORMATS = Path(__file__).parent / "formats"
"""Holds NAME.toml for every format but those of the model's own label space."""
OWN_FORMATS = ("train-ids", "label-ids", "colors")
"""Those of the model's own label space."""
GROUPS = {"camvid": ("camvid-12", "camvid-32")}
"""Names that stand for several formats."""


def shipped_formats() -> tuple[str, ...]:
    """Return the names of the formats that come with seg2vid, in alphabetical order."""
    return tuple(sorted(path.stem for path in FORMATS.glob("*.toml")))


def label_formats() -> tuple[str, ...]:
    """Return all that the flag takes beside the path of a file."""
    return ("auto", *OWN_FORMATS, *sorted((*GROUPS, *shipped_formats())))
