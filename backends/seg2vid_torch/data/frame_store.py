"""The frames of data sets, held in memory at the training size.

A frame takes four bytes a pixel (131 kB at 128x256), without labels three, and grey one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seg2vid_interface.errors import DatasetError, ImageError, LabelMapError
from seg2vid_torch.data.datasets.frames import Split
from seg2vid_torch.data.datasets.opening import DataSet
from seg2vid_torch.data.picture_files import read_picture
from seg2vid_torch.networks.colors import from_rgb


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
    data_sets: Sequence[DataSet], split: Split, *, height: int, width: int, channels: int = 3
) -> FrameStore:
    """Read the split's frames of all data sets that have it, resized (pictures LANCZOS, label maps nearest).

    Args:
        data_sets: see `datasets.opening`.
        split: "train" or "val".
        height: of the frames, in pixels.
        width: likewise.
        channels: C: 3 for RGB, or 1 for grey.

    Raises:
        DatasetError: an unreadable file, or a label map with values that are not explained.
    """
    clips = [(clip, data.labels) for data in data_sets for clip in data.clips.get(split, ())]
    frames = [(frame, reader) for clip, reader in clips for frame in clip.frames]
    images = torch.empty((len(frames), channels, height, width), dtype=torch.uint8)
    labels = torch.zeros((1, 1, 1), dtype=torch.uint8).expand(len(frames), height, width)
    if any(data.labels for data in data_sets):
        labels = labels.contiguous()

    def read(position: int) -> None:
        frame, reader = frames[position]
        try:
            images[position] = from_rgb(torch.from_numpy(read_picture(frame.picture, height, width)), channels)
            if reader is not None and frame.labels is not None:
                labels[position] = torch.from_numpy(reader.read(frame.labels, height, width))
        except (ImageError, LabelMapError) as error:
            raise DatasetError(error.message, error.hint) from None

    with ThreadPoolExecutor() as pool:
        try:
            for _ in pool.map(read, range(len(frames))):  # consuming the results raises the first error
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or thousands of files would be read before it is told
            raise
    ends = np.cumsum([len(clip.frames) for clip, _ in clips]).tolist()
    spans = tuple(range(end - len(clip.frames), end) for end, (clip, _) in zip(ends, clips, strict=True))
    return FrameStore(images, labels, spans)
