"""A model opened with PyTorch.

Shape symbols: N = batch, T = frames of a chunk, K = classes, H, W = height and width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import ModelError, UsageError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_torch.data.batches import one_hot, pictures
from seg2vid_torch.devices import PRECISIONS, check_precision, choose_device
from seg2vid_torch.memory import telling_out_of_memory
from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.spade_generator import SpadeGenerator
from seg2vid_torch.networks.warp import to_pixels
from seg2vid_torch.rollout import PredictedChunk, predict_chunk
from seg2vid_torch.sizes import image_size_problem, motion_size_problem
from seg2vid_torch.weights import load_image_network, load_motion_network

OUT_OF_MEMORY_HINT = "Use a smaller --size, or another --device."


def open_session(model: ModelFolder, options: OpenOptions) -> "TorchSession":
    """Open a model folder; see `seg2vid_interface.backend.Backend.open`."""
    device = choose_device(options.device)
    precision = check_precision("fp32" if options.precision == "auto" else options.precision, device)
    height, width = options.size or (model.card.height, model.card.width)
    with telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT):
        return TorchSession(model, device, precision, height, width)


class TorchSession:
    """See `seg2vid_interface.backend.Session`."""

    def __init__(self, model: ModelFolder, device: torch.device, precision: str, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.device, self.precision = str(device), precision
        self._device = device
        self._classes = model.card.label_space.size if model.card.label_space else 0
        self._image = load_image_network(model, device) if "image" in model.card.stages else None
        self._motion = load_motion_network(model, device) if "motion" in model.card.stages else None
        self._other = model.card.label_space.other if model.card.label_space else None
        self._check_size()
        if self._motion and self._motion.frames != model.card.chunk_frames:
            raise ModelError(
                f"{model.path}: the card says {model.card.chunk_frames} frames a chunk, "
                f"its network {self._motion.frames}"
            )
        self.chunk_frames = model.card.chunk_frames
        self.latent_size = self._motion.latent_size(height, width) if self._motion else 0
        self.image_noise_size = self._image.noise_size if self._image else 0

    def generate(self, requests: Sequence[ClipRequest]) -> Iterator[list[Chunk]]:
        """Make a batch of clips; see `Session.generate`."""
        self._check(requests)
        with self._running():
            labels = self._labels(requests)
            frame = self._first_frames(requests, labels)
        yield [_first_chunk(request, picture) for request, picture in zip(requests, _bytes(frame), strict=True)]
        latent = self._tensor([request.latent for request in requests])
        start = 1
        while start < requests[0].frames:
            number = (start - 1) // self.chunk_frames
            noise = self._tensor([request.chunk_noise(number) for request in requests])
            with self._running():
                chunk = predict_chunk(self._img2vid(), frame, labels, latent, noise)
                frame, labels = chunk.frames[:, -1], chunk.labels[:, -1]
                kept = min(self.chunk_frames, requests[0].frames - start)
                results = [
                    _chunk(chunk, i, start, kept, request=request, other=self._other)
                    for i, request in enumerate(requests)
                ]
            yield results
            start += kept

    def close(self) -> None:
        """Free the networks."""
        self._image = self._motion = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_size(self) -> None:
        image = image_size_problem(self.height, self.width, len(self._image.blocks)) if self._image else None
        motion = motion_size_problem(self.height, self.width) if self._motion else None
        if problem := image or motion:
            raise UsageError(f"--size {self.height}x{self.width}: {problem}", "Multiples of 64 from 128 on are safe.")

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Run the networks reproducibly, in the session's precision; tell running out of memory plainly."""
        reduced = self.precision != "fp32"
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, PRECISIONS[self.precision], enabled=reduced),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
            telling_out_of_memory(self.device, OUT_OF_MEMORY_HINT),
        ):
            yield

    def _check(self, requests: Sequence[ClipRequest]) -> None:
        if not requests or len({request.frames for request in requests}) != 1:
            raise ValueError("a batch needs at least one request, and all of the same length")
        if requests[0].frames > 1:
            self._img2vid()
        for request in requests:
            if request.label_map is None:
                raise ModelError("this model needs a label map")
            if request.first_frame is None:
                self._generator()
            _check_array("label_map", request.label_map, (self.height, self.width), np.uint8)
            _check_array("latent", request.latent, (self.latent_size,), np.float32)
            _check_array("image_noise", request.image_noise, (self.image_noise_size,), np.float32)
            if request.first_frame is not None:
                _check_array("first_frame", request.first_frame, (self.height, self.width, 3), np.uint8)
            if request.label_map.max() >= self._classes:
                raise ValueError(f"label_map holds class {request.label_map.max()}, the model has {self._classes}")

    def _generator(self) -> SpadeGenerator:
        if self._image is None:
            raise ModelError("this model has no image stage", "Give the first frame with --first-frame.")
        return self._image

    def _img2vid(self) -> Img2Vid:
        if self._motion is None:
            raise ModelError("this model has no motion stage", "It makes one frame: use --frames 1.")
        return self._motion

    def _labels(self, requests: Sequence[ClipRequest]) -> Tensor:
        maps = np.stack([request.label_map for request in requests if request.label_map is not None])
        return one_hot(torch.from_numpy(maps).to(self._device), self._classes)

    def _first_frames(self, requests: Sequence[ClipRequest], labels: Tensor) -> Tensor:
        return torch.cat([self._first_frame(request, labels[i : i + 1]) for i, request in enumerate(requests)])

    def _first_frame(self, request: ClipRequest, labels: Tensor) -> Tensor:
        """Return (1, 3, H, W): the frame given, or what the image stage makes of the labels (1, K, H, W)."""
        if request.first_frame is not None:
            return pictures(torch.tensor(request.first_frame).permute(2, 0, 1)[None], self._device)
        return self._generator()(labels, self._tensor([request.image_noise])).float()

    def _tensor(self, arrays: Sequence[NDArray[np.float32]]) -> Tensor:
        return torch.from_numpy(np.stack(arrays)).to(self._device)


