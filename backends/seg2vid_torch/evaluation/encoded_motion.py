"""The motion that a model's own encoder reads from the true clip.

Shape symbols: N = windows, T = frames of a chunk, n = frames of a clip, H, W = height and width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.driving.paths import Drive
from seg2vid_interface.errors import ModelError
from seg2vid_interface.evaluation import EvaluatedModel
from seg2vid_torch.data.batches import one_hot, pictures
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.real_flow import flow_of_windows
from seg2vid_torch.evaluation.model_clips import ModelClips, Read
from seg2vid_torch.evaluation.truth import TrueClip, Window
from seg2vid_torch.geometry.path_numbers import path_basis
from seg2vid_torch.geometry.street_scene import first_depth, no_things
from seg2vid_torch.networks.colors import from_rgb
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.weights.loading import load_motion_network

CPU = torch.device("cpu")


def reader_of(model: EvaluatedModel, clips: ModelClips) -> Read:
    """Return what reads the motion of windows of a clip.

    Raises:
        ModelError: the model has no encoder, or not its weights.
    """
    if "motion" not in model.folder.card.stages:
        raise ModelError(f"{model.folder.path}: the model has no motion stage", "Export one with it.")
    network = load_motion_network(model.folder, CPU)
    if isinstance(network, KeyFrameMotion):
        return partial(_with_paths, network, clips)
    return partial(_with_latents, network, clips)


@torch.no_grad()
def _with_latents(network: Img2Vid, clips: ModelClips, windows: Sequence[Window]) -> Iterator[ClipRequest | None]:
    """Yield requests with the latent's mean; a window needs the T frames that the encoder sees."""
    for window in windows:
        last = window.start + network.frames
        if last >= len(window.clip):
            yield None
            continue
        frames = pictures(torch.from_numpy(window.clip.frames[window.start : last + 1]), CPU)
        frames = from_rgb(frames, network.image_channels)[None]
        labels = frames.new_zeros(1, 0, *frames.shape[3:])
        if window.clip.labels is not None and network.classes:
            labels = one_hot(torch.from_numpy(window.clip.labels[window.start])[None].long(), network.classes)
        latent = network.encode(frames[:, 0], frames[:, 1:], labels).mean
        yield clips.request(window, 1, latent=latent.flatten().numpy())


def _with_paths(network: KeyFrameMotion, clips: ModelClips, windows: Sequence[Window]) -> Iterator[ClipRequest | None]:
    """Yield requests with the camera's path; a clip needs as many frames as a chunk has."""
    clip = windows[0].clip
    if len(clip) <= network.frames:
        yield from [None] * len(windows)
        return
    steps = _steps_of(network, clip)
    for window in windows:
        path = path_from(steps, window.start, window.steps)
        yield clips.request(window, 1, drive=partial(_replaced, path))


@torch.no_grad()
def _steps_of(network: KeyFrameMotion, clip: TrueClip) -> Tensor:
    """Return the steps (n - T, T + 1, 3) of the chunks that begin at the frames of a clip, see `ClipRequest.camera`."""
    assert clip.labels is not None  # or the model could not have been opened
    images, maps = torch.from_numpy(clip.frames), torch.from_numpy(clip.labels)
    count = network.frames
    starts = range(len(clip) - count)
    flow = flow_of_windows(FrameStore(images, maps, (range(len(clip)),)), starts, (count // 2, count))
    labels = maps[: len(starts)].long()
    masks = network.classes.masks_of(labels)
    nothing, level = torch.zeros_like(labels), torch.zeros(len(labels))
    told = first_depth(labels, nothing, no_things(labels), level, classes=network.classes, camera=network.camera)
    still = ~masks.foreground & ~masks.bonnet & flow.seen.all(1)
    return path_basis(count, CPU).steps(network.encoder(told, still, flow.flow.float()))


def path_from(steps: Tensor, start: int, count: int) -> NDArray[np.float64]:
    """Return the rows (count + 1, 3) of the path that begins at a frame, chunk after chunk.

    Each chunk is read from where it begins, the last one of a clip from the last place from which one can be read.
    They are metres driven and radians turned since the frame before, and the tilt, which goes on from chunk to chunk.
    """
    rows = [np.zeros(3)]
    while len(rows) <= count:
        at = start + len(rows) - 1
        first = min(at, len(steps) - 1)
        read = steps[first, at - first :].double().numpy()
        tilt = rows[-1][2]
        rows += [np.array([ahead, turn, tilt + up - read[0, 2]]) for ahead, turn, up in read[1:]]
    del rows[count + 1 :]
    return np.stack(rows)


@dataclass(frozen=True)
class ReadDrive(Drive):
    """A drive along a path that was read; behind its end it goes on as there."""

    path_rows: NDArray[np.float64]
    """See `path_from`."""

    def rows(self, chunks: int) -> NDArray[np.float64]:
        """See `Drive`."""
        needed = chunks * self.chunk_frames + 1
        more = np.repeat(self.path_rows[-1:], max(0, needed - len(self.path_rows)), 0)
        return np.concatenate([self.path_rows, more])[:needed]


def _replaced(path: NDArray[np.float64], drawn: Drive) -> Drive:
    return ReadDrive(drawn.path, drawn.frames_per_second, drawn.chunk_frames, path)
