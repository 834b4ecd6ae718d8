"""Lists the formats of label maps that have a name."""

from collections.abc import Iterator, Sequence
from typing import Any

from seg2vid_cli.inputs.label_maps.format_names import FORMATS, GROUPS, OWN_FORMATS, shipped_formats
from seg2vid_interface.label_space_files import read_mapped_label_space

_OWN = {
    "train-ids": ("class indices of the model, 255 = other", ["ids"]),
    "label-ids": ("label ids of the model's label space", ["ids", "ids-1000"]),
    "colors": ("colours of the model's label space", ["colors"]),
}


def format_rows() -> list[dict[str, Any]]:
    """Return a row a format, as JSON lists it: name, title, layouts, classes (how many), source."""
    rows: list[dict[str, Any]] = [
        {"name": name, "title": _OWN[name][0], "layouts": _OWN[name][1], "classes": None, "source": None}
        for name in OWN_FORMATS
    ]
    for name in shipped_formats():
        mapped = read_mapped_label_space(FORMATS / f"{name}.toml")
        rows.append(
            {
                "name": name,
                "title": mapped.title,
                "layouts": list(mapped.layouts),
                "classes": len(mapped.classes),
                "source": mapped.source or None,
            }
        )
    return rows


def described(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the rows as lines: name, title, classes and layouts, and below where the numbers are from."""
    for row in rows:
        classes = f", {row['classes']} classes" if row["classes"] else ""
        yield f"{row['name']}: {row['title']}{classes}; {', '.join(row['layouts'])}"
        if row["source"]:
            yield f"    from {row['source']}"
    for name, members in GROUPS.items():
        yield f"{name}: {' or '.join(members)}, whichever fits"