def _check_array(name: str, array: NDArray[np.generic], shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, the session needs {np.dtype(dtype)} {shape}")


def _bytes(frames: Tensor) -> NDArray[np.uint8]:
    """Turn frames (..., 3, H, W) in 0..1 into uint8 (..., H, W, 3)."""
    return (frames * 255).round().to(torch.uint8).movedim(-3, -1).contiguous().cpu().numpy()


def _first_chunk(request: ClipRequest, picture: NDArray[np.uint8]) -> Chunk:
    size = picture.shape[:2]
    return Chunk(
        start=0,
        frames=picture[None],
        forward_flow=np.zeros((1, *size, 2), np.float32) if "flow" in request.fields else None,
        backward_flow=np.zeros((1, *size, 2), np.float32) if "flow" in request.fields else None,
        occlusion=np.ones((1, *size), np.float32) if "occlusion" in request.fields else None,
        labels=request.label_map[None] if "labels" in request.fields and request.label_map is not None else None,
    )


def _chunk(
    chunk: PredictedChunk, clip: int, start: int, kept: int, *, request: ClipRequest, other: int | None
) -> Chunk:
    """Bring the first `kept` frames of one clip to the interface's form."""
    motion, fields = chunk.motion, request.fields

    def flow(field: Tensor) -> NDArray[np.float32]:
        return to_pixels(field[clip, :kept]).movedim(1, -1).contiguous().cpu().numpy()

    return Chunk(
        start=start,
        frames=_bytes(chunk.frames[clip, :kept]),
        forward_flow=flow(motion.forward_flow) if "flow" in fields else None,
        backward_flow=flow(motion.backward_flow) if "flow" in fields else None,
        occlusion=motion.forward_mask[clip, :kept, 0].contiguous().cpu().numpy() if "occlusion" in fields else None,
        labels=_likeliest(chunk.labels[clip, :kept], other) if "labels" in fields else None,
    )


def _likeliest(probabilities: Tensor, other: int | None) -> NDArray[np.uint8]:
    """Return class indices (T, H, W); `other` where nothing is known, outside what was warped."""
    labels = probabilities.argmax(1)
    if other is not None:
        labels = labels.masked_fill(probabilities.sum(1) == 0, other)
    return labels.to(torch.uint8).cpu().numpy()
