"""Opening data sets: their clips are found and their label maps looked at, before any frame is read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.errors import DatasetError, UsageError
from seg2vid_interface.label_readers import LabelReader, LabelReading
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.class_indices import class_indices_of
from seg2vid_torch.data.datasets.cityscapes import CityscapesLayout
from seg2vid_torch.data.datasets.clips import ClipsLayout
from seg2vid_torch.data.datasets.frames import Clip, Found, Layout, PictureClip, Split
from seg2vid_torch.data.datasets.kitti import KittiLayout
from seg2vid_torch.data.datasets.kth import KthLayout
from seg2vid_torch.data.datasets.misplaced import misplaced
from seg2vid_torch.data.datasets.pix2pixhd import Pix2PixHDLayout
from seg2vid_torch.data.datasets.ucf101 import Ucf101Layout
from seg2vid_torch.data.datasets.video import VideoLayout
from seg2vid_torch.data.packed import Packed, is_packed, open_packed

_LAYOUTS: tuple[Layout, ...] = (
    ClipsLayout(),
    CityscapesLayout(),
    KittiLayout(),
    KthLayout(),
    Ucf101Layout(),
    Pix2PixHDLayout(),
    VideoLayout(),
)
LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in _LAYOUTS}
"""What `--dataset` names."""
PLAIN = "train-ids:ids"
"""The format of label maps that needs no mention."""


@dataclass(frozen=True)
class DataSet:
    """One root, its clips and how its label maps are read."""

    root: Path
    found: Mapping[Split, Found]
    """By split; "val" only where there is one."""
    labels: LabelReader | None
    """None if there are no labels, or nobody asked for them."""
    packed: Packed | None = None
    """It itself, if it is a packed one; then it has no clips."""

    @property
    def clips(self) -> Mapping[Split, tuple[Clip, ...]]:
        """The clips by split."""
        return {split: found.clips for split, found in self.found.items()}

    def has(self, split: Split) -> bool:
        """Tell whether it has frames of a split."""
        return bool(self.packed.frames(split) if self.packed else self.clips.get(split))


def open_data_sets(
    roots: Sequence[Path],
    label_space: LabelSpace,
    *,
    layout: str = "clips",
    read_labels: LabelReading | None = None,
    splits: Sequence[Split] = ("train",),
    whole: bool = True,
) -> list[DataSet]:
    """Return the data sets at the roots, with those splits that must be there, and "val" where it is.

    Args:
        roots: of the data sets.
        label_space: of their label maps; they are not looked for if it has no classes.
        layout: a name of LAYOUTS; that of packed ones does not count.
        read_labels: see `LabelReading`; None = the maps hold class indices.
        splits: that must be there.
        whole: whether missing files are an error.

    Raises:
        UsageError: the layout, or the format of label maps, is unknown.
        DatasetError: a root of another layout, without clips or without label maps, or with maps that are not clear.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"--dataset {layout}: unknown", f"Known datasets: {', '.join(LAYOUTS)}.")
    opened = []
    for root in roots:
        if is_packed(root):
            packed = open_packed(root)
            packed.require_labels(label_space)
            opened.append(DataSet(root, {}, None, packed))
            continue
        found = _find(root, LAYOUTS[layout], splits, labelled=label_space.size > 0)
        if whole:
            _refuse_missing(found)
        maps = _label_maps(next(iter(found.values())))
        opened.append(DataSet(root, found, (read_labels or class_indices_of)(maps, label_space) if maps else None))
    return opened


def _find(root: Path, layout: Layout, splits: Sequence[Split], *, labelled: bool) -> dict[Split, Found]:
    if not root.is_dir():
        problem = "a file, not a folder" if root.exists() else "no such folder"
        raise DatasetError(f"{root}: {problem}", "Name a dataset's root, with --data or in teacher.stills.")
    if not layout.fits(root):
        raise misplaced(root, layout, _LAYOUTS)
    wanted: list[Split] = [*splits, "val"] if layout.has(root, "val") and "val" not in splits else [*splits]
    return {split: layout.find(root, split, labelled=labelled) for split in wanted}


def _label_maps(found: Found) -> list[Path]:
    frames = (frame for clip in found.clips if isinstance(clip, PictureClip) for frame in clip.frames)
    return [frame.labels for frame in frames if frame.labels is not None]


def _refuse_missing(found: Mapping[Split, Found]) -> None:
    for split in found.values():
        if split.missing:
            path, *others = split.missing
            more = f" (and {len(others)} more)" if others else ""
            raise DatasetError(
                f"{path}: {'has no label map' if path.exists() else 'missing'}{more}",
                "`seg2vid data check` names them all.",
            )


def fingerprint(data_sets: Sequence[DataSet]) -> str:
    """Return a hash of the names of all training frames, which tells other data from the same data elsewhere."""
    names: list[str] = []
    for data in data_sets:
        clips = data.clips.get("train", ())
        names += [file.relative_to(data.root).as_posix() for clip in clips for file in clip.files]
        names += [data.packed.digest] if data.packed else []
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def uncommon_formats(data_sets: Sequence[DataSet]) -> list[str]:
    """Return the formats in which the data sets' label maps are read; none if they are all of the usual one."""
    formats = [data.labels.label_format for data in data_sets if data.labels]
    return formats if any(name != PLAIN for name in formats) else []
