"""`seg2vid benchmark`: how fast every backend runs a model here, and whether one has become slower."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import Seg2VidError, UsageError

if TYPE_CHECKING:
    from seg2vid_cli.benchmark.comparison import Comparison

TOLERANCE = "10%"


class RegressionError(Seg2VidError):
    """A row is slower than in the baseline."""

    code = "regression"


def _backends(incomplete: str) -> offers.Offers:
    return ["all", *offers.backend(incomplete)]


def benchmark(
    *,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="M",
            help="Name of a model, or a model folder; may be repeated.  [default: street]",
            autocompletion=offers.model_or_folder,
        ),
    ] = None,
    backend: Annotated[
        str, typer.Option(metavar="NAMES", help="all, or backends with commas between.", autocompletion=_backends)
    ] = "all",
    device: options.Device = "auto",
    precision: Annotated[
        Literal["auto", "all", "fp32", "fp16", "bf16"],
        typer.Option("--precision", help="Number format; all measures each one that a backend has."),
    ] = "auto",
    size: Annotated[
        str | None, typer.Option(metavar="HxW", help="Height and width in pixels.  [default: the model's]")
    ] = None,
    batch: Annotated[int, typer.Option(metavar="N", help="Clips made at a time.")] = 1,
    frames: Annotated[
        int | None, typer.Option(metavar="N", help="Length of a clip.  [default: five chunks, or three with --quick]")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Measure for less than a minute.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", readable=False, help="Also write the results: .json or .md."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Draw the speeds: .png or .svg.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON", readable=False, help="Fail if a row has become slower than in this earlier result."
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(metavar="PERCENT", help=f"Loss of speed that --compare lets pass.  [default: {TOLERANCE}]"),
    ] = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Measure how fast the backends run a model here.

    With --compare the exit code is 1 if a row has become slower by more than the tolerance, beyond doubt, by what its
    backend reaches in one large convolution.  A slower machine alone makes no difference.
    """
    cuda_index(device)
    options.check_range("--batch", batch, 1)
    options.check_range("--frames", frames, 1)
    if tolerance is not None and compare is None:
        raise UsageError(f"--tolerance {tolerance}: nothing to compare with", "Add --compare FILE.json.")
    height_width = None if size is None else options.parse_size(size)

    from seg2vid_cli.benchmark.files import document_data
    from seg2vid_cli.benchmark.run import run_benchmark
    from seg2vid_cli.benchmark.settings import FULL, QUICK, BenchmarkSettings
    from seg2vid_cli.benchmark.tables import report
    from seg2vid_cli.files.cache import graph_cache
    from seg2vid_interface.backend import OpenOptions

    console = Console("benchmark", json=json, quiet=quiet, debug=debug)
    settings = BenchmarkSettings(
        models=tuple(models or (DEFAULT_MODEL,)),
        backends=_parse_backends(backend),
        options=OpenOptions(device, precision, height_width, graph_cache()),
        batch=batch,
        frames=frames,
        effort=QUICK if quick else FULL,
        out=out,
        plot=plot,
        compare=compare,
        tolerance=_parse_tolerance(TOLERANCE if tolerance is None else tolerance),
        overwrite=overwrite,
    )
    outcome = run_benchmark(settings, console)
    comparison = outcome.comparison
    lines, data = report(outcome.document, comparison), document_data(outcome.document, comparison)
    error: Seg2VidError | None = outcome.failure
    if error is None and comparison is not None and comparison.regressed:
        error = _regression(comparison)
    if error is None:
        console.succeed(lines, data)
        return
    console.write_lines(lines)  # what was measured is not lost with it
    console.fail(error, data)
    raise typer.Exit(error.exit_code)


def _parse_backends(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas.  Raises UsageError."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if "" in names:
        raise UsageError(f"--backend {text}: an empty name", "For example --backend onnx,torch.")
    if "all" in names and len(names) > 1:
        raise UsageError(f"--backend {text}: all leaves nothing to add", "Use --backend all.")
    return names


def _parse_tolerance(text: str) -> float:
    """Return the share that a percentage like "10%" is.  Raises UsageError."""
    number = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]+)?)%", text)
    if number is None:
        raise UsageError(f"--tolerance {text}: not a percentage from 0% to below 100%", "For example --tolerance 10%.")
    return float(number[1]) / 100


def _regression(comparison: "Comparison") -> RegressionError:
    losses = [f"{row.name}: its share of its peak is {row.share_of_peak} of before" for row in comparison.regressed]
    return RegressionError(
        f"{len(losses)} of {len(comparison.rows)} rows became slower by more than {comparison.tolerance:g}%: "
        + "; ".join(losses),
        f"If that is meant, make a new baseline: seg2vid benchmark ... -o {comparison.baseline} --overwrite",
    )
