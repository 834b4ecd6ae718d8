"""KTH's human actions, https://www.csc.kth.se/cvap/actions/.

    <root>/<action>/person01_boxing_d1_uncomp.avi      or in the root itself; or a folder of that name with frames
    <root>/00sequences.txt                             which frames of a video are its four sequences, optional

Its authors' split: persons 11 to 18 are for training, 19 to 25 (but 22), 1 and 4 for validation; the rest is for tests.
"""

import re
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import (
    Clip,
    Found,
    Frame,
    PictureClip,
    Split,
    VideoClip,
    folders_of,
    pictures_of,
    read_list,
    refuse_labels,
)

_VIDEO = re.compile(r"(?P<key>person(?P<person>\d\d)_[a-z]+_d\d)(_uncomp)?")
_SPANS = re.compile(r"(\d+)\s*-\s*(\d+)")
_PERSONS = {"train": (11, 12, 13, 14, 15, 16, 17, 18), "val": (19, 20, 21, 23, 24, 25, 1, 4)}


class KthLayout:
    """Finds KTH's sequences; see `frames.Layout`."""

    name = "kth"
    expected = "A KTH root holds ACTION/personNN_ACTION_dN_uncomp.avi (or folders of frames), and 00sequences.txt."

    def fits(self, root: Path) -> bool:
        """Tell whether there are videos of persons; see `Layout.fits`."""
        return bool(_takes(root))

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether any person is of the split."""
        return bool(_of_split(_takes(root), split))

    def has_labels(self, root: Path) -> bool:  # noqa: ARG002  # that of other layouts looks there
        """It is published without."""
        return False

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's sequences; see `Layout.find`."""
        if labelled:
            raise refuse_labels(self.name)
        takes, sequences = _of_split(_takes(root), split), _sequences(root / "00sequences.txt")
        if not takes:
            raise DatasetError(f"{root}: no video of a person for {split!r}", f"These are {_PERSONS[split]}.")
        clips = [clip for key, path in takes.items() for clip in _clips(path, root, sequences.get(key, ()))]
        if not clips:
            raise DatasetError(f"{root}: the folders of persons for {split!r} hold no pictures", self.expected)
        return Found(tuple(clips))


def _takes(root: Path) -> dict[str, Path]:
    """Return e.g. person01_boxing_d1 -> its video or folder."""
    found: dict[str, Path] = {}
    for folder in (root, *folders_of(root)):
        for path in sorted(folder.glob("person*")):
            match = _VIDEO.fullmatch(path.stem)
            if match and (path.is_dir() or path.suffix.lower() == ".avi"):
                found.setdefault(match["key"], path)
    return found


def _of_split(takes: dict[str, Path], split: Split) -> dict[str, Path]:
    return {key: path for key, path in takes.items() if int(key[6:8]) in _PERSONS[split]}


def _sequences(path: Path) -> dict[str, tuple[range, ...]]:
    """Return the spans of frames, counted from 0, that the list gives each video; none without a list."""
    spans: dict[str, tuple[range, ...]] = {}
    for line in read_list(path) if path.is_file() else []:
        if match := _VIDEO.match(line):
            spans[match["key"]] = tuple(range(int(a) - 1, int(b)) for a, b in _SPANS.findall(line[match.end() :]))
    if path.is_file() and not spans:
        raise DatasetError(f"{path}: names no video", "A line is: person01_boxing_d1  frames  1-95, 96-185")
    return spans


def _clips(path: Path, root: Path, spans: tuple[range, ...]) -> list[Clip]:
    name = path.relative_to(root).as_posix()
    if not path.is_dir():
        return [VideoClip(name, path, spans)]
    pictures = pictures_of(path)
    parts = [pictures[span.start : span.stop] for span in spans] or [pictures]
    return [PictureClip(f"{name}/{i}", tuple(map(Frame, part))) for i, part in enumerate(parts) if part]
