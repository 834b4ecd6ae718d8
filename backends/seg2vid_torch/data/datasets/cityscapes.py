"""Cityscapes as it is published: https://www.cityscapes-dataset.com, and label maps that networks made for it.

    <root>/leftImg8bit_sequence/<split>/<city>/<city>_<sequence>_<frame>_leftImg8bit.png     30 frames a sequence
    <root>/leftImg8bit/...                                                                   or the 20th of each
    <root>/gtFine/<split>/<city>/<city>_<sequence>_<frame>_gtFine_labelIds.png               of the 20th
    <root>/<any>/<split>/<city>/<city>_<sequence>_<frame>_<any>ssmask.png                    predicted, of all
    <root>/<split>.txt                                                                       names of clips, optional

Label maps end in labelTrainIds.png, labelIds.png or ssmask.png; where there are several kinds, the one that most frames
have is taken.  Frames without a label map are left out.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Found, Frame, PictureClip, Split, folders_of, in_runs, read_list

_TREES = ("leftImg8bit_sequence", "leftImg8bit")
_NAME = re.compile(r"(?P<place>.+_\d{6})_(?P<frame>\d{6})_(?P<rest>.+)")
_LABELS = re.compile(r"(labelTrainIds|labelIds|ssmask)$")


class CityscapesLayout:
    """Finds clips of Cityscapes; see `frames.Layout`."""

    name = "cityscapes"
    expected = (
        "A Cityscapes root holds leftImg8bit_sequence or leftImg8bit, and gtFine or predicted *_ssmask.png, "
        "each with train/CITY and val/CITY."
    )

    def fits(self, root: Path) -> bool:
        """Tell whether there are pictures; see `Layout.fits`."""
        return any((root / tree).is_dir() for tree in _TREES)

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether the pictures have the split."""
        return self.fits(root) and (_tree(root) / split).is_dir()

    def has_labels(self, root: Path) -> bool:
        """Tell whether any label map is there."""
        return bool(_label_maps(root, "train"))

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's clips; see `Layout.find`."""
        folder = _tree(root) / split
        places = _pictures(folder)
        if not places:
            raise DatasetError(f"{folder}: holds no CITY/*_leftImg8bit.png", self.expected)
        pictures = sum(map(len, places.values()))
        maps, missing, notes = dict[str, Path](), tuple[Path, ...](), tuple[str, ...]()
        if labelled:
            maps = _label_maps(root, split)
            lacking = [path for frames in places.values() for path in frames.values() if _key(path) not in maps]
            if len(lacking) == pictures:
                raise DatasetError(f"{lacking[0]}: no label map of it, nor of any other picture there", self.expected)
            if folder.parent.name == _TREES[0]:  # of which people have but every 30th annotated
                notes = (f"{folder}: {len(lacking)} of {pictures} frames have no label map",) if lacking else ()
            else:
                missing = tuple(lacking)
            places = {
                place: {number: path for number, path in frames.items() if _key(path) in maps}
                for place, frames in places.items()
            }
        clips = [clip for place, frames in places.items() for clip in _clips(place, frames, maps)]
        return Found(tuple(_listed(clips, root / f"{split}.txt")), missing, notes)


def _tree(root: Path) -> Path:
    return next(root / tree for tree in _TREES if (root / tree).is_dir())


def _pictures(folder: Path) -> Mapping[str, dict[int, Path]]:
    """Return place -> number of the frame -> picture, in order."""
    places: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    for city in folders_of(folder):
        for path in sorted(city.glob("*_leftImg8bit.png")):
            if match := _NAME.fullmatch(path.stem):
                places[match["place"]][int(match["frame"])] = path
    return places


def _key(path: Path) -> str:
    match = _NAME.fullmatch(path.stem)
    return f"{match['place']}_{match['frame']}" if match else path.stem


def _label_maps(root: Path, split: Split) -> dict[str, Path]:
    """Return key -> label map, of the kind that there are most of."""
    kinds: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for tree in folders_of(root):
        for path in sorted((tree / split).glob("*/*.png")):
            if found := _LABELS.search(path.stem):
                kinds[f"{tree}/{found[1]}"][_key(path)] = path
    return max(kinds.values(), key=len, default={})


def _clips(place: str, frames: Mapping[int, Path], maps: Mapping[str, Path]) -> list[PictureClip]:
    pictures = list(frames.values())
    return [
        PictureClip(
            f"{place}_{list(frames)[run.start]:06d}",
            tuple(Frame(path, maps.get(_key(path))) for path in pictures[run.start : run.stop]),
        )
        for run in in_runs(list(frames))
    ]


def _listed(clips: Collection[PictureClip], path: Path) -> list[PictureClip]:
    """Return those clips of which a list names a frame; all, if there is no list."""
    if not path.is_file():
        return list(clips)
    named = {_key(Path(line.split()[0])) for line in read_list(path)}
    listed = [clip for clip in clips if any(_key(picture) in named for picture in clip.files)]
    if not listed:
        raise DatasetError(
            f"{path}: names no frame that is there", "A line is CITY/CITY_SEQUENCE_FRAME_leftImg8bit.png."
        )
    return listed
