"""`seg2vid export`: training runs to a model folder."""

from pathlib import Path
from typing import Annotated

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.console import Console


def export(
    *,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN|CHECKPOINT", readable=False, help="At most one per stage; which stage it is, is read from it."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="MODEL-FOLDER", readable=False, help="The model folder to make.")
    ],
    card: Annotated[
        Path | None,
        typer.Option(
            "--card",
            metavar="TOML",
            readable=False,
            help="Description, licence and training data, for the model's card.",
        ),
    ] = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Make a model folder out of trained stages."""
    from seg2vid_cli.plugins import find_exporter
    from seg2vid_interface.backend import ExportRequest

    console = Console("export", json=json, quiet=quiet, debug=debug)
    result = find_exporter().export(ExportRequest(tuple(sources), out, card=card, overwrite=overwrite))
    for name, size in result.files.items():
        console.say(f"{name} {format_bytes(size)}")
    data = {
        "folder": str(result.folder),
        "name": result.name,
        "stages": list(result.stages),
        "files": dict(result.files),
    }
    console.succeed([str(result.folder)], data)


def format_bytes(size: int) -> str:
    """Return a file's size as "10 bytes", "5.3 kB" or "4.5 MB"."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
