"""Packed data sets: shards in the tar format of the webdataset library, and an index of them.

    <folder>/seg2vid-data.json
    <folder>/train-000000.tar, ..., <folder>/val-000000.tar, ...

A sample is a frame at the size that is trained on: CLIP/FRAME.png and, where there are labels, CLIP/FRAME.labels.png
(class indices).  Frames of a clip follow each other; a shard holds so many of them that SHARD_BYTES of memory take them
unpacked, and a clip that is longer goes on in the next shard as another one.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.documents import parse_json, read_document
from seg2vid_interface.errors import BackendError, DatasetError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.datasets.frames import Split
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.picture_files import UNREADABLE
from seg2vid_torch.data.reading import ReadFrames

INDEX_NAME = "seg2vid-data.json"
FORMAT = "seg2vid-data-1"
SHARD_BYTES = 16 << 20
_MADE_ANEW = "Pack it anew with `seg2vid data pack`."


@dataclass(frozen=True)
class Shard:
    """A file of frames."""

    name: str
    clips: tuple[int, ...]
    """Frames of each clip."""
    size: int
    """Bytes."""
    sha256: str

    @property
    def frames(self) -> int:
        """All of them."""
        return sum(self.clips)


@dataclass(frozen=True)
class Packed:
    """A packed data set, as its index describes it."""

    folder: Path
    height: int
    width: int
    label_space: str | None
    """Its name; None without labels."""
    classes: int
    splits: Mapping[Split, tuple[Shard, ...]]

    def frames(self, split: Split) -> int:
        """Return the number of a split's frames."""
        return sum(shard.frames for shard in self.splits.get(split, ()))

    def bytes_of(self, frames: int) -> int:
        """Return how much memory so many frames take."""
        return frames * self.height * self.width * (4 if self.label_space else 3)

    @property
    def digest(self) -> str:
        """A hash of all training frames."""
        return hashlib.sha256("".join(shard.sha256 for shard in self.splits["train"]).encode()).hexdigest()[:16]

    def require_size(self, height: int, width: int) -> None:
        """Raise DatasetError if its frames are of another size than a stage takes."""
        if (self.height, self.width) != (height, width):
            raise DatasetError(
                f"{self.folder}: packed at {self.height}x{self.width}, and the stage takes {height}x{width}",
                f"Pack it anew with --size {height}x{width}, or --set height={self.height} --set width={self.width}.",
            )

    def require_labels(self, space: LabelSpace) -> None:
        """Raise DatasetError if it has not the labels that a stage learns from."""
        if space.size and (self.label_space, self.classes) != (space.name, space.size):
            labels = f"with labels of {self.label_space}" if self.label_space else "without labels"
            raise DatasetError(f"{self.folder}: packed {labels}, and the stage learns from {space.name}", _MADE_ANEW)


def is_packed(root: Path) -> bool:
    """Tell whether a folder holds a packed data set."""
    return (root / INDEX_NAME).is_file()


def open_packed(root: Path) -> Packed:
    """Return the data set that a folder holds.

    Raises:
        DatasetError: its index or a shard is not what it should be.
    """
    path = root / INDEX_NAME
    try:
        document = parse_json(read_document(path))
        if not isinstance(document, dict) or document["format"] != FORMAT:
            raise ValueError(f"not of the format {FORMAT}")
        splits: dict[Split, tuple[Shard, ...]] = {
            split: tuple(Shard(**{**shard, "clips": tuple(shard["clips"])}) for shard in document["splits"][split])
            for split in ("train", "val")
            if split in document["splits"]
        }
        form = {name: document[name] for name in ("height", "width", "label_space", "classes")}
        packed = Packed(root, **form, splits=splits)
        if not packed.frames("train") or any(Path(s.name).name != s.name for some in splits.values() for s in some):
            raise ValueError("no frames to train on, or names of shards that are none")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: not readable: {error}", _MADE_ANEW) from None
    for shard in (shard for shards in splits.values() for shard in shards):
        there = root / shard.name
        if not there.is_file() or there.stat().st_size != shard.size:
            raise DatasetError(f"{there}: missing, or not as large as it was", _MADE_ANEW)
    return packed


def read_shard(packed: Packed, shard: Shard) -> ReadFrames:
    """Return a shard's frames.  Raises DatasetError if it is damaged, BackendError without the webdataset library."""
    path = packed.folder / shard.name
    images = np.empty((shard.frames, 3, packed.height, packed.width), np.uint8)
    labels = np.empty((shard.frames, packed.height, packed.width), np.uint8) if packed.label_space else None
    count = 0
    try:
        for sample in _samples(path):
            images[count] = _decoded(sample["png"]).transpose(2, 0, 1)
            if labels is not None:
                labels[count] = _decoded(sample["labels.png"])
            count += 1
    except (*UNREADABLE, tarfile.TarError) as error:
        raise DatasetError(f"{path}: damaged: {error.args[0] if error.args else error}", _MADE_ANEW) from None
    if count != shard.frames:
        raise DatasetError(f"{path}: damaged: {count} of {shard.frames} frames", _MADE_ANEW)
    return ReadFrames(images, labels, cuts=[0, *np.cumsum(shard.clips).tolist()], name=shard.name)


def _samples(path: Path) -> Iterator[dict[str, Any]]:
    library()
    from webdataset.tariterators import group_by_keys, tar_file_expander

    with path.open("rb") as file:  # which the library itself would leave open
        yield from group_by_keys(tar_file_expander([{"url": path.name, "stream": file}]))


def shards_of(packed: Packed, split: Split, divided: Divided = undivided) -> Iterator[ReadFrames]:
    """Yield a split's frames, a shard at a time; the work may be `divided`."""
    return divided(packed.splits.get(split, ()), lambda shards: (read_shard(packed, shard) for shard in shards))


def _decoded(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        return np.asarray(image)


def library() -> Any:
    """Return the webdataset library.  Raises BackendError without it."""
    try:
        import webdataset
    except ImportError:
        raise BackendError(
            "packed data sets need the package webdataset, which is not installed",
            "Install it: pip install 'seg2vid[train]'",
        ) from None
    return webdataset
