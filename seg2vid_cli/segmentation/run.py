"""One run: every picture and every frame is read, brought to the model's size, told and written."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.files.numbered_files import numbered_files, numbered_name, write_png
from seg2vid_cli.inputs.first_frames import read_first_frame
from seg2vid_cli.inputs.pictures.aspect_ratios import distortion_message
from seg2vid_cli.inputs.told_labels import check_segments, tell_labels, with_labels_stage_alone
from seg2vid_cli.inputs.videos import read_frames
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.outputs.fields import labels_in_files
from seg2vid_cli.plugins import OpenedSession, open_session
from seg2vid_cli.segmentation.sources import ENDING, Source, plan_sources
from seg2vid_cli.terminal.console import Console, ProgressBar, program_version
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import OutputError, Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelCard, ModelFolder
from seg2vid_interface.staging.staging import Staging


@dataclass(frozen=True)
class SegmentationRequest:
    """One run of `seg2vid segment`."""

    inputs: tuple[Path, ...]
    """Pictures, videos, and folders of them."""
    out: Path
    """The folder of the label maps."""
    model: str
    """Name or folder."""
    backend: str
    """A name or "auto"."""
    options: OpenOptions
    overwrite: bool


@dataclass(frozen=True)
class Told:
    """A picture or video whose labels were told, as JSON's `outputs` lists it."""

    input: str
    output: str
    frames: int
    height: int
    width: int
    seconds: float


@dataclass
class SegmentationOutcome:
    """What a run made, and which of its inputs failed."""

    model: str
    backend: str | None = None
    device: str | None = None
    precision: str | None = None
    inputs: int = 0
    """How many there are, those that failed included."""
    outputs: list[Told] = field(default_factory=list)
    failures: dict[Path, Seg2VidError] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return JSON's `data`; it has `failures` only if some input failed."""
        data = {name: getattr(self, name) for name in ("model", "backend", "device", "precision")}
        data["outputs"] = [asdict(told) for told in self.outputs]
        if self.failures:
            data["failures"] = [
                {"input": str(path), "code": error.code, "message": error.message, "hint": error.hint}
                for path, error in self.failures.items()
            ]
        return data


def segment_files(request: SegmentationRequest, console: Console) -> SegmentationOutcome:
    """Make every label map that can be made; an input that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of the inputs: their names, the model, the backend, the device.
    """
    model = open_model(request.model)
    check_segments(model.card)
    model = with_labels_stage_alone(model)
    sources = plan_sources(request.inputs, request.out, overwrite=request.overwrite)
    opened = open_session(request.backend, model, request.options, console.say)
    with opened.session as session:
        outcome = SegmentationOutcome(
            model.card.name, opened.backend, session.device, session.precision, inputs=len(sources)
        )
        console.say(
            f"model {outcome.model}, backend {outcome.backend}, device {outcome.device}, precision {outcome.precision}"
        )
        with console.progress("segmenting", len(sources), "inputs") as bar:
            run = _Run(request, console, model, opened, bar)
            for number, source in enumerate(sources):
                run.tell(source, number, outcome)
    return outcome


@dataclass(frozen=True)
class _Run:
    request: SegmentationRequest
    console: Console
    model: ModelFolder
    opened: OpenedSession
    bar: ProgressBar

    def tell(self, source: Source, number: int, outcome: SegmentationOutcome) -> None:
        """Make the label maps of a source; note it or its failure in the outcome."""
        began, session = time.perf_counter(), self.opened.session
        with self._failing(source, outcome):
            staging = Staging(overwrite=self.request.overwrite, new_folder=self.request.out)
            try:
                frames = (self._tell_video if source.is_video else self._tell_picture)(source, staging, number)
                staging.commit()
            except OSError as error:
                raise OutputError(f"{source.target}: cannot be written: {error.strerror or error}") from error
            finally:
                staging.discard()
            seconds = round(time.perf_counter() - began, 3)
            told = Told(str(source.path), str(source.target), frames, session.height, session.width, seconds)
            outcome.outputs.append(told)
            self.bar.advance(number + 1)
            self.console.write_lines([str(source.target)])

    def _tell_picture(self, source: Source, staging: Staging, _: int) -> int:
        session = self.opened.session
        picture, message = read_first_frame(source.path, session.height, session.width, what="picture")
        if message:
            self.console.say(f"{source.path}: {message}")
        self._write(staging.add_file(source.target), picture)
        return 1

    def _tell_video(self, source: Source, staging: Staging, number: int) -> int:
        size = self.opened.session.height, self.opened.session.width
        folder, count = staging.add_folder(source.target), 0
        for frame in read_frames(source.path):
            if count == 0:
                folder.mkdir()
                if message := distortion_message("video", frame.shape[:2], size):
                    self.console.say(f"{source.path}: {message}")
            self._write(folder / numbered_name(count, ENDING), _fitted(frame, size))
            count += 1
            self.bar.advance(number, f"{source.path.name} {count} frames")
        _refuse_left_over(source.target, count)
        return count

    def _write(self, file: Path, picture: NDArray[np.uint8]) -> None:
        """Write the label map of a picture (H, W, 3) of the session's size."""
        card: ModelCard = self.model.card
        labels = tell_labels(picture, card, self.opened.session, self.opened.backend)
        assert card.label_space is not None  # or it would tell none
        comment = json.dumps({"model": card.name, "version": program_version()})
        write_png(file, labels_in_files(labels, card.label_space), comment)

    @contextmanager
    def _failing(self, source: Source, outcome: SegmentationOutcome) -> Iterator[None]:
        """Note an error that concerns one input; wrong usage concerns them all."""
        try:
            yield
        except Seg2VidError as error:
            if error.exit_code == UsageError.exit_code:
                raise
            outcome.failures[source.path] = error
            if outcome.inputs > 1:
                self.console.report(error)


def _fitted(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a frame at a height and width."""
    return np.array(Image.fromarray(frame).resize(size[::-1], Image.Resampling.LANCZOS))


def _refuse_left_over(folder: Path, count: int) -> None:
    """Raise OutputError if older files would stay behind those that are written."""
    written = {numbered_name(number, ENDING) for number in range(count)}
    left_over = [path.name for path in numbered_files(folder, ENDING) if path.name not in written]
    if left_over:
        raise OutputError(
            f"{folder}: holds {left_over[0]}, beyond the {count} files that would be written there",
            "Remove such files, or choose another -o.",
        )
