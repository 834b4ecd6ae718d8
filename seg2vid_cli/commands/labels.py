"""`seg2vid labels`: what label maps are read as, and their conversion; `seg2vid label-formats` lists the formats."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.failed_inputs import finish
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console


def labels(
    *,
    maps: Annotated[
        list[str],
        typer.Argument(
            metavar="MAP",
            help="Label maps: files, folders, quoted patterns ('maps/**/*.png'), or - for one from stdin.",
            autocompletion=offers.files,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            readable=False,
            help="Write the maps there as PNG, in the folders that they lie in.",
            autocompletion=offers.folders,
        ),
    ] = None,
    write: Annotated[
        Literal["ids", "colors"], typer.Option(help="What is written: train ids (255 = other), or colours.")
    ] = "ids",
    sheet: Annotated[
        Path | None, typer.Option(metavar="PNG", readable=False, help="Save each map beside what it is read as.")
    ] = None,
    label_format: options.LabelFormat = "auto",
    model: Annotated[
        str,
        typer.Option(
            metavar="M", help="The model for whose classes they are read.", autocompletion=offers.model_or_folder
        ),
    ] = DEFAULT_MODEL,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Say what label maps are read as and how sure that is, and convert them.

    A line a map: its format, its size, and the share of every class.  If some maps cannot be read, the others still
    are, and the exit code is 1.
    """
    from seg2vid_cli.conversion.run import ConversionRequest, convert_label_maps
    from seg2vid_cli.inputs.stdin import label_path

    console = Console("labels", json=json, quiet=quiet, debug=debug)
    paths = tuple(label_path(text) for text in maps)
    request = ConversionRequest(paths, out, write, sheet, model, label_format, overwrite)
    finish(convert_label_maps(request, console), console, "maps cannot be read or written")


def label_formats(json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False) -> None:
    """List the formats of label maps that --label-format takes by name."""
    from seg2vid_cli.inputs.label_maps.listing import described, format_rows

    rows = format_rows()
    console = Console("label-formats", json=json, quiet=quiet, debug=debug)
    console.succeed(described(rows), {"formats": rows})
