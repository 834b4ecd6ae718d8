"""Which of a data set's pictures are label maps, by the names that data sets give to files and folders."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_CITYSCAPES = re.compile(r"(.+_gt(?:Fine|Coarse))_([A-Za-z0-9]+)")
"""Name of a Cityscapes picture without its ending; IDD's are named alike."""
_KINDS = ("labelids", "labeltrainids", "labellevel3ids", "labelcsids", "instanceids", "color", "labelcolors")
"""Of such pictures, the one that says most of the classes first."""
_PHOTOGRAPH = re.compile(r".+_leftImg8bit")
_LABEL_FOLDERS = re.compile(
    "labels?|semantics?|annotations|(bit)?masks|"  # Mapillary, GTA5 and clips of ours; KITTI; ADE20K; BDD100K
    "classsegmentation|gt|gtfine|gtcoarse|"  # Virtual KITTI; SYNTHIA; Cityscapes
    "seg|segmentation|semantic_segmentation",  # what people write out of simulators
    re.IGNORECASE,
)
_OTHER_FOLDERS = re.compile(
    r"images?|image_\d|rgb|leftimg8bit|photos|depth|disparity|"
    "colou?rs?|colormaps|semantic_rgb|instances?|instance_?segmentation|panoptic|polygons",
    re.IGNORECASE,
)
"""What lies beside them: photographs, and the same labels once more."""
_SAVED_FOLDER = re.compile(r"(.+)\.(?:labels|flow|occlusion|depth|instances|frames)")
_SAVED_PICTURE = re.compile(r"(.+)\.first-frame")
_RESULT = re.compile(r"(.+)")
"""What generating calls folders of pictures, and a picture, beside the label map; the last one `--format png`."""


def label_folders(
    names: Iterable[str], stems: frozenset[str], *, holds_results: bool = False
) -> tuple[list[str], list[str]]:
    """Return those of a folder's subfolders in which label maps may lie, and those left out for their names.

    Args:
        names: of all subfolders.
        stems: of the pictures in the folder.
        holds_results: whether results go to this folder, so that some may be there.
    """
    shown = [name for name in names if not name.startswith(".")]
    has_labels = any(_LABEL_FOLDERS.fullmatch(name) for name in shown)
    made = [_SAVED_FOLDER, _RESULT] if holds_results else [_SAVED_FOLDER]
    left_out = [
        name
        for name in shown
        if (has_labels and _OTHER_FOLDERS.fullmatch(name)) or any(_is_of_a_map(name, form, stems) for form in made)
    ]
    return [name for name in shown if name not in left_out], left_out


def label_pictures(pictures: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return those of one folder's pictures that are label maps, each scene's only once; and what was left out.

    The second is e.g. ["_gtFine_color", "_gtFine_instanceIds"], with an entry per picture.
    """
    stems = frozenset(path.stem for path in pictures)
    matches = {path: _CITYSCAPES.fullmatch(path.stem) for path in pictures}
    best: dict[str, int] = {}
    for match in matches.values():
        if match:
            best[match[1]] = min(best.get(match[1], len(_KINDS)), _rank(match[2]))
    taken, left_out = [], list[str]()
    for path, match in matches.items():
        if match and _rank(match[2]) > best[match[1]]:
            left_out.append(path.stem[match[1].rindex("_") :])
        elif _PHOTOGRAPH.fullmatch(path.stem):
            left_out.append("_leftImg8bit")
        elif _is_of_a_map(path.stem, _SAVED_PICTURE, stems):
            left_out.append(".first-frame")
        else:
            taken.append(path)
    return taken, left_out


def _rank(kind: str) -> int:
    return _KINDS.index(kind.lower()) if kind.lower() in _KINDS else len(_KINDS)


def _is_of_a_map(name: str, form: re.Pattern[str], stems: frozenset[str]) -> bool:
    """Tell whether a name of this form is that of a result, or of a further sample, of a picture with such a stem."""
    match = form.fullmatch(name)
    return match is not None and not stems.isdisjoint({match[1], re.sub(r"_\d+$", "", match[1])})
