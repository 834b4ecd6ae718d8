"""`seg2vid generate`: label maps to videos."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.engines import check_files_alone, parse_engine
from seg2vid_cli.completion import offers
from seg2vid_cli.generation.shards import parse_shard
from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.inputs.pictures.limits import MAX_PIXELS, MIN_SIDE, max_megapixels
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.outputs.save_names import ALL, SAVE_NAMES
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import Seg2VidError, UsageError

if TYPE_CHECKING:
    from seg2vid_cli.generation.outcome import Outcome
    from seg2vid_cli.generation.tries import Judging
    from seg2vid_cli.segmentation.run import SegmentationOutcome


DEFAULT_TRIES = 4
MOST_TRIES = 1_000_000
MOST_AT_ONCE = 4096


class FailedInputsError(Seg2VidError):
    """Some of several inputs failed; each one's own error was reported."""

    code = "inputs"


def generate(
    *,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LABEL",
            help="Label maps: files, folders, quoted patterns ('maps/**/*.png'), or - for one from stdin; "
            "left out only for a model without labels, or with --first-frame for one that tells labels.",
            autocompletion=offers.files,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="A file (.mp4, .webm, .gif, .webp, .rgb), a folder with a slash at its end, or - for stdout.  "
            "[default: ./LABEL.mp4]",
            autocompletion=offers.files,
        ),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    frames: Annotated[
        int | None,
        typer.Option(metavar="N", help="Length of a clip, the first frame included.  [default: the model's]"),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(metavar="F", help="Frames per second, 0.1 to 240.  [default: the model's]")
    ] = None,
    seed: options.Seed = 0,
    samples: Annotated[int, typer.Option(metavar="K", help="Clips per label map, each with its own motion.")] = 1,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            help="Height and width in pixels, which street takes in multiples of 32, others as `models show` says.  "
            "[default: the model's]",
        ),
    ] = None,
    first_frame: Annotated[
        Path | None,
        typer.Option(
            "--first-frame",
            metavar="IMG-or-DIR",
            readable=False,
            help="Start from this picture; with several LABELs, a folder.",
        ),
    ] = None,
    instances: Annotated[
        Path | None,
        typer.Option(
            metavar="PNG-or-DIR",
            readable=False,
            help="Instance ids, for a model with a camera or one that sees instances; with several LABELs, a folder.",
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            metavar="N|PICTURE",
            help="Seed of the first frame's look alone, or a picture to take it from; one look for all samples.",
            autocompletion=offers.files,
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|RATES|FILE",
            help=f"Drive {', '.join(CAMERA_NAMES)}; at rates (forward=8,yaw=3: m/s, degrees/s); or as a file says.  "
            "[default: drawn by --seed]",
            autocompletion=offers.camera,
        ),
    ] = None,
    label_format: options.LabelFormat = "auto",
    save: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help=f"Save more: any of {','.join(SAVE_NAMES)}, or {ALL}.",
            autocompletion=offers.save_names,
        ),
    ] = None,
    flow_format: Annotated[
        Literal["npy", "flo", "kitti"],
        typer.Option("--flow-format", help="Of saved flow: ours, or as Middlebury or KITTI have it."),
    ] = "npy",
    sheet: Annotated[Path | None, typer.Option(metavar="PNG", readable=False, help="Save an overview picture.")] = None,
    kind: Annotated[
        Literal["mp4", "webm", "gif", "webp", "png", "raw", "webdataset"] | None,
        typer.Option(
            "--format",
            help="Of results in a folder or on stdout; png makes folders of frames, raw is RGB24, webdataset makes tar "
            "files of many clips.  [default: mp4]",
        ),
    ] = None,
    clips_per_shard: Annotated[
        int | None,
        typer.Option(metavar="N", help="Clips in a tar file of --format webdataset.  [default: what 1 GB takes]"),
    ] = None,
    judge: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            help="Draw a clip again whose label agreement, 0 to 1, is lower, for a model that tells labels.",
        ),
    ] = None,
    tries: Annotated[
        int | None,
        typer.Option(metavar="N", help="The most clips to draw for each that --judge keeps.  [default: 4]"),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            metavar="N|auto",
            help="Clips made at once; auto: as many as a GPU has room for, on a CPU one after another.",
        ),
    ] = "auto",
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N|env",
            help="Take only part I of N of the label maps; env or env/N: the part that a Kubernetes or SLURM job says.",
        ),
    ] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="CPU threads of a session.  [default: all cores; 1 for each of Ray's workers]"),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Who makes the clips: this process, or workers of Ray.")
    ] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="HOST:PORT",
            help="A Ray cluster that this machine belongs to.  [default: RAY_ADDRESS, or this machine alone]",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="How many work.  [default: as many as there is room for]")
    ] = None,
    gpus_per_worker: Annotated[
        float | None,
        typer.Option(
            "--gpus-per-worker", metavar="G", help="0.5 lets two share one.  [default: 1 where there are any]"
        ),
    ] = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Go on with a batch that was stopped: make only what is not there.")
    ] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Make videos from label maps.

    Each result's path is printed.  If some of many inputs fail, the others are still made, and the exit code is 1.
    """
    options.check_range("--frames", frames, 1)
    options.check_range("--fps", fps, 0.1, 240)
    options.check_range("--seed", seed, 0, options.LARGEST_SEED)
    options.check_range("--samples", samples, 1)
    cuda_index(device)
    given_style = None if style is None else parse_style(style)
    if isinstance(given_style, int):
        options.check_range("--style", given_style, 0, options.LARGEST_SEED)
    height_width = None if size is None else parse_size(size)
    judging = parse_judging(judge, tries)
    options.check_range("--clips-per-shard", clips_per_shard, 1)
    if clips_per_shard is not None and kind != "webdataset":
        raise UsageError(f"--clips-per-shard {clips_per_shard}: there are no shards", "Add --format webdataset.")
    options.check_range("--threads", threads, 1)
    ray = parse_engine(engine, address=ray_address, workers=workers, gpus_per_worker=gpus_per_worker, device=device)
    given_batch = parse_batch(batch)
    given_shard = None if shard is None else parse_shard(shard)
    check_destination(out, json=json, overwrite=overwrite, skip_existing=skip_existing)
    if ray is not None:
        check_files_alone(labels or (), out)

    from seg2vid_cli.files.cache import graph_cache
    from seg2vid_cli.generation.request import GenerationRequest
    from seg2vid_cli.generation.run import generate_clips
    from seg2vid_cli.inputs.stdin import label_path
    from seg2vid_interface.backend import OpenOptions

    console = Console("generate", json=json, quiet=quiet, debug=debug)
    request = GenerationRequest(
        labels=tuple(label_path(text) for text in labels or ()),
        out=out,
        model=model,
        frames=frames,
        frames_per_second=fps,
        seed=seed,
        samples=samples,
        first_frame=first_frame,
        instances=instances,
        style=given_style,
        camera=camera,
        label_format=label_format,
        save=frozenset(name.strip() for name in save.split(",")) if save is not None else frozenset(),
        flow_format=flow_format,
        sheet=sheet,
        kind=kind,
        clips_per_shard=clips_per_shard,
        judging=judging,
        shard=given_shard,
        batch=given_batch,
        backend=backend,
        options=OpenOptions(device, precision, height_width, graph_cache()),
        overwrite=overwrite,
        skip_existing=skip_existing,
        threads=threads,
        ray=ray,
    )
    finish(generate_clips(request, console), console)


def check_destination(out: str | None, *, json: bool, overwrite: bool, skip_existing: bool) -> None:
    """Raise UsageError for flags of which each says something else of where results go."""
    if overwrite and skip_existing:
        raise UsageError("--overwrite: contradicts --skip-existing", "Leave one out.")
    if out == "-" and json:
        raise UsageError("--json: contradicts -o -, as both go to standard output", "Name a file: -o clip.mp4")
    if out == "-" and skip_existing:
        raise UsageError("--skip-existing: nothing can exist on standard output", "Leave it out.")


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


def parse_style(text: str) -> int | Path:
    """Return the seed that it names, or else the path of a picture; a picture named like a number is ./NUMBER."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,30}", text) else Path(text)


