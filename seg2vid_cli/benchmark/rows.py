"""The rows of a benchmark: every model on every backend, device and precision asked for, as far as they work here."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from seg2vid_cli.benchmark.clips import ClipTimes, sample_requests, time_clips
from seg2vid_cli.benchmark.document import RowName, Unavailable
from seg2vid_cli.benchmark.settings import ALL, BenchmarkSettings
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import load_backend, open_session, report_backends, working_backend
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import Backend, BackendStatus, OpenOptions, Session
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.errors import BackendError, ModelError, UsageError
from seg2vid_interface.model_card import ModelCard, ModelFolder


@dataclass(frozen=True)
class Row:
    """A model that is open."""

    model: ModelFolder
    backend: Backend
    session: Session
    requests: tuple[ClipRequest, ...]
    """A batch."""
    cache: Path | None
    """Where the backend keeps graphs."""

    @property
    def card(self) -> ModelCard:
        """The model's."""
        return self.model.card

    @property
    def frames(self) -> int:
        """Length of a clip."""
        return self.requests[0].frames

    @property
    def name(self) -> RowName:
        """What makes it the same row in another run."""
        session = self.session
        return RowName(
            self.card.name,
            self.backend.name,
            session.device,
            session.precision,
            session.height,
            session.width,
            len(self.requests),
        )

    @property
    def options(self) -> OpenOptions:
        """How to open it again."""
        session = self.session
        return OpenOptions(session.device, session.precision, (session.height, session.width), self.cache)

    def time(self) -> ClipTimes:
        """Make one batch of clips.  Raises BackendError."""
        return time_clips(self.session, self.requests)


def open_models(names: tuple[str, ...]) -> list[ModelFolder]:
    """Return the models.  Raises ModelError, and UsageError for two of one name."""
    models = [open_model(name) for name in names]
    for number, model in enumerate(models):
        if any(model.card.name == other.card.name for other in models[:number]):
            raise UsageError(
                f"--model {names[number]}: a second model of the name {model.card.name}",
                "Benchmark one at a time, or change the name on its card.",
            )
    return models


def model_sha256(card: ModelCard) -> str:
    """Return one hash for all files of a model's stages."""
    files = {name: sha256 for stage in card.stages.values() for name, sha256 in stage.files.items()}
    return hashlib.sha256("".join(f"{name} {files[name]}\n" for name in sorted(files)).encode()).hexdigest()


def open_rows(
    settings: BenchmarkSettings, models: list[ModelFolder], stack: ExitStack, console: Console
) -> tuple[list[Row], list[Unavailable]]:
    """Open and warm up every row; return those that work, and what does not with its reason.

    Sessions are closed by `stack`.

    Raises:
        UsageError: no such backend, or a size that the model cannot take.
        BackendError, DeviceError, ModelError: what was named does not work, or nothing does.
    """
    rows: dict[RowName, Row] = {}
    unavailable: list[Unavailable] = []
    failures: list[BackendError | ModelError] = []
    for wanted in _wanted(settings, models):
        try:
            row = _open(wanted, settings, stack, console)
        except (BackendError, ModelError) as error:
            if not _asks_for_all(settings):
                raise
            failures.append(error)
            unavailable.append(wanted.unavailable(error.message))
        else:
            rows.setdefault(row.name, row)  # "auto" may choose what was named as well
    if not rows:
        raise failures[0]
    return list(rows.values()), unavailable


@dataclass(frozen=True)
class _Wanted:
    """A row as it was asked for."""

    model: ModelFolder
    backend: str
    options: OpenOptions

    def unavailable(self, reason: str) -> Unavailable:
        name, options = self.backend, self.options
        reason = reason.removeprefix(f"backend {name}: ")
        return Unavailable(self.model.card.name, name, options.device, options.precision, reason)


def _wanted(settings: BenchmarkSettings, models: list[ModelFolder]) -> Iterator[_Wanted]:
    statuses = {report.name: report.status for report in report_backends()} if _asks_for_all(settings) else {}
    for model in models:
        for name in statuses if settings.backends == (ALL,) else settings.backends:
            for precision in _precisions(settings, statuses.get(name)):
                yield _Wanted(model, name, replace(settings.options, precision=precision))


def _asks_for_all(settings: BenchmarkSettings) -> bool:
    return ALL in (*settings.backends, settings.options.precision)


def _precisions(settings: BenchmarkSettings, status: BackendStatus | None) -> tuple[str, ...]:
    """Return the precisions to try; "auto" for a backend that has none to tell, so that opening it tells why."""
    if settings.options.precision != ALL:
        return (settings.options.precision,)
    return (status.precisions if status else ()) or ("auto",)


def _open(wanted: _Wanted, settings: BenchmarkSettings, stack: ExitStack, console: Console) -> Row:
    model = wanted.model
    if wanted.backend != "auto":
        working_backend(wanted.backend)  # says why it is not, before anything is opened
    opened = open_session(wanted.backend, model, wanted.options, console.say)
    session = stack.enter_context(opened.session)
    frames = settings.frames or 1 + settings.effort.chunks * session.chunk_frames
    if "motion" not in model.card.stages:
        frames = 1
    one_chunk = min(frames, 1 + session.chunk_frames)
    time_clips(session, sample_requests(session, model.card, frames=one_chunk, batch=settings.batch))
    requests = sample_requests(session, model.card, frames=frames, batch=settings.batch)
    return Row(model, load_backend(opened.backend), session, tuple(requests), wanted.options.cache)
