"""What a label map's own name says of its format: Cityscapes and those who follow it end names so."""

import re
from pathlib import PurePath

_ENDINGS = {
    "labelIds": "label-ids",
    "labelTrainIds": "train-ids",
    "trainIds": "train-ids",
    "train_id": "train-ids",
    "labelcsTrainIds": "train-ids",
    "instanceIds": "label-ids",
    "color": "colors",
    "train_color": "colors",
}
"""As letters are written: IDD's own ids end in labelids."""


def format_of_name(name: str) -> str | None:
    """Return the name of the format that a file of this name has, e.g. "label-ids" of x_gtFine_labelIds.png.

    What `seg2vid generate --save labels` wrote, CLIP.labels/000000.png, holds train ids.
    """
    path = PurePath(name)
    if path.parent.suffix == ".labels" and path.stem.isdigit():
        return "train-ids"
    found = re.search(rf"_({'|'.join(_ENDINGS)})$", path.stem)
    return _ENDINGS[found[1]] if found else None
