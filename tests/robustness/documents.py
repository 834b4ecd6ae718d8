"""The texts that users and strangers write, how each is read, and what is wrong with what was read."""

import csv
import io
import json
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seg2vid_cli.benchmark.comparison import compare
from seg2vid_cli.benchmark.document import Document
from seg2vid_cli.benchmark.files import read_baseline
from seg2vid_cli.inputs.cameras import LIMITS, GivenCamera, read_camera
from seg2vid_cli.inputs.label_maps.class_lists import read_class_list
from seg2vid_cli.inputs.label_maps.formats import LabelFormat, Spaces
from seg2vid_cli.model_store.store import BUNDLED_MODELS
from seg2vid_interface.label_space_files import read_label_space, read_mapped_label_space
from seg2vid_interface.label_spaces import CITYSCAPES, LabelSpace, MappedLabelSpace
from seg2vid_interface.model_card import ModelCard, open_model_folder, read_card

ROOT = Path(__file__).parents[2]
STREET = BUNDLED_MODELS / "street"
FORMATS = ROOT / "seg2vid_cli" / "inputs" / "label_maps" / "formats"
CAMERAS = (
    b"time,forward,yaw,pitch\n0,8,0,0\n1.5,8,3,0.5\n4,2.5,-20,-1\n",
    b"time, forward\n0, 0\n2, 5\n\n",
    json.dumps([{"time": 0, "forward": 8}, {"time": 1.5, "forward": 3, "yaw": -3.25, "pitch": 1}]).encode(),
    json.dumps({"camera": [[0, 8, 0, 0], [1, 8.5, 3, 0]], "more": {"a": [1, None]}}).encode(),
)
CLASS_LISTS = (
    b"# drawn\nbackground:0,0,0::\nroad:128,64,128::\ncar:0,0,142::\n",
    b"__ignore__\n_background_\nroad\nsky\ncar\n",
)
OWN_SPACE = b"""name = "harbour"
other = "other"

[[classes]]
name = "water"
color = "#0000ff"
ids = [0, 7]

[[classes]]
name = "ship"
color = "#ff0000"
ids = [1, 65535]
foreground = true

[[classes]]
name = "other"
color = "#000000"
"""


@dataclass(frozen=True)
class Kind:
    """One kind of text."""

    name: str
    """Of the case."""
    files: Sequence[bytes]
    """Whole ones."""
    file: str
    """What it is called."""
    read: Callable[[Path], Any]
    problem: Callable[[bytes, Any], str | None]
    """Says what is wrong with what was read from these bytes."""


def difference(stated: Any, found: Any, place: str = "") -> str | None:
    """Say where what was found is not what a document states; what it does not state is the reader's own matter."""
    if isinstance(stated, dict):
        missing = [f"{place}.{key}: is missing" for key in stated if key not in found]
        inner = (difference(value, found[key], f"{place}.{key}") for key, value in stated.items() if key in found)
    elif isinstance(stated, list):
        if not isinstance(found, list | tuple) or len(stated) != len(found):
            return f"{place}: {found!r:.80} is not {stated!r:.80}"
        missing = []
        inner = (difference(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(stated, found, strict=True)))
    else:
        return None if _same(stated, found) else f"{place}: {found!r:.80} is not {stated!r:.80}"
    return next((problem for problem in (*missing, *inner) if problem), None)


def _same(stated: object, found: object) -> bool:
    """Say whether both are the same; a number in quotation marks, or `true` for 1, is one."""
    if {type(stated), type(found)} in ({str, int}, {str, float}):
        return float(stated) == float(found)
    return stated == found


def _card_problem(text: bytes, card: ModelCard) -> str | None:
    return difference(json.loads(text), card.model_dump()) or difference(
        card.model_dump(), ModelCard.model_validate_json(card.model_dump_json()).model_dump()
    )


def _space_problem(text: bytes, space: LabelSpace | MappedLabelSpace) -> str | None:
    document = tomllib.loads(text.decode())
    stated = {key: document[key] for key in ("name", "title", "source", "layouts") if key in document}
    if isinstance(space, LabelSpace):
        stated = {"name": document["name"]}
    names = [{"name": table["name"]} for table in document["classes"]]
    found = asdict(space)
    if len({(each["name"]) for each in found["classes"]}) < len(names):
        return "two classes of one name"
    return difference(stated | {"classes": names}, found)


def _list_problem(_: bytes, label_format: LabelFormat) -> str | None:
    keys = [*label_format.ids, *label_format.colors]
    return None if all(0 <= key < 1 << 24 for key in keys) else "ids or colours out of range"


def _baseline_problem(text: bytes, baseline: Document) -> str | None:
    document = json.loads(text)
    run = read_baseline(ROOT / ".ci" / "baseline.json", [open_model_folder(STREET)])
    comparison = compare(baseline, run, tolerance=0.1, file="b.json")
    numbers = [value for row in comparison.rows for value in (row.baseline_frames_per_s, row.frames_per_s)]
    numbers += [value for row in comparison.rows if row.share_of_peak for value in asdict(row.share_of_peak).values()]
    if not all(math.isfinite(number) for number in numbers):
        return "a comparison that is not finite"
    return difference(json.loads(json.dumps(asdict(baseline))), document.get("data", document))


def _camera_problem(text: bytes, camera: GivenCamera) -> str | None:
    path = camera.path
    if not all(before < after for before, after in zip(path.times, path.times[1:], strict=False)):
        return "times that do not ascend"
    most = [limit for limit, _ in LIMITS.values()]
    if not all(abs(rate) <= limit for row in path.rows for rate, limit in zip(row, most, strict=True)):
        return "a rate beyond the limits"
    stripped = text.decode("utf-8-sig").strip()
    if stripped[0] in "[{":
        document = json.loads(stripped)
        rows = document["camera"] if isinstance(document, dict) else document
        times = [row["time"] if isinstance(row, dict) else row[0] for row in rows]
    else:
        times = [row["time"] for row in csv.DictReader(io.StringIO(stripped, newline=""), skipinitialspace=True)]
    return difference([float(time) for time in times], path.times)


KINDS = (
    Kind(
        "model cards",
        [(STREET / "model.json").read_bytes()],
        "model.json",
        lambda path: read_card(path.parent),
        _card_problem,
    ),
    Kind("label spaces of a model", [OWN_SPACE], "space.toml", read_label_space, _space_problem),
    Kind(
        "label spaces for reading",
        [OWN_SPACE, *(path.read_bytes() for path in sorted(FORMATS.glob("*.toml")))],
        "space.toml",
        read_mapped_label_space,
        _space_problem,
    ),
    Kind(
        "lists of classes",
        CLASS_LISTS,
        "labelmap.txt",
        lambda path: read_class_list(path, Spaces(CITYSCAPES, None)),
        _list_problem,
    ),
    Kind(
        "baselines",
        [(ROOT / ".ci" / "baseline.json").read_bytes()],
        "baseline.json",
        lambda path: read_baseline(path, [open_model_folder(STREET)]),
        _baseline_problem,
    ),
    Kind("camera paths", CAMERAS, "drive.csv", lambda path: read_camera(str(path)), _camera_problem),
)
