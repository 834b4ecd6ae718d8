"""A benchmark's results as tables: for the terminal, and for GitHub."""

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from seg2vid_cli.benchmark.comparison import ENOUGH, Comparison
from seg2vid_cli.benchmark.document import Document

MISSING = "-"
Table = Mapping[str, Sequence[str]]
"""Heading -> the cells under it.  Headings of two lines, the second a unit, are those of numbers."""


def report(document: Document, comparison: Comparison | None, *, markdown: bool = False) -> Iterator[str]:
    """Yield the lines of everything, for a terminal, or for GitHub, e.g. for the summary of a CI run."""
    blank, item = ([""], "- ") if markdown else ([], "")
    rounds = max(len(result.rounds) for result in document.results)
    frames = "/".join(map(str, sorted({result.frames for result in document.results})))
    yield from ["### seg2vid benchmark", ""] if markdown else []
    yield f"{document.machine}; clips of {frames} frames, {rounds} rounds"
    yield from [*blank, *_render(_results(document), markdown=markdown), *blank]
    for note in _notes(document):
        yield item + note
    if comparison is not None:
        yield from ["", f"against {comparison.baseline}, tolerance {comparison.tolerance:.4g}%:"]
        yield from [*blank, *_render(_comparison(comparison), markdown=markdown), *blank]
        for note in comparison.notes:
            yield item + note


def _results(document: Document) -> Table:
    rows = document.results
    return {
        "model": [row.model for row in rows],
        "size": [f"{row.height}x{row.width}{f' x{row.batch}' if row.batch > 1 else ''}" for row in rows],
        "backend": [row.backend for row in rows],
        "device": [row.device for row in rows],
        "precision": [row.precision for row in rows],
        "load\ns": [_number(row.load_s, 2) for row in rows],
        "first\nms": [_number(row.first_frame_ms) for row in rows],
        "chunk\np50 ms": [_number(row.chunk_ms.p50 if row.chunk_ms else None) for row in rows],
        "chunk\np90 ms": [_number(row.chunk_ms.p90 if row.chunk_ms else None) for row in rows],
        "network\nframes/s": [_number(row.frames_per_s, 1) for row in rows],
        "to mp4\nframes/s": [_number(row.end_to_end_frames_per_s, 1) for row in rows],
        "memory\nMB": [_number(row.peak_memory_mb) for row in rows],
        "GPU\nMB": [_number(row.device_memory_mb) for row in rows],
        "of own\npeak": [MISSING if row.peak_fraction is None else f"{row.peak_fraction:.0%}" for row in rows],
        "differs\nof 255": [
            MISSING if row.max_difference is None else f"{row.max_difference} from {row.reference}" for row in rows
        ],
    }


def _comparison(comparison: Comparison) -> Table:
    rows = comparison.rows
    return {
        "row": [row.name for row in rows],
        "verdict": [row.verdict for row in rows],
        "frames/s\nbaseline": [_number(row.baseline_frames_per_s, 1) for row in rows],
        "frames/s\nnow": [_number(row.frames_per_s, 1) for row in rows],
        "share of peak,\nnow / baseline": [str(row.share_of_peak or MISSING) for row in rows],
    }


def _number(value: float | None, digits: int = 0) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _notes(document: Document) -> Iterator[str]:
    if document.core_share < ENOUGH:
        yield f"the machine was busy: of the cores, other programs took {1 - document.core_share:.0%}"
    for row in document.unavailable:
        yield f"not available: {row.model}, {row.backend}, {row.device}, {row.precision}: {row.reason}"


def _render(table: Table, *, markdown: bool) -> list[str]:
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
