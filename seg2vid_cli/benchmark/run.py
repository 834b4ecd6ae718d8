"""One run of `seg2vid benchmark`, from its settings to what was found."""

import platform
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median, quantiles

from seg2vid_cli.benchmark.comparison import Comparison, compare
from seg2vid_cli.benchmark.document import SCHEMA, ChunkTimes, Document, Result, Round
from seg2vid_cli.benchmark.files import check_files, read_baseline, write_files
from seg2vid_cli.benchmark.fresh_process import start_rows
from seg2vid_cli.benchmark.machine import this_machine
from seg2vid_cli.benchmark.rows import Row, measure_differences, model_sha256, open_models, open_rows
from seg2vid_cli.benchmark.settings import BenchmarkSettings
from seg2vid_cli.benchmark.timing import time_rows
from seg2vid_cli.terminal.console import Console, program_version
from seg2vid_interface.errors import OutputError
from seg2vid_interface.model_card import ModelFolder


@dataclass(frozen=True)
class Outcome:
    """What a run found."""

    document: Document
    comparison: Comparison | None
    failure: OutputError | None
    """Why the files that were asked for could not be written."""


def run_benchmark(settings: BenchmarkSettings, console: Console) -> Outcome:
    """Check everything that can be checked, measure, compare, and write the files asked for.

    Raises:
        Seg2VidError: what `check_files`, `open_models`, `read_baseline` and `open_rows` raise; BackendError where a row
            fails later; OutputError where a clip that is timed cannot be written.
    """
    check_files(settings)
    models = open_models(settings.models)
    baseline = None if settings.compare is None else read_baseline(settings.compare, models)
    comparison = failure = None
    try:
        document = _measure(settings, models, console)
    except OSError as error:
        raise _output_error(error, "a clip that is timed") from error
    if baseline is not None:
        comparison = compare(baseline, document, tolerance=settings.tolerance, file=str(settings.compare))
    try:
        write_files(settings, document, comparison)
    except OSError as error:
        failure = _output_error(error, " and ".join(str(path) for path in (settings.out, settings.plot) if path))
    except OutputError as error:
        failure = error
    return Outcome(document, comparison, failure)


def _output_error(error: OSError, what: str) -> OutputError:
    """Return the error for what cannot be written; a full disk does not say which file it was."""
    return OutputError(f"{what}: cannot be written: {error.strerror or error}", "See that the disk has room.")


def _measure(settings: BenchmarkSettings, models: list[ModelFolder], console: Console) -> Document:
    with ExitStack() as stack:
        rows, unavailable = open_rows(settings, models, stack, console)
        start_rows(rows, settings.effort.repeats, console)
        share = time_rows(rows, settings.effort, console)
        measure_differences(rows, stack)
    versions = {"seg2vid": program_version(), "python": platform.python_version(), "numpy": version("numpy")}
    versions |= {row.backend.name: row.backend.status().version or "unknown" for row in rows}
    return Document(SCHEMA, this_machine(), versions, tuple(map(_result, rows)), tuple(unavailable), round(share, 3))


def _result(row: Row) -> Result:
    card, session = row.model.card, row.session
    gflop = card.gflop_per_frame * session.height * session.width / (card.height * card.width)
    speed, peak = median(row.frames_per_s), _median(row.peaks)
    load_s, memory_mb, device_memory_mb = map(_median, zip(*row.starts, strict=True))
    max_difference, reference = row.difference or (None, None)
    return Result(
        model=card.name,
        model_sha256=model_sha256(card),
        backend=row.backend.name,
        device=session.device,
        precision=session.precision,
        height=session.height,
        width=session.width,
        frames=row.frames,
        batch=len(row.requests),
        load_s=load_s or 0.0,
        first_frame_ms=round(1000 * median(row.first_frames), 3),
        chunk_ms=_chunk_times(row.chunks) if row.chunks else None,
        frames_per_s=round(speed, 3),
        end_to_end_frames_per_s=round(len(row.requests) * row.frames / median(row.videos), 3),
        peak_memory_mb=memory_mb,
        device_memory_mb=device_memory_mb,
        gflop_per_frame=round(gflop, 3),
        peak_gflops=peak,
        peak_fraction=round(gflop * speed / peak, 4) if peak else None,
        max_difference=max_difference,
        reference=reference,
        rounds=tuple(map(Round, row.frames_per_s, row.peaks)),
    )


def _chunk_times(seconds: list[float]) -> ChunkTimes:
    *_, p90 = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds
    return ChunkTimes(p50=round(1000 * median(seconds), 3), p90=round(1000 * p90, 3))


def _median(values: Iterable[float | None]) -> float | None:
    """Return the median of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return round(median(known), 3) if known else None
