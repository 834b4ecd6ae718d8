"""A benchmark's results as tables: for the terminal, and for GitHub."""

from collections.abc import Iterator

from seg2vid_cli.benchmark.comparison import ENOUGH, Comparison
from seg2vid_cli.benchmark.document import Document
from seg2vid_cli.terminal.tables import MISSING, Table, number, render


def report(document: Document, comparison: Comparison | None, *, markdown: bool = False) -> Iterator[str]:
    """Yield the lines of everything, for a terminal, or for GitHub, e.g. for the summary of a CI run."""
    blank, item = ([""], "- ") if markdown else ([], "")
    rounds = max(len(result.rounds) for result in document.results)
    frames = "/".join(map(str, sorted({result.frames for result in document.results})))
    yield from ["### seg2vid benchmark", ""] if markdown else []
    yield f"{document.machine}; clips of {frames} frames, {rounds} rounds"
    yield from [*blank, *render(_results(document), markdown=markdown), *blank]
    for note in _notes(document):
        yield item + note
    if comparison is not None:
        yield from ["", f"against {comparison.baseline}, tolerance {comparison.tolerance:.4g}%:"]
        yield from [*blank, *render(_comparison(comparison), markdown=markdown), *blank]
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
        "load\ns": [number(row.load_s, 2) for row in rows],
        "first\nms": [number(row.first_frame_ms) for row in rows],
        "chunk\np50 ms": [number(row.chunk_ms.p50 if row.chunk_ms else None) for row in rows],
        "chunk\np90 ms": [number(row.chunk_ms.p90 if row.chunk_ms else None) for row in rows],
        "network\nframes/s": [number(row.frames_per_s, 1) for row in rows],
        "to mp4\nframes/s": [number(row.end_to_end_frames_per_s, 1) for row in rows],
        "memory\nMB": [number(row.peak_memory_mb) for row in rows],
        "GPU\nMB": [number(row.device_memory_mb) for row in rows],
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
        "frames/s\nbaseline": [number(row.baseline_frames_per_s, 1) for row in rows],
        "frames/s\nnow": [number(row.frames_per_s, 1) for row in rows],
        "share of peak,\nnow / baseline": [str(row.share_of_peak or MISSING) for row in rows],
    }


def _notes(document: Document) -> Iterator[str]:
    if document.core_share < ENOUGH:
        yield f"the machine was busy: of the cores, other programs took {1 - document.core_share:.0%}"
    for row in document.unavailable:
        yield f"not available: {row.model}, {row.backend}, {row.device}, {row.precision}: {row.reason}"
