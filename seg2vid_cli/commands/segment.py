"""`seg2vid segment`: pictures and videos to label maps."""

from pathlib import Path
from typing import Annotated

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.failed_inputs import finish
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index


def segment(
    *,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE|VIDEO",
            readable=False,
            help="Pictures, videos, or folders of them.",
            autocompletion=offers.files,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            readable=False,
            help="Takes NAME.png of a picture, and NAME/000000.png, ... of a video.",
            autocompletion=offers.folders,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="M",
            help="Name of a bundled or pulled model that can tell labels, or a model folder (./NAME).",
            autocompletion=offers.model_or_folder,
        ),
    ] = DEFAULT_MODEL,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW", help="Height and width of the label maps; the model says which fit.  [default: the model's]"
        ),
    ] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Make label maps of pictures and videos that have none.

    They are class indices, for Cityscapes train ids, with "other" as 255: what `seg2vid generate` and datasets read.
    Each result's path is printed.  If some of many inputs fail, the others are still made, and the exit code is 1.
    """
    cuda_index(device)
    height_width = None if size is None else options.parse_size(size)

    from seg2vid_cli.files.cache import graph_cache
    from seg2vid_cli.segmentation.run import SegmentationRequest, segment_files
    from seg2vid_interface.backend import OpenOptions

    console = Console("segment", json=json, quiet=quiet, debug=debug)
    request = SegmentationRequest(
        inputs=tuple(inputs),
        out=out,
        model=model,
        backend=backend,
        options=OpenOptions(device, precision, height_width, graph_cache()),
        overwrite=overwrite,
    )
    finish(segment_files(request, console), console)
