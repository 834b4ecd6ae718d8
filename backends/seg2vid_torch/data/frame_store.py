"""The frames of data sets, held in memory at the training size.

A frame takes four bytes a pixel (131 kB at 128x256), without labels three, and grey one.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from seg2vid_torch.data.datasets.frames import Split
from seg2vid_torch.data.datasets.opening import DataSet
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.packed import shards_of
from seg2vid_torch.data.reading import ReadFrames, parts_of, read_parts
from seg2vid_torch.networks.colors import from_rgb

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrameStore:
    """All frames of a split; n frames in all."""

    images: Tensor
    """(n, C, H, W) uint8, RGB or grey."""
    labels: Tensor
    """(n, H, W) uint8, class indices 0..K-1; zeros that take no memory where there are no labels."""
    clips: tuple[range, ...]
    """Per clip, the indices of its frames, in order of time."""

    def __len__(self) -> int:
        return len(self.images)

    def on(self, device: torch.device) -> "FrameStore":
        """Return it on a GPU that has twice the memory free for it, where batches are then drawn; or else itself."""
        if device.type != "cuda" or 2 * (self.images.nbytes + self.labels.nbytes) > torch.cuda.mem_get_info(device)[0]:
            return self
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def windows(self, frames: int) -> list[int]:
        """Return every index at which `frames` consecutive frames of one clip begin."""
        return [start for clip in self.clips for start in clip[: max(0, len(clip) - frames + 1)]]


def load_frames(
    data_sets: Sequence[DataSet],
    split: Split,
    *,
    height: int,
    width: int,
    channels: int = 3,
    frames_per_second: float | None = None,
    divided: Divided = undivided,
) -> FrameStore:
    """Read the split's frames of all data sets that have it, resized (pictures LANCZOS, label maps nearest).

    Frames that cannot be read are left out, and logged as warnings.

    Args:
        data_sets: see `datasets.opening`.
        split: "train" or "val".
        height: of the frames, in pixels.
        width: likewise.
        channels: C: 3 for RGB, or 1 for grey.
        frames_per_second: of videos that are read by the clock; None = as they are stored.
        divided: shares the work of reading.

    Raises:
        DatasetError: more than 1% of the files are unreadable, or a label map has values that are not explained.
    """
    read: deque[ReadFrames] = deque()
    for data in data_sets:
        clips = [(clip, data.labels) for clip in data.clips.get(split, ())]
        parts = parts_of(clips, height=height, width=width, frames_per_second=frames_per_second)
        if data.packed:
            data.packed.require_size(height, width)
        for frames in shards_of(data.packed, split, divided) if data.packed else read_parts(parts, divided=divided):
            for fault in frames.faults:
                logger.warning("left out: %s", fault)
            read.append(replace(frames, images=from_rgb(torch.from_numpy(frames.images), channels).numpy()))
    return joined(read, (channels, height, width))


def joined(read: deque[ReadFrames], shape: tuple[int, int, int]) -> FrameStore:
    """Return all that was read; what is taken over is freed, so that memory holds it once."""
    count = sum(len(frames.images) for frames in read)
    images = torch.empty((count, *shape), dtype=torch.uint8)
    labels = torch.zeros((1, 1, 1), dtype=torch.uint8).expand(count, *shape[1:])
    if any(frames.labels is not None for frames in read):
        labels = labels.contiguous()
    at, cuts = 0, {count}
    while read:
        frames = read.popleft()
        here = slice(at, at + len(frames.images))
        images[here] = torch.from_numpy(frames.images)
        if frames.labels is not None:
            labels[here] = torch.from_numpy(frames.labels)
        cuts |= {at + cut for cut in frames.cuts}
        at = here.stop
    bounds = sorted(cuts | {0})
    return FrameStore(images, labels, tuple(range(a, b) for a, b in pairwise(bounds) if a < b))
