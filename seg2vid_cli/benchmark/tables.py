"""A benchmark's results as tables: for the terminal, and for GitHub."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from seg2vid_cli.benchmark.comparison import ComparedRow, Comparison
from seg2vid_cli.benchmark.crowding import ENOUGH
from seg2vid_cli.benchmark.document import Document, Result
from seg2vid_cli.benchmark.intervals import Ratio

MISSING = "-"
Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Headings, of one or two lines, and rows of as many cells."""

    headings: Row
    rows: tuple[Row, ...]
    text_columns: int
    """The first ones, which are aligned to the left."""

    def without_empty_columns(self) -> "Table":
        """Leave out what is missing in every row."""
        kept = [i for i in range(len(self.headings)) if any(row[i] != MISSING for row in self.rows)]
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        texts = sum(i < self.text_columns for i in kept)
        return Table(tuple(self.headings[i] for i in kept), rows, texts)


def document_lines(document: Document, comparison: Comparison | None) -> Iterator[str]:
    """Yield everything for a terminal, as wide as it needs to be."""
    yield _machine(document)
    yield from _terminal(result_table(document))
    yield from _notes(document)
    if comparison is not None:
        yield ""
        yield f"against {comparison.baseline}, tolerance {comparison.tolerance:.4g}%:"
        yield from _terminal(comparison_table(comparison))
        yield from comparison.notes


def document_markdown(document: Document, comparison: Comparison | None) -> str:
    """Return everything for GitHub, e.g. for the summary of a CI run."""
    parts = ["### seg2vid benchmark", _machine(document), "\n".join(_markdown(result_table(document)))]
    parts += [f"- {_escaped(note)}" for note in _notes(document)]
    if comparison is not None:
        parts += [f"Against `{comparison.baseline}`, tolerance {comparison.tolerance:.4g}%:"]
        parts += ["\n".join(_markdown(comparison_table(comparison)))]
        parts += [f"- {_escaped(note)}" for note in comparison.notes]
    return "\n\n".join(parts) + "\n"


def result_table(document: Document) -> Table:
    """Return a row for every result."""
    headings = (
        "model",
        "size",
        "backend",
        "device",
        "precision",
        "load\ns",
        "first\nms",
        "chunk\np50 ms",
        "chunk\np90 ms",
        "network\nframes/s",
        "to mp4\nframes/s",
        "memory\nMB",
        "GPU\nMB",
        "of own\npeak",
        "differs\nof 255",
    )
    return Table(headings, tuple(map(_cells, document.results)), text_columns=5).without_empty_columns()


def comparison_table(comparison: Comparison) -> Table:
    """Return a row for every row that both runs have."""
    headings = (
        "row",
        "verdict",
        "frames/s\nbaseline",
        "frames/s\nnow",
        "share of own peak,\nnow / baseline",
        "against other rows,\nnow / baseline",
    )
    return Table(headings, tuple(map(_compared_cells, comparison.rows)), text_columns=2)


def _cells(result: Result) -> Row:
    batch = f" x{result.batch}" if result.batch > 1 else ""
    times = result.chunk_ms
    return (
        result.model,
        f"{result.height}x{result.width}{batch}",
        result.backend,
        result.device,
        result.precision,
        _number(result.load_s, 2),
        _number(result.first_frame_ms),
        _number(times.p50 if times else None),
        _number(times.p90 if times else None),
        _number(result.frames_per_s, 1),
        _number(result.end_to_end_frames_per_s, 1),
        _number(result.peak_memory_mb),
        _number(result.device_memory_mb),
        MISSING if result.peak_fraction is None else f"{result.peak_fraction:.0%}",
        _number(result.max_difference),
    )


def _compared_cells(row: ComparedRow) -> Row:
    speeds = _number(row.baseline_frames_per_s, 1), _number(row.frames_per_s, 1)
    return str(row.name), row.verdict, *speeds, _ratio(row.own_peak), _ratio(row.other_rows)


def _ratio(ratio: Ratio | None) -> str:
    return MISSING if ratio is None else f"{ratio.ratio:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def _number(value: float | None, digits: int = 0) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _machine(document: Document) -> str:
    machine = document.machine
    names = ", ".join([f"{machine.cpu}, {machine.cores} cores", *machine.gpus])
    rounds = max((len(result.rounds) for result in document.results), default=0)
    frames = "/".join(str(frames) for frames in sorted({result.frames for result in document.results}))
    return f"{names}; clips of {frames} frames, {rounds} rounds"


def _notes(document: Document) -> Iterator[str]:
    if document.core_share < ENOUGH:
        yield f"the machine was busy: of the cores, other programs took {1 - document.core_share:.0%}"
    for row in document.unavailable:
        yield f"not available: {row.model}, {row.backend}, {row.device}, {row.precision}: {row.reason}"


def _terminal(table: Table) -> list[str]:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(table.headings):
        grid.add_column(Text(heading), justify="left" if number < table.text_columns else "right", no_wrap=True)
    for row in table.rows:
        grid.add_row(*map(Text, row))
    text = StringIO()
    Console(file=text, width=1000, color_system=None).print(grid)  # never cut: a terminal wraps what is too wide
    return [line.rstrip() for line in text.getvalue().splitlines()]


def _markdown(table: Table) -> Iterator[str]:
    rules = ["---" if number < table.text_columns else "---:" for number in range(len(table.headings))]
    headings = [heading.replace("\n", " ") for heading in table.headings]
    for row in (headings, rules, *table.rows):
        yield f"| {' | '.join(map(_escaped, row))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
