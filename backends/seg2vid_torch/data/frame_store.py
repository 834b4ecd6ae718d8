"""Datasets of the "clips" layout, held in memory at the training size.

    <root>/<split>/<clip>/images/<frame>.{jpg,jpeg,png}
    <root>/<split>/<clip>/labels/<frame>.png              class indices, 255 = unlabelled; where there are labels

A folder of unrelated stills has the same layout.  A frame takes four bytes a pixel (131 kB at 128x256), without labels
three, and grey one.
"""

import hashlib
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.networks.colors import from_rgb

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png"}
UNLABELLED = 255
# What Pillow's decoders raise on damaged files.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, LookupError, struct.error, Image.DecompressionBombError)


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


@dataclass(frozen=True)
class _FramePaths:
    image: Path
    labels: Path | None
    """None where there are no labels."""


def fingerprint(roots: Sequence[Path], label_space: LabelSpace) -> str:
    """Return a hash of the names of all training frames, which tells other data from the same data elsewhere.

    Raises:
        DatasetError: as `load_frames`, for a root's layout.
    """
    names = [
        str(frame.image.relative_to(root))
        for root in roots
        for clip in _find_clips(root, "train", label_space)
        for frame in clip
    ]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def load_frames(
    roots: Sequence[Path], split: str, *, height: int, width: int, label_space: LabelSpace, channels: int = 3
) -> FrameStore:
    """Read the split's frames of all roots, resized to height x width (pictures LANCZOS, label maps nearest).

    Args:
        roots: of the datasets.
        split: "train" or "val".
        height: of the frames, in pixels.
        width: likewise.
        label_space: of the label maps; they are not looked for if it has no classes.
        channels: C: 3 for RGB, or 1 for grey.

    Raises:
        DatasetError: a root without the split, a frame without labels, an unreadable file, or an unknown class index.
    """
    clips = [clip for root in roots for clip in _find_clips(root, split, label_space)]
    paths = [frame for clip in clips for frame in clip]
    images = torch.empty((len(paths), channels, height, width), dtype=torch.uint8)
    labels = torch.zeros((1, 1, 1), dtype=torch.uint8).expand(len(paths), height, width)
    if label_space.size:
        labels = labels.contiguous()

    def read(position: int) -> None:
        frame = paths[position]
        images[position] = from_rgb(torch.from_numpy(_read_image(frame.image, height, width)), channels)
        if frame.labels is not None:
            labels[position] = torch.from_numpy(_read_labels(frame.labels, height, width, label_space))

    with ThreadPoolExecutor() as pool:
        try:
            for _ in pool.map(read, range(len(paths))):  # consuming the results raises the first error
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or thousands of files would be read before it is told
            raise
    ends = np.cumsum([len(clip) for clip in clips]).tolist()
    spans = tuple(range(end - len(clip), end) for end, clip in zip(ends, clips, strict=True))
    return FrameStore(images, labels, spans)


def _find_clips(root: Path, split: str, label_space: LabelSpace) -> list[list[_FramePaths]]:
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder", "Name a dataset's root, with --data or in teacher.stills.")
    folder = root / split
    if not folder.is_dir():
        raise DatasetError(
            f"{root}: no folder {split!r} in this dataset",
            "The clips layout is ROOT/SPLIT/CLIP/images/FRAME.jpg with labels/FRAME.png beside it.",
        )
    clips = [_find_frames(clip, label_space) for clip in sorted(folder.iterdir()) if (clip / "images").is_dir()]
    if not any(clips):
        raise DatasetError(f"{folder}: holds no clip with an images folder and pictures in it")
    return clips


def _find_frames(clip: Path, label_space: LabelSpace) -> list[_FramePaths]:
    images = sorted(path for path in (clip / "images").iterdir() if path.suffix.lower() in IMAGE_ENDINGS)
    if not label_space.size:
        return [_FramePaths(path, None) for path in images]
    labels = [clip / "labels" / f"{path.stem}.png" for path in images]
    missing = [path for path in labels if not path.is_file()]
    if missing:
        raise DatasetError(f"{missing[0]}: label map missing ({len(missing)} of {len(labels)} in this clip)")
    return [_FramePaths(*pair) for pair in zip(images, labels, strict=True)]


def _read_image(path: Path, height: int, width: int) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    except UNREADABLE as error:
        raise DatasetError(f"{path}: not a readable picture: {error}") from None
    return np.array(picture).transpose(2, 0, 1)


def _read_labels(path: Path, height: int, width: int, label_space: LabelSpace) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            if image.mode not in ("L", "P"):
                raise DatasetError(f"{path}: label maps are 8-bit pictures of class indices, this one is {image.mode}")
            labels = np.array(image.resize((width, height), Image.Resampling.NEAREST))
    except UNREADABLE as error:
        raise DatasetError(f"{path}: not a readable label map: {error}") from None
    if label_space.other is not None:
        labels[labels == UNLABELLED] = label_space.other
    if labels.max() >= label_space.size:
        raise DatasetError(
            f"{path}: class index {labels.max()} is outside the label space {label_space.name}, "
            f"0 to {label_space.size - 1}"
            + (f" and {UNLABELLED} = unlabelled" if label_space.other is not None else "")
        )
    return labels
