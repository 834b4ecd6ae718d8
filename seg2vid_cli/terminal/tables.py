"""Tables, for the terminal and for GitHub."""

from collections.abc import Mapping, Sequence
from io import StringIO

MISSING = "-"
Table = Mapping[str, Sequence[str]]
"""Heading -> the cells under it.  Headings of two lines, the second a unit, are those of numbers."""


def number(value: float | None, digits: int = 0) -> str:
    """Return a cell."""
    return MISSING if value is None else f"{value:.{digits}f}"


def render(table: Table, *, markdown: bool) -> list[str]:
    """Lay a table out, as wide as it needs to be, without columns in which all is missing."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.MARKDOWN) if markdown else RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    columns = {heading: cells for heading, cells in table.items() if set(cells) != {MISSING}}
    for heading in columns:
        title = Text(heading.replace("\n", " ") if markdown else heading)
        grid.add_column(title, justify="right" if "\n" in heading else "left", no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        grid.add_row(*map(Text, cells))
    text = StringIO()
    Console(file=text, width=1000, color_system=None).print(grid)  # never cut: a terminal wraps what is too wide
    return [line.rstrip() for line in text.getvalue().splitlines() if line.strip()]
