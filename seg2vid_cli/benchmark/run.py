"""One run of `seg2vid benchmark`, from its settings to what was found."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from seg2vid_cli.benchmark.baseline import read_baseline
from seg2vid_cli.benchmark.comparison import Comparison, compare
from seg2vid_cli.benchmark.differences import Difference, measure_differences
from seg2vid_cli.benchmark.document import SCHEMA, ChunkTimes, Document, Result, Round
from seg2vid_cli.benchmark.files import check_files, document_data, write_files
from seg2vid_cli.benchmark.fresh_process import Start, start_rows
from seg2vid_cli.benchmark.machine import this_machine, versions
from seg2vid_cli.benchmark.rounds import Timings, time_rows
from seg2vid_cli.benchmark.rows import Row, model_sha256, open_models, open_rows
from seg2vid_cli.benchmark.settings import BenchmarkSettings
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.cores import available_cores
from seg2vid_interface.model_card import ModelCard, ModelFolder


@dataclass(frozen=True)
class Outcome:
    """What a run found."""

    document: Document
    comparison: Comparison | None
    """None if there was nothing to compare with."""

    def data(self) -> dict[str, Any]:
        """Return JSON's `data`."""
        return document_data(self.document, self.comparison)


def run_benchmark(settings: BenchmarkSettings, console: Console) -> Outcome:
    """Check everything that can be checked, measure, compare, and write the files asked for.

    Raises:
        Seg2VidError: what `check_files`, `open_models`, `read_baseline` and `open_rows` raise; BackendError where a row
            fails later; OutputError.
    """
    check_files(settings)
    models = open_models(settings.models)
    baseline = None if settings.compare is None else read_baseline(settings.compare, models)
    document = _measure(settings, models, console)
    comparison = None
    if baseline is not None:
        comparison = compare(baseline, document, tolerance=settings.tolerance, file=str(settings.compare))
    write_files(settings, document, comparison)
    return Outcome(document, comparison)


def _measure(settings: BenchmarkSettings, models: list[ModelFolder], console: Console) -> Document:
    with ExitStack() as stack:
        rows, unavailable = open_rows(settings, models, stack, console)
        starts = start_rows(rows, settings.effort.starts, console)
        timings, share = time_rows(rows, settings.effort, console)
        differences = measure_differences(rows)
    runtimes = {row.backend.name: row.backend.status().version for row in rows}
    results = [
        _result(row, runtimes[row.backend.name], start, timing, difference)
        for row, start, timing, difference in zip(rows, starts, timings, differences, strict=True)
    ]
    return Document(SCHEMA, this_machine(), versions(runtimes), tuple(results), tuple(unavailable), round(share, 3))


def _result(row: Row, version: str | None, start: Start, timings: Timings, difference: Difference | None) -> Result:
    name, batch = row.name, len(row.requests)
    speed = median(clip.frames_per_s for clip in timings.clips)
    chunks = [seconds for clip in timings.clips for seconds in clip.chunks]
    known_peaks = [peak for peak in timings.peaks if peak is not None]
    peak = median(known_peaks) if known_peaks else None
    gflop = _gflop_per_frame(row.card, name.height, name.width)
    return Result(
        model=name.model,
        model_sha256=model_sha256(row.card),
        backend=name.backend,
        backend_version=version,
        device=name.device,
        precision=name.precision,
        height=name.height,
        width=name.width,
        frames=row.frames,
        batch=batch,
        threads=available_cores() if name.device == "cpu" else None,
        load_s=round(start.load_s, 3),
        first_frame_ms=round(1000 * median(clip.first_frame for clip in timings.clips), 3),
        chunk_ms=_chunk_times(chunks) if chunks else None,
        frames_per_s=round(speed, 3),
        end_to_end_frames_per_s=round(batch * row.frames / median(timings.videos), 3),
        peak_memory_mb=_rounded(start.memory_mb, 1),
        device_memory_mb=_rounded(start.device_memory_mb, 1),
        gflop_per_frame=round(gflop, 3),
        peak_gflops=_rounded(peak, 3),
        peak_fraction=_rounded(gflop * speed / peak if peak else None, 4),
        max_difference=difference.largest if difference else None,
        reference=difference.reference if difference else None,
        rounds=tuple(
            Round(round(clip.frames_per_s, 4), _rounded(peak, 4))
            for clip, peak in zip(timings.clips, timings.peaks, strict=True)
        ),
    )


def _chunk_times(seconds: Sequence[float]) -> ChunkTimes:
    tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 9
    return ChunkTimes(p50=round(1000 * median(seconds), 3), p90=round(1000 * tenths[8], 3))


def _gflop_per_frame(card: ModelCard, height: int, width: int) -> float:
    """Return the work of a frame of a chunk at this size; without a motion stage, of the first frame."""
    stage = card.stages["motion" if "motion" in card.stages else "image"]
    return stage.gflop_per_frame * height * width / (card.height * card.width)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
