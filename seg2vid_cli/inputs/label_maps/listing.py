"""Lists the formats of label maps that have a name."""

from collections.abc import Sequence
from typing import Any

from seg2vid_cli.inputs.label_maps.format_names import FORMATS, GROUPS, OWN_FORMATS, shipped_formats
from seg2vid_interface.label_space_files import read_mapped_label_space

_OWN = {
    "train-ids": ("Class indices of the model, 255 = other", ["ids"]),
    "label-ids": ("Label ids of the model's label space", ["ids", "ids-1000"]),
    "colors": ("Colours of the model's label space", ["colors"]),
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


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the rows as the lines of a table, cut at the terminal's width."""
    from rich.console import Console
    from rich.table import Table

    listed = Table(box=None, header_style="", pad_edge=False)
    for column in ("format", "title", "layouts", "classes", "source"):
        listed.add_column(column, no_wrap=True, overflow="ellipsis", min_width=16 if column == "format" else None)
    for row in rows:
        cells = (row["name"], row["title"], ", ".join(row["layouts"]), row["classes"] or "", row["source"] or "")
        listed.add_row(*(_plain(str(cell)) for cell in cells))
    console = Console(color_system=None)
    with console.capture() as captured:
        console.print(listed)
    groups = [f"{name} stands for {' and '.join(members)}." for name, members in GROUPS.items()]
    return [line.rstrip() for line in captured.get().splitlines()] + groups


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
