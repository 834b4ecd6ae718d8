"""The true clips that frames are compared with, read one after another at the size of the comparison.

Shape symbols: n = frames of a clip, h = steps of a window, H, W = height and width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.evaluation import EvaluationRequest
from seg2vid_interface.label_spaces import CITYSCAPES, NO_LABELS, LabelSpace
from seg2vid_torch.data.datasets.frames import Clip, PictureClip, Split
from seg2vid_torch.data.datasets.opening import LAYOUTS, DataSet, open_data_sets
from seg2vid_torch.data.packed import is_packed, shards_of
from seg2vid_torch.data.reading import ReadFrames, parts_of, read_parts
from seg2vid_torch.networks.colors import from_rgb, to_rgb

LOSSY = {".jpg", ".jpeg"}
LONGEST = 4096  # frames of a clip that are in memory at a time


@dataclass(frozen=True)
class TrueClip:
    """Consecutive frames of a data set."""

    name: str
    frames: NDArray[np.uint8]
    """(n, 3, H, W), RGB."""
    labels: NDArray[np.uint8] | None
    """(n, H, W), class indices."""

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Window:
    """A start, and the steps after it."""

    clip: TrueClip
    start: int
    """The frame that a prediction goes on from."""
    steps: int
    """h: frames after it that are compared."""

    @property
    def first(self) -> NDArray[np.uint8]:
        """(3, H, W)."""
        return self.clip.frames[self.start]

    @property
    def truth(self) -> NDArray[np.uint8]:
        """(h, 3, H, W): the frames after the first."""
        return self.clip.frames[self.start + 1 : self.start + 1 + self.steps]

    @property
    def later_labels(self) -> NDArray[np.uint8] | None:
        """(h, H, W), of the same."""
        labels = self.clip.labels
        return None if labels is None else labels[self.start + 1 : self.start + 1 + self.steps]


def windows_of(clip: TrueClip, horizon: int, every: int) -> list[Window]:
    """Return all windows of a clip; towards its end they have fewer steps than the horizon."""
    return [Window(clip, start, min(horizon, len(clip) - 1 - start)) for start in range(0, len(clip) - 1, every)]


class Truth:
    """The data sets of a request."""

    def __init__(self, request: EvaluationRequest) -> None:
        """Find the clips; none is read yet.  Raises UsageError, DatasetError."""
        card = None if request.model is None else request.model.folder.card
        self._request, self._split = request, _split(request.split)
        roots = [_root_of(path, request.dataset, self._split) for path in request.data]
        self.space: LabelSpace = NO_LABELS
        if card is not None and card.label_space is not None:
            self.space = card.label_space
        elif all(_has_labels(root, request.dataset) for root in roots):
            self.space = CITYSCAPES
        self._rate = None if card is None else card.frames_per_second
        self._grey = card is not None and card.grey
        self._sets = open_data_sets(
            roots,
            self.space,
            layout=request.dataset,
            read_labels=request.read_labels,
            splits=(self._split,),
        )
        for data in self._sets:
            if not data.has(self._split):
                raise DatasetError(
                    f"{data.root}: has no frames of the split {request.split}", "Choose another with --split."
                )
        for data in self._sets:
            if data.packed:
                data.packed.require_size(request.height, request.width)

    def __len__(self) -> int:
        return sum(1 if data.packed else len(data.clips[self._split]) for data in self._sets)

    @property
    def description(self) -> str:
        """Which data they are."""
        return f"{', '.join(str(data.root) for data in self._sets)}: {self._split}"

    @property
    def files(self) -> list[Clip]:
        """The clips as files, of data sets that are not packed."""
        return [clip for data in self._sets for clip in data.clips.get(self._split, ())]

    @property
    def is_lossy(self) -> bool:
        """Whether pictures are JPEG files."""
        return any(
            file.suffix.lower() in LOSSY
            for clip in self.files
            if isinstance(clip, PictureClip)
            for file in clip.files[:1]
        )

    def clips(self) -> Iterator[TrueClip]:
        """Read the clips, in order; one that has a damaged frame comes in two pieces.

        Raises:
            DatasetError: what cannot be read is more than 1%, or two clips have the same name.
        """
        seen: set[str] = set()
        for data in self._sets:
            for number, clip in enumerate(joined_clips(self._read(data), LONGEST)):
                name = clip.name if clip.name not in seen else f"{clip.name}+{number}"
                seen.add(name)
                yield TrueClip(name, _greyed(clip.frames) if self._grey else clip.frames, clip.labels)

    def _read(self, data: DataSet) -> Iterator[ReadFrames]:
        if data.packed:
            return shards_of(data.packed, self._split)
        size = {"height": self._request.height, "width": self._request.width}
        clips = [(clip, data.labels) for clip in data.clips[self._split]]
        return read_parts(parts_of(clips, **size, frames_per_second=self._rate))


def _split(name: str) -> Split:
    return "train" if name == "train" else "val"


def _root_of(path: Path, dataset: str, split: Split) -> Path:
    """Return the root, also for its folder of the split, which says the same once more."""
    layout = LAYOUTS.get(dataset)
    if layout is None or not path.is_dir() or layout.fits(path) or path.resolve().name != split:
        return path
    root = path.resolve().parent
    return root if layout.fits(root) else path


def _has_labels(root: Path, dataset: str) -> bool:
    if is_packed(root) or dataset not in LAYOUTS or not root.is_dir() or not LAYOUTS[dataset].fits(root):
        return False  # a fault that opening it tells
    return LAYOUTS[dataset].has_labels(root)


def joined_clips(parts: Iterator[ReadFrames], longest: int) -> Iterator[TrueClip]:
    """Put the parts of clips together, and cut them where they are cut, or have `longest` frames or more."""
    kept: list[ReadFrames] = []

    def finished() -> Iterator[TrueClip]:
        if any(len(part.images) for part in kept):
            yield _clip(kept)
        kept.clear()

    for part in parts:
        bounds = sorted({0, *part.cuts, len(part.images)})
        for first, last in pairwise(bounds):
            if first in part.cuts or sum(len(one.images) for one in kept) >= longest:
                yield from finished()
            labels = None if part.labels is None else part.labels[first:last]
            kept.append(ReadFrames(part.images[first:last], labels, name=part.name))
        if len(part.images) in part.cuts:
            yield from finished()
    yield from finished()


def _clip(parts: Sequence[ReadFrames]) -> TrueClip:
    labels = [part.labels for part in parts if part.labels is not None]
    images = np.concatenate([part.images for part in parts])
    return TrueClip(parts[0].name, images, np.concatenate(labels) if labels else None)


def _greyed(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures (n, 3, H, W) as a model that sees grey ones shows them."""
    grey: NDArray[np.uint8] = to_rgb(from_rgb(torch.from_numpy(frames), 1)).numpy()
    return grey
