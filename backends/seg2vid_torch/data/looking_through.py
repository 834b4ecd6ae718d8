"""Looks all of a data set through: how much it holds, of what, and what is wrong with it."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.data_tools import Advance, DataReport, DataRequest, LabelTeller, Sample, SplitReport
from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_readers import LabelReader
from seg2vid_interface.label_spaces import NO_LABELS, LabelSpace
from seg2vid_torch.data.datasets.frames import Clip, Found, PictureClip, Split
from seg2vid_torch.data.datasets.opening import LAYOUTS, DataSet, open_data_sets
from seg2vid_torch.data.packed import is_packed
from seg2vid_torch.data.reading import ReadFrames, parts_of, read_parts

logger = logging.getLogger(__name__)
SAMPLES = 6
"""Frames of a split that are shown."""


def check_data(request: DataRequest, advance: Advance) -> DataReport:
    """Read all of a data set; see `DataTools.check_data`."""
    data = open_for_request(request, whole=False)
    total = sum(len(clip.files) for clips in data.clips.values() for clip in clips)
    splits: dict[str, SplitReport] = {}
    began, done = time.perf_counter(), 0
    for split, found in data.found.items():
        looks = _SplitLooks(found, request.label_space)
        for read in read_split(data, split, request, tolerant=True):
            looks.take(read)
            done += len(read.images)
            advance(done, max(done, total))
        splits[split] = looks.report()
    speed = done / (time.perf_counter() - began)
    return DataReport(description_of(data, request), splits, speed, told=request.teller is not None)


def open_for_request(request: DataRequest, *, whole: bool) -> DataSet:
    """Return the data set, with labels if it has some, unless they are told.  Raises what `open_data_sets` raises."""
    if is_packed(request.root):
        raise DatasetError(f"{request.root}: a packed data set", "Name the data set that it was made from.")
    layout = LAYOUTS.get(request.dataset)
    labelled = layout is not None and request.root.is_dir() and layout.has_labels(request.root)
    if labelled and request.teller is not None:
        logger.warning("%s: its own label maps are not read, as all labels are told", request.root)
    space = request.label_space if labelled and request.teller is None else NO_LABELS
    (data,) = open_data_sets(
        [request.root], space, layout=request.dataset, read_labels=request.read_labels, whole=whole
    )
    return data


def read_split(data: DataSet, split: Split, request: DataRequest, *, tolerant: bool) -> Iterator[ReadFrames]:
    """Yield a split's frames at the size that is asked for, with their labels, read or told."""
    clips: list[tuple[Clip, LabelReader | None]] = [
        (_there(clip) if tolerant else clip, data.labels) for clip in data.clips[split]
    ]
    form = {"height": request.height, "width": request.width}
    parts = parts_of(clips, **form, frames_per_second=request.frames_per_second)
    for read in read_parts(parts, tolerant=tolerant):
        if request.teller is not None:
            read.labels = _told(read.images, request.teller)
        yield read


def description_of(data: DataSet, request: DataRequest) -> str | None:
    """Return what a data set's labels are; None if it has none."""
    if request.teller is not None:
        return request.teller.description
    return data.labels.description if data.labels else None


def _told(images: NDArray[np.uint8], teller: LabelTeller) -> NDArray[np.uint8]:
    """Return the labels (n, H, W) of pictures (n, 3, H, W)."""
    labels = np.empty((len(images), *images.shape[2:]), np.uint8)
    for number, image in enumerate(images):
        labels[number] = teller.tell(np.ascontiguousarray(image.transpose(1, 2, 0)))
    return labels


def _there(clip: Clip) -> Clip:
    """Return a clip without the frames whose label map is missing, which is told by itself."""
    if not isinstance(clip, PictureClip):
        return clip
    return replace(clip, frames=tuple(frame for frame in clip.frames if not frame.labels or frame.labels.is_file()))


class _SplitLooks:
    """What was seen of a split so far."""

    def __init__(self, found: Found, space: LabelSpace) -> None:
        self._found, self._space = found, space
        self._sizes: Counter[tuple[int, int]] = Counter()
        self._lengths: list[int] = []
        self._pixels = np.zeros(space.size, np.int64)
        self._faults: list[str] = []
        self._samples: list[Sample] = []

    def take(self, read: ReadFrames) -> None:
        """Take note of frames."""
        self._sizes += read.sizes
        self._faults += read.faults
        bounds = [0, *sorted({cut for cut in read.cuts if 0 < cut < len(read.images)}), len(read.images)]
        for number, (start, stop) in enumerate(pairwise(bounds)):
            if number or 0 in read.cuts or not self._lengths:
                self._lengths.append(0)
            self._lengths[-1] += stop - start
        if len(read.images) in read.cuts:
            self._lengths.append(0)
        if read.labels is not None:
            self._pixels += np.bincount(read.labels.ravel(), minlength=self._space.size)
        if len(read.images):
            labels = None if read.labels is None else read.labels[0]
            self._samples.append(Sample(read.name, read.images[0].transpose(1, 2, 0), labels))
            if len(self._samples) > 64 * SAMPLES:
                self._samples = self._samples[::2]

    def report(self) -> SplitReport:
        """Return all of it."""
        shares = self._pixels / max(1, self._pixels.sum())
        order = [index for index in np.argsort(-shares, kind="stable") if shares[index]]
        lengths = [length for length in self._lengths if length]
        return SplitReport(
            clips=len(lengths),
            frames=sum(lengths),
            longest=max(lengths, default=0),
            sizes={f"{height}x{width}": count for (height, width), count in self._sizes.most_common()},
            shares={self._space.classes[index].name: round(float(shares[index]), 4) for index in order},
            missing=tuple(map(str, self._found.missing)),
            unreadable=tuple(self._faults),
            notes=self._found.notes,
            samples=tuple(_evenly(self._samples)),
        )


def _evenly(samples: Sequence[Sample]) -> list[Sample]:
    chosen = np.linspace(0, len(samples) - 1, min(len(samples), SAMPLES)).round().astype(int)
    return [samples[index] for index in chosen]
