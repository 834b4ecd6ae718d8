"""A small real backend in NumPy: paints the label map in its classes' colours and moves it as the latent says.

The network settings of the model card's motion stage steer it: `seconds_per_chunk` makes it slow, `fails_at_chunk`
makes it run out of memory.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np

from seg2vid_interface.backend import (
    BackendStatus,
    ExportRequest,
    ExportResult,
    OpenOptions,
    TrainingMonitor,
    TrainingRequest,
    TrainingResult,
)
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import BackendError, DeviceError
from seg2vid_interface.graphs import motion_size
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.requests import check_array, check_requests
from seg2vid_interface.sizes import choose_size


class FakeBackend:
    """Generates on the CPU; trains by counting; exports by listing."""

    name = "fake"

    def status(self) -> BackendStatus:
        return BackendStatus("1.0", ("cpu",), ("fp32",))

    def open(self, model: ModelFolder, options: OpenOptions) -> "FakeSession":
        if options.device not in ("auto", "cpu"):
            raise DeviceError(f"--device {options.device}: this machine has none", "Use --device cpu.")
        if options.precision not in ("auto", "fp32"):
            raise DeviceError(f"--precision {options.precision}: fakes are exact", "Use --precision fp32.")
        for stage in model.card.stages:
            model.file(f"{stage}.weights")
        return FakeSession(model, options)

    def presets(self) -> list[str]:
        return ["calm", "wild"]

    def train(self, request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
        settings = request.settings or {}
        steps, summary = (
            int(settings.get("steps", 3)),
            {"device": "cpu", "parameters": {"generator": 12345}, "rate": 0.25},
        )
        if request.dry_run:
            monitor.begin(step=0, steps=steps, share=0, summary=summary)
            return TrainingResult(request.out, 0, steps, finished=False, metrics={}, summary=summary)
        request.out.mkdir(exist_ok=True)
        checkpoint = request.out / "checkpoint"
        step = int(checkpoint.read_text()) if checkpoint.exists() and not request.overwrite else 0
        metrics: dict[str, float] = {}
        monitor.begin(step=step, steps=steps, share=step / steps, summary=summary)
        while step < steps and not monitor.stop_requested():
            time.sleep(float(settings.get("seconds_per_step", 0)))
            step += 1
            metrics = {"loss": 1 / step}
            monitor.advance(step=step, share=step / steps, metrics=metrics)
            checkpoint.write_text(str(step))
        return TrainingResult(request.out, step, steps, step == steps, metrics, summary)

    def export(self, request: ExportRequest) -> ExportResult:
        stages = ("image", "motion")[: len(request.sources)]
        files = {f"{stage}.safetensors": 10 for stage in stages}
        if request.card is not None:
            files["card"] = len(request.card.read_text())
        return ExportResult(request.out, request.out.name, stages, files)


class BrokenRuntimeBackend(FakeBackend):
    """A backend whose runtime is not installed."""

    name = "uninstalled"

    def status(self) -> BackendStatus:
        return BackendStatus(None, (), (), "Fake is not installed: pip install fake")


class RaisingBackend(FakeBackend):
    """A backend that cannot even say what is wrong."""

    name = "raising"

    def status(self) -> BackendStatus:
        raise OSError("driver: version mismatch")


class WordlessBackend(FakeBackend):
    """A backend that does not say what is wrong."""

    name = "wordless"

    def status(self) -> None:
        pass


class NoBackend:
    """Not a backend at all."""


class FakeSession:
    device = "cpu"
    precision = "fp32"
    checks = staticmethod(check_requests)

    def __init__(self, model: ModelFolder, options: OpenOptions) -> None:
        self.card = card = model.card
        self.height, self.width = choose_size(card.sizes, options.size, (card.height, card.width))
        self.chunk_frames = card.chunk_frames
        self.latent_size, self.style_size = card.latent_size, card.style_size
        self._network = card.stages["motion"].network if "motion" in card.stages else {}
        self._colors = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)

    def generate(self, requests: Sequence[ClipRequest]) -> Iterator[list[Chunk]]:
        self.checks(requests, self, self.card)
        starts = [0, *range(1, requests[0].frames, self.chunk_frames)]
        for number, start in enumerate(starts):
            time.sleep(self._network.get("seconds_per_chunk", 0))
            if number == self._network.get("fails_at_chunk"):
                raise BackendError("out of memory", "Make smaller clips with --size.")
            count = min(self.chunk_frames, requests[0].frames - start) if start else 1
            yield [self._chunk(request, start, count) for request in requests]

    def _chunk(self, request: ClipRequest, start: int, count: int) -> Chunk:
        step = np.rint(4 * request.latent[:2]).astype(int)  # pixels a frame: x, y
        if request.camera is not None and not request.camera(0).any():  # a camera that stands in the first chunk stays
            step[:] = 0
        moves = [(start + i) * step for i in range(count)]
        frames = _rolled(self._first_frame(request), moves)
        if start:
            noise = request.chunk_noise((start - 1) // self.chunk_frames)  # in the corner, to see that it comes through
            frames[:, 0, 0] = np.clip(128 + 40 * noise[:3, 0, 0], 0, 255).astype(np.uint8)
            if request.camera is not None:  # beside the noise's corner, likewise
                steps = request.camera((start - 1) // self.chunk_frames)[1 : 1 + count]
                frames[:, 0, 2] = np.clip(128 + steps * (100, 1000, 1000), 0, 255).astype(np.uint8)
        flow = self._flow(step, start, count)
        return Chunk(
            start,
            frames,
            forward_flow=flow if "flow" in request.fields else None,
            backward_flow=-flow if "flow" in request.fields else None,
            occlusion=np.ones(flow.shape[:3], np.float32) if "occlusion" in request.fields else None,
            labels=_rolled(request.label_map, moves) if "labels" in request.fields else None,
            depth=_rolled(self._depth(request.label_map), moves) if "depth" in request.fields else None,
            objects=_rolled(self._things(request), moves) if "objects" in request.fields else None,
        )

    def _depth(self, label_map: np.ndarray) -> np.ndarray:
        """Metres: less from row to row, and the sky infinitely far."""
        rows = np.arange(self.height, 0, -1, np.float32)[:, None]
        return np.where(label_map == CITYSCAPES.index("sky"), np.float32(np.inf), rows)

    def _things(self, request: ClipRequest) -> np.ndarray:
        """Numbers of things, without the ground that moves with them."""
        return np.where(np.isin(request.label_map, CITYSCAPES.foreground), request.object_map, np.uint8(0))

    def _first_frame(self, request: ClipRequest) -> np.ndarray:
        if request.first_frame is not None:
            return request.first_frame
        grey = np.full((self.height, self.width, 3), 128, np.uint8)
        picture = grey if request.label_map is None else self._colors[request.label_map]
        tint = np.rint(8 * request.style).astype(int) if self.style_size else 0
        painted = np.clip(picture + tint, 0, 255).astype(np.uint8)
        if request.texture is not None:  # beside the noise's corner, likewise
            painted[0, 1] = np.clip(128 + 40 * request.texture[:3, 0, 0], 0, 255).astype(np.uint8)
        if request.hint is None or request.trust is None:
            return painted
        return np.where(request.trust[..., None] > 0.5, request.hint, painted)

    def style_of(self, picture: np.ndarray) -> np.ndarray:
        check_array("picture", picture, (self.card.height, self.card.width, 3), np.uint8)
        return (picture.mean((0, 1)) / 64 - 2).astype(np.float32)

    def segment(self, picture: np.ndarray) -> np.ndarray:
        """Tell each pixel's class by the colour that is nearest."""
        check_array("picture", picture, (*motion_size(self.card, self.height, self.width), 3), np.uint8)
        distances = np.abs(picture[..., None, :].astype(int) - self._colors.astype(int)).sum(-1)
        return distances.argmin(-1).astype(np.uint8)

    def _flow(self, step: np.ndarray, start: int, count: int) -> np.ndarray:
        """Flow from the reference frame, `start - 1`."""
        distance = np.arange(1, count + 1) if start else np.zeros(1)
        flow = distance[:, None, None, None] * step[None, None, None, :]
        return np.ascontiguousarray(np.broadcast_to(flow, (count, self.height, self.width, 2)), dtype=np.float32)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _rolled(picture: np.ndarray, moves: list[np.ndarray]) -> np.ndarray:
    return np.stack([np.roll(picture, (y, x), (0, 1)) for x, y in moves])
