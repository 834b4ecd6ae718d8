"""The clips that a benchmark makes: the trial scene, as many frames as are asked for, nothing but frames."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from seg2vid_cli.generation.prefetch import prefetch
from seg2vid_cli.outputs.clip_writer import ClipMetadata, ClipWriter
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.backend import Session
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.sample_scene import SEED, sample_request


@dataclass(frozen=True)
class ClipTimes:
    """Seconds that a batch of clips took, without the time between its chunks."""

    first_frame: float
    chunks: tuple[float, ...]
    frames_per_s: float
    """Frames of the chunks by their seconds; of the first frame if there are no chunks."""


def sample_requests(session: Session, card: ModelCard, *, frames: int, batch: int) -> list[ClipRequest]:
    """Return a batch of requests, each with a motion of its own."""
    return [sample_request(session, card, sample, frames=frames) for sample in range(1, batch + 1)]


def time_clips(session: Session, requests: Sequence[ClipRequest]) -> ClipTimes:
    """Make a batch of clips and throw them away; a chunk is there when it is yielded, as arrays are on the host."""
    seconds: list[float] = []
    began = time.perf_counter()
    for _ in session.generate(requests):
        now = time.perf_counter()
        seconds.append(now - began)
        began = now
    first, *chunks = seconds
    frames = len(requests) * (requests[0].frames - 1 if chunks else 1)
    return ClipTimes(first, tuple(chunks), frames / (sum(chunks) if chunks else first))


def time_videos(session: Session, card: ModelCard, requests: Sequence[ClipRequest]) -> float:
    """Make a batch of clips as `seg2vid generate` does, to mp4 files in a temporary folder; return the seconds.

    Raises OutputError.
    """
    with TemporaryDirectory(prefix="seg2vid-benchmark-") as folder:
        began = time.perf_counter()
        with ExitStack() as stack:
            writers = [
                stack.enter_context(_writer(request, card, Path(folder, f"{number}.mp4")))
                for number, request in enumerate(requests)
            ]
            for chunks in stack.enter_context(closing(prefetch(session.generate(requests)))):
                for writer, chunk in zip(writers, chunks, strict=True):
                    writer.write(chunk)
            for writer in writers:
                writer.commit()
        return time.perf_counter() - began


def _writer(request: ClipRequest, card: ModelCard, path: Path) -> ClipWriter:
    output = PlannedOutput(
        source=None,
        sample=1,
        video=path,
        kind=Kind.MP4,
        save=frozenset(),
        sheet=None,
        overwrite=False,
        makes_folder=False,
    )
    return ClipWriter(
        output,
        frames=request.frames,
        frames_per_second=card.frames_per_second,
        label_map=request.label_map,
        label_space=card.label_space,
        metadata=ClipMetadata(card.name, SEED, 1, program_version()),
    )
