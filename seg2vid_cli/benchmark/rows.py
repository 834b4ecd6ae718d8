"""The rows of a benchmark: every model on every backend, device and precision asked for, as far as they work here."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise

from seg2vid_cli.benchmark.document import Unavailable
from seg2vid_cli.benchmark.settings import ALL, BenchmarkSettings
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import load_backend, open_session, report_backends, working_backend
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.agreement import measure_agreement
from seg2vid_interface.backend import Backend, OpenOptions, Session
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.errors import BackendError, ModelError, Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelCard, ModelFolder
from seg2vid_interface.sample_scene import sample_request

REFERENCES = ("torch", "onnx")
"""Whose clips in fp32 on the CPU the others' are compared with: the first that can open the model."""


@dataclass
class Row:
    """A model that is open, and what was measured of it; all times are seconds that a batch of clips takes."""

    model: ModelFolder
    backend: Backend
    session: Session
    options: OpenOptions
    """How to open it again: on the device, in the precision and at the size that it has."""
    requests: list[ClipRequest]
    """A batch."""
    starts: list[tuple[float, float | None, float | None]] = field(default_factory=list)
    """See `fresh_process`."""
    first_frames: list[float] = field(default_factory=list)
    """One a round, as the following two."""
    frames_per_s: list[float] = field(default_factory=list)
    """Of the chunks; of the first frame if there are no chunks."""
    peaks: list[float | None] = field(default_factory=list)
    """GFLOP/s; None of a backend that cannot say."""
    chunks: list[float] = field(default_factory=list)
    """Of all rounds."""
    videos: list[float] = field(default_factory=list)
    """From the label map to the mp4."""
    difference: tuple[int, str] | None = None
    """Largest one from the reference over the first chunk, of 255, and the reference's backend; None where no backend
    can be one, or the row is the reference."""

    @property
    def frames(self) -> int:
        """Length of a clip."""
        return self.requests[0].frames


def open_models(names: tuple[str, ...]) -> list[ModelFolder]:
    """Return the models.  Raises ModelError, and UsageError for two of one name."""
    models: dict[str, ModelFolder] = {}
    for name in names:
        model = open_model(name)
        if models.setdefault(model.card.name, model) is not model:
            raise UsageError(
                f"--model {name}: a second model of the name {model.card.name}",
                "Benchmark one at a time, or change the name on its card.",
            )
    return list(models.values())


def model_sha256(card: ModelCard) -> str:
    """Return one hash for all files of a model's stages."""
    files = {name: sha256 for stage in card.stages.values() for name, sha256 in stage.files.items()}
    return hashlib.sha256("".join(f"{name} {files[name]}\n" for name in sorted(files)).encode()).hexdigest()


def sample_requests(session: Session, card: ModelCard, *, frames: int, batch: int) -> list[ClipRequest]:
    """Return a batch of requests for nothing but frames, each with a motion of its own."""
    return [sample_request(session, card, sample, frames=frames) for sample in range(1, batch + 1)]


def chunk_seconds(session: Session, requests: Sequence[ClipRequest]) -> list[float]:
    """Make a batch of clips and throw them away; return the seconds of the first frame and of every chunk.

    A chunk is there when it is yielded, as arrays are on the host.
    """
    times = [time.perf_counter(), *(time.perf_counter() for _ in session.generate(requests))]
    return [after - before for before, after in pairwise(times)]


def open_rows(
    settings: BenchmarkSettings, models: list[ModelFolder], stack: ExitStack, console: Console
) -> tuple[list[Row], list[Unavailable]]:
    """Open and warm up every row; return those that work, and what does not with its reason.

    Sessions are closed by `stack`.

    Raises:
        UsageError: no such backend, or a size that the model cannot take.
        BackendError, DeviceError, ModelError: what was named does not work, or nothing does.
    """
    rows: dict[tuple[str, ...], Row] = {}
    unavailable: list[Unavailable] = []
    failures: list[Seg2VidError] = []
    for model, backend, options in _wanted(settings, models):
        try:
            if backend != "auto":
                working_backend(backend)  # says why it is not, before anything is opened
            opened = open_session(backend, model, options, console.say)
            row = _warm_up(model, opened.backend, stack.enter_context(opened.session), settings)
        except (BackendError, ModelError) as error:
            if not _asks_for_all(settings):
                raise
            failures.append(error)
            reason = error.message.removeprefix(f"backend {backend}: ")
            unavailable.append(Unavailable(model.card.name, backend, options.device, options.precision, reason))
        else:  # "auto" may choose what was named as well
            rows.setdefault((model.card.name, row.backend.name, row.options.device, row.options.precision), row)
    if not rows:
        raise failures[0]
    return list(rows.values()), unavailable


def _asks_for_all(settings: BenchmarkSettings) -> bool:
    return ALL in (*settings.backends, settings.options.precision)


def _wanted(settings: BenchmarkSettings, models: list[ModelFolder]) -> Iterator[tuple[ModelFolder, str, OpenOptions]]:
    """Yield model, backend and options; "auto" for a backend that has no precisions, so that opening it tells why."""
    offered = {report.name: report.status.precisions for report in report_backends()} if _asks_for_all(settings) else {}
    for model in models:
        for backend in offered if settings.backends == (ALL,) else settings.backends:
            wanted, all_of_them = settings.options.precision, offered.get(backend) or ("auto",)
            for precision in all_of_them if wanted == ALL else (wanted,):
                yield model, backend, replace(settings.options, precision=precision)


def _warm_up(model: ModelFolder, backend: str, session: Session, settings: BenchmarkSettings) -> Row:
    frames = settings.frames or 1 + settings.effort.chunks * session.chunk_frames
    if "motion" not in model.card.stages:
        frames = 1
    one_chunk = min(frames, 1 + session.chunk_frames)
    chunk_seconds(session, sample_requests(session, model.card, frames=one_chunk, batch=settings.batch))
    size = session.height, session.width
    options = OpenOptions(session.device, session.precision, size, settings.options.cache)
    requests = sample_requests(session, model.card, frames=frames, batch=settings.batch)
    return Row(model, load_backend(backend), session, options, requests)


def measure_differences(rows: Sequence[Row], stack: ExitStack) -> None:
    """Compare every row with its reference.  Raises BackendError."""
    references: dict[str, tuple[str, Session] | None] = {}
    for row in rows:
        card = row.model.card
        if card.name not in references:
            references[card.name] = _reference(row, stack)
        name, session = references[card.name] or (None, None)
        itself = (row.backend.name, row.options.device, row.options.precision) == (name, "cpu", "fp32")
        if name is not None and session is not None and not itself:
            frames = session.chunk_frames
            found = measure_agreement(session, row.session, card, samples=1, frames=frames, fields=frozenset())
            row.difference = int(max(difference.largest for difference in found.differences)), name


def _reference(row: Row, stack: ExitStack) -> tuple[str, Session] | None:
    for name in REFERENCES:
        try:
            session = load_backend(name).open(row.model, OpenOptions("cpu", "fp32", row.options.size))
        except Seg2VidError:
            continue  # not installed, or the model lacks its files
        return name, stack.enter_context(session)
    return None
