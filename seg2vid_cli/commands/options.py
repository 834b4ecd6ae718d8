"""Flags that several commands share."""

import math
import re
from typing import Annotated, Literal

import typer

from seg2vid_cli.completion import offers
from seg2vid_cli.inputs.pictures.limits import MAX_PIXELS, MIN_SIDE, max_megapixels
from seg2vid_interface.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, errors included.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files of the result's names.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No messages and no progress; errors are still shown.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
DataSet = Annotated[
    Literal["clips", "cityscapes", "kitti", "kth", "ucf101", "pix2pixhd", "video"],
    typer.Option("--dataset", help="The form that the data sets are in."),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="M",
        help="Name of a bundled or pulled model, or a model folder (./NAME).",
        autocompletion=offers.model_or_folder,
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="NAME",
        help="auto, or one of `seg2vid backends`.",
        autocompletion=offers.backend,
    ),
]
Device = Annotated[
    str,
    typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N.", autocompletion=offers.device),
]
Precision = Annotated[
    Literal["auto", "fp32", "fp16", "bf16"], typer.Option("--precision", help="Number format that networks run in.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Of the random numbers; 0 or more.")]
LabelFormat = Annotated[
    str,
    typer.Option(
        "--label-format",
        metavar="FORMAT",
        help="auto, a name of `seg2vid label-formats`, or a file: TOML, or CVAT's or labelme's .txt.",
        autocompletion=offers.label_format,
    ),
]
LARGEST_SEED = 2**63 - 1
"""PyTorch's seeds end here; NumPy's go further."""


def check_range(flag: str, value: float | None, smallest: float, largest: float = math.inf) -> None:
    """Raise UsageError unless `value` was left out (None) or is within both limits."""
    if value is None or smallest <= value <= largest:
        return
    limits = f"{smallest} or more" if largest == math.inf else f"between {smallest} and {largest}"
    raise UsageError(f"{flag} {value}: must be {limits}")


def parse_size(text: str) -> tuple[int, int]:
    """Return height and width in pixels of "HxW"; whether a model takes them, it says itself.  Raises UsageError."""
    sides = re.fullmatch(r"([0-9]{1,9})[xX]([0-9]{1,9})", text)
    if sides is None:
        raise UsageError(f"--size {text}: not HEIGHTxWIDTH", "For example --size 128x256.")
    size = int(sides[1]), int(sides[2])
    if min(size) < MIN_SIDE:
        raise UsageError(f"--size {text}: height and width must be {MIN_SIDE} or more", "For example --size 128x256.")
    if size[0] * size[1] > MAX_PIXELS:
        raise UsageError(f"--size {text}: more than {max_megapixels()} megapixels", "For example --size 128x256.")
    return size
