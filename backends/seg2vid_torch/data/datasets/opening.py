"""Opening data sets: their clips are found and their label maps looked at, before any frame is read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.errors import DatasetError, UsageError
from seg2vid_interface.label_readers import LabelReader, LabelReading
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.class_indices import class_indices_of
from seg2vid_torch.data.datasets.clips import ClipsLayout
from seg2vid_torch.data.datasets.frames import Clip, Layout, Split

LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in (ClipsLayout(),)}
"""What `--dataset` names."""
PLAIN = "train-ids:ids"
"""The format of label maps that needs no mention."""


@dataclass(frozen=True)
class DataSet:
    """One root, its clips and how its label maps are read."""

    root: Path
    clips: Mapping[Split, tuple[Clip, ...]]
    """By split; "val" only where there is one."""
    labels: LabelReader | None
    """None if there are no labels, or nobody asked for them."""


def open_data_sets(
    roots: Sequence[Path],
    label_space: LabelSpace,
    *,
    layout: str = "clips",
    read_labels: LabelReading | None = None,
    splits: Sequence[Split] = ("train",),
) -> list[DataSet]:
    """Return the data sets at the roots, with those splits that must be there, and "val" where it is.

    Raises:
        UsageError: the layout, or the format of label maps, is unknown.
        DatasetError: a root of another layout, without clips or without label maps, or with maps that are not clear.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"--dataset {layout}: unknown", f"Known datasets: {', '.join(LAYOUTS)}.")
    return [_open(root, LAYOUTS[layout], label_space, read_labels or class_indices_of, splits) for root in roots]


def _open(
    root: Path, layout: Layout, label_space: LabelSpace, read_labels: LabelReading, splits: Sequence[Split]
) -> DataSet:
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder", "Name a dataset's root, with --data or in teacher.stills.")
    labelled = label_space.size > 0
    wanted: list[Split] = [*splits, "val"] if layout.has(root, "val") and "val" not in splits else [*splits]
    clips = {split: tuple(layout.find(root, split, labelled=labelled)) for split in wanted}
    first = next(iter(clips.values()))
    maps = [frame.labels for clip in first for frame in clip.frames if frame.labels is not None]
    return DataSet(root, clips, read_labels(maps, label_space) if maps else None)


def fingerprint(data_sets: Sequence[DataSet]) -> str:
    """Return a hash of the names of all training frames, which tells other data from the same data elsewhere."""
    names = [
        str(frame.picture.relative_to(data.root))
        for data in data_sets
        for clip in data.clips["train"]
        for frame in clip.frames
    ]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def uncommon_formats(data_sets: Sequence[DataSet]) -> list[str]:
    """Return the formats in which the data sets' label maps are read; none if they are all of the usual one."""
    formats = [data.labels.label_format for data in data_sets if data.labels]
    return formats if any(name != PLAIN for name in formats) else []


def has_validation(data_sets: Sequence[DataSet]) -> bool:
    """Tell whether any of them has a split for validation."""
    return any(data.clips.get("val") for data in data_sets)
