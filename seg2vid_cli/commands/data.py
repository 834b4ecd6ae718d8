"""`seg2vid data`: looks data sets through, and packs those that are larger than memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.quick_help import QuickHelpGroup
from seg2vid_cli.completion import offers
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import OutputError, SettingsError, UsageError
from seg2vid_interface.label_spaces import LABEL_SPACES

if TYPE_CHECKING:
    from seg2vid_interface.data_tools import DataRequest
    from seg2vid_interface.label_spaces import LabelSpace

data = typer.Typer(cls=QuickHelpGroup, help="Look data sets through, and pack large ones.", rich_markup_mode=None)

DEFAULT_SPACE = "cityscapes"
Root = Annotated[
    Path,
    typer.Argument(metavar="DIR", readable=False, help="The data set's root.", autocompletion=offers.folders),
]
Space = Annotated[
    str,
    typer.Option(
        "--label-space",
        metavar="NAME",
        help="Classes of its labels, as in settings, or a TOML file.",
        autocompletion=offers.label_space,
    ),
]
Size = Annotated[str, typer.Option("--size", metavar="HxW", help="Height and width in pixels that frames get.")]
Rate = Annotated[
    float | None,
    typer.Option("--fps", metavar="F", help="Frames per second of --dataset video.  [default: all frames, as stored]"),
]

LabelWith = Annotated[
    str | None,
    typer.Option(
        "--label-with",
        metavar="MODEL",
        help="Have this model tell the labels of all frames, as of videos that have none.",
        autocompletion=offers.model_or_folder,
    ),
]


@data.command("check")
def check(
    root: Root,
    *,
    dataset: options.DataSet = "clips",
    label_format: options.LabelFormat = "auto",
    label_space: Space = DEFAULT_SPACE,
    size: Size = "128x256",
    fps: Rate = None,
    label_with: LabelWith = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="PNG", readable=False, help="Save samples as a picture.")
    ] = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Read all of a data set: say what it holds, and name what is missing or cannot be read.

    Counts of clips and frames, their sizes, the share of every class, and how many frames a second are read.  If it
    could not be trained on, the exit code is 1.
    """
    from seg2vid_cli.conversion.data_report import described, document, what_stops_training, write_sheet
    from seg2vid_cli.plugins import find_data_tools, listening

    console = Console("data check", json=json, quiet=quiet, debug=debug)
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UsageError(f"--sheet {sheet}: a sheet is a .png picture", f"Write --sheet {sheet.with_suffix('.png')}")
    if sheet is not None and sheet.exists() and not overwrite:
        raise OutputError(f"{sheet}: exists already", "Replace it with --overwrite, or choose another --sheet.")
    asked = _request(root, dataset, label_format, label_space, size=size, fps=fps)
    tools = find_data_tools()
    with (
        _labelled(asked, label_with, label_format, console) as request,
        listening(tools, console.say),
        console.progress("reading", 1, "frames") as bar,
    ):
        report = tools.check_data(request, lambda done, total: bar.advance(done, f"of {total:,}"))
    if sheet is not None:
        write_sheet(sheet, report, request.label_space, overwrite=overwrite)
    lines, found = described(report), document(report, sheet)
    if (error := what_stops_training(root, report)) is None:
        console.succeed(lines, found)
        return
    console.write_lines(lines)
    console.fail(error, found)
    raise typer.Exit(error.exit_code)


@data.command("pack")
def pack(
    root: Root,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            readable=False,
            help="The folder of the packed data set, which --data of train takes.",
            autocompletion=offers.folders,
        ),
    ],
    dataset: options.DataSet = "clips",
    label_format: options.LabelFormat = "auto",
    label_space: Space = DEFAULT_SPACE,
    size: Size = "128x256",
    fps: Rate = None,
    label_with: LabelWith = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Pack a data set into a few large files (WebDataset), read and resized once, which training reads piece by piece.

    For data sets that are larger than memory, or lie where small files are slow.
    """
    from seg2vid_cli.plugins import find_data_tools, listening

    console = Console("data pack", json=json, quiet=quiet, debug=debug)
    asked = _request(root, dataset, label_format, label_space, size=size, fps=fps)
    tools = find_data_tools()
    with (
        _labelled(asked, label_with, label_format, console) as request,
        listening(tools, console.say),
        console.progress("packing", 1, "frames") as bar,
    ):
        result = tools.pack_data(
            request, out, lambda done, total: bar.advance(done, f"of {total:,}"), overwrite=overwrite
        )
    for fault in result.unreadable:
        console.say(f"left out: {fault}")
    frames = ", ".join(f"{count:,} frames for {split}" for split, count in result.frames.items())
    console.say(f"{frames}; {result.files:,} files of {result.size / 1e6:,.1f} MB")
    document = {
        "folder": str(result.folder),
        "frames": dict(result.frames),
        "files": result.files,
        "bytes": result.size,
        "unreadable": list(result.unreadable),
    }
    console.succeed([str(result.folder)], document)


def _request(
    root: Path, dataset: str, label_format: str, label_space: str, *, size: str, fps: float | None
) -> "DataRequest":
    from seg2vid_cli.inputs.label_maps.data_sets import read_data_set
    from seg2vid_interface.data_tools import DataRequest

    options.check_range("--fps", fps, 0.1, 1000)
    height, width = options.parse_size(size)
    reading = partial(read_data_set, label_format=label_format)
    return DataRequest(root, dataset, _label_space(label_space), reading, height, width, fps)


@contextmanager
def _labelled(
    request: "DataRequest", label_with: str | None, label_format: str, console: Console
) -> Iterator["DataRequest"]:
    """Give the request with the teller of labels that `--label-with` asks for; it ends with the context."""
    if label_with is None:
        yield request
        return
    if label_format != "auto":
        raise UsageError(
            f"--label-format {label_format}: contradicts --label-with, which reads no label maps", "Leave one out."
        )
    from seg2vid_cli.segmentation.teller import label_teller

    with label_teller(label_with, request.height, request.width, console.say) as (teller, space):
        if request.label_space not in (space, LABEL_SPACES[DEFAULT_SPACE]):
            raise UsageError(
                f"--label-space {request.label_space.name}: the model {label_with} tells labels of {space.name}",
                "Leave --label-space out.",
            )
        yield replace(request, label_space=space, read_labels=None, teller=teller)


def _label_space(name: str) -> "LabelSpace":
    if name in LABEL_SPACES:
        return LABEL_SPACES[name]
    if not name.endswith(".toml"):
        raise SettingsError(
            f"--label-space {name}: unknown", f"Use {', '.join(LABEL_SPACES)} or the path of a .toml file."
        )
    from seg2vid_interface.label_space_files import read_label_space

    return read_label_space(Path(name))
