"""`seg2vid export`: training runs, checkpoints or a model to a model folder."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import UsageError


def export(
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN|CHECKPOINT|MODEL",
            autocompletion=offers.model_or_file,
            help="At most one per stage; which stage it is, is read from it.  [default, with --onnx: the model street]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="MODEL-FOLDER",
            readable=False,
            help="The model folder to make.  [default, for a model: ./NAME]",
        ),
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also write the ONNX graphs, which run without PyTorch.")
    ] = False,
    precision: Annotated[
        Literal["fp32", "fp16"], typer.Option("--precision", help="fp16 adds graphs in half precision.")
    ] = "fp32",
    half_weights: Annotated[
        bool,
        typer.Option("--half-weights", help="Store weights in half precision; graphs compute as before."),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Compare what the graphs and PyTorch compute.")
    ] = True,
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
    """Make a model folder out of trained stages, or make a model's ONNX graphs."""
    if precision != "fp32" and not onnx:
        raise UsageError(f"--precision {precision}: is of ONNX graphs", "Add --onnx.")
    if not sources and not onnx:
        raise UsageError("nothing to export", "Name runs, checkpoints or a model; --onnx alone exports the default.")

    from seg2vid_cli.export.exporting import ExportSettings, export_model

    console = Console("export", json=json, quiet=quiet, debug=debug)
    precisions = ("fp32", "fp16")[: 2 if precision == "fp16" else 1] if onnx else ()
    settings = ExportSettings(
        tuple(sources or (DEFAULT_MODEL,)),
        out,
        card,
        graphs=precisions,
        half_weights=half_weights,
        verify=verify,
        overwrite=overwrite,
    )
    result, agreements = export_model(settings, console)
    for name, size in result.files.items():
        console.say(f"{name} {format_bytes(size)}")
    data = {
        "folder": str(result.folder),
        "name": result.name,
        "stages": list(result.stages),
        "files": dict(result.files),
        "agreement": agreements,
    }
    console.succeed([str(result.folder)], data)


def format_bytes(size: int) -> str:
    """Return a file's size as "10 bytes", "5.3 kB" or "4.5 MB"."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