def parse_batch(text: str) -> int | None:
    """Return how many clips are to be made at once; None = "auto".  Raises UsageError."""
    if text == "auto":
        return None
    if re.fullmatch(r"[+-]?[0-9]{1,30}", text) is None:
        raise UsageError(f"--batch {text}: neither a number nor auto", "For example --batch 16.")
    options.check_range("--batch", int(text), 1, MOST_AT_ONCE)
    return int(text)


def parse_judging(judge: float | None, tries: int | None) -> "Judging | None":
    """Return what `--judge` and `--tries` ask for; None = nothing.  Raises UsageError."""
    if judge is None:
        if tries is not None:
            raise UsageError(f"--tries {tries}: nothing judges the clips", "Say how good they must be: --judge 0.6")
        return None
    options.check_range("--judge", judge, 0, 1)
    options.check_range("--tries", tries, 1, MOST_TRIES)
    from seg2vid_cli.generation.tries import Judging

    return Judging(judge, DEFAULT_TRIES if tries is None else tries)


def finish(outcome: "Outcome | SegmentationOutcome", console: Console) -> None:
    """End the command.

    If inputs failed, JSON has `ok` false, `data` with the outputs that were made and a list `failures` (input, code,
    message, hint), and `error`: the failure itself if there is one input, else how many failed, with the code "inputs".
    """
    if not outcome.failures:
        console.succeed((), outcome.data())
        return
    error, *_ = outcome.failures.values()
    if outcome.inputs > 1:
        error = FailedInputsError(f"{len(outcome.failures)} of {outcome.inputs} inputs failed")
    console.fail(error, outcome.data())
    raise typer.Exit(error.exit_code)
