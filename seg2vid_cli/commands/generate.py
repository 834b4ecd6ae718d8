"""`seg2vid generate`: label maps to videos."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.clip_flags import (
    check_clips_per_shard,
    check_destination,
    parse_batch,
    parse_judging,
    parse_style,
)
from seg2vid_cli.commands.engines import check_files_alone, parse_engine
from seg2vid_cli.commands.failed_inputs import finish
from seg2vid_cli.completion import offers
from seg2vid_cli.generation.shards import parse_shard
from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.outputs.save_names import ALL, SAVE_NAMES
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index


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
    height_width = None if size is None else options.parse_size(size)
    judging = parse_judging(judge, tries)
    check_clips_per_shard(clips_per_shard, kind)
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
