"""`seg2vid evaluate`: how good a model's clips are, or ready ones of any system."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import UsageError
from seg2vid_interface.evaluation import FEATURES, METRICS

SAMPLES = 5


def _features(incomplete: str) -> offers.Offers:
    _, separator, path = incomplete.partition("=")
    return offers.files(path) if separator else [f"{name}=" for name in FEATURES]


def _metrics(incomplete: str) -> offers.Offers:
    *chosen, _ = incomplete.split(",")
    return [",".join([*chosen, name]) for name in METRICS if name not in chosen]


def evaluate(
    *,
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            metavar="DIR",
            readable=False,
            help="Root of a dataset with the true frames; may be given several times.",
            autocompletion=offers.folders,
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help=f"Name of a model, or a model folder.  [default: {DEFAULT_MODEL}, without --videos]",
            autocompletion=offers.model_or_folder,
        ),
    ] = None,
    videos: Annotated[
        list[Path] | None,
        typer.Option(
            "--videos",
            metavar="DIR",
            readable=False,
            help="Instead of a model: a folder of ready clips, named as the frames that they begin with; may be given "
            "several times.",
            autocompletion=offers.folders,
        ),
    ] = None,
    dataset: options.DataSet = "clips",
    split: Annotated[Literal["train", "val"], typer.Option("--split", help="The part of the dataset.")] = "val",
    label_format: options.LabelFormat = "auto",
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Frames after the first that are compared.")] = 16,
    every: Annotated[int, typer.Option("--every", metavar="N", help="Start at every so many frames of a clip.")] = 1,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            metavar="K",
            help=f"Clips made from each start; the best counts.  [default: {SAMPLES}]",
        ),
    ] = None,
    seed: options.Seed = 0,
    metrics: Annotated[
        str,
        typer.Option("--metrics", metavar="NAMES", help="all, or names with commas between.", autocompletion=_metrics),
    ] = "all",
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--features",
            metavar="NET=FILE",
            help="Weights of a network that metrics look through: vgg (LPIPS), inception (FID, KID) or i3d (FVD); may "
            "be given several times.",
            autocompletion=_features,
        ),
    ] = None,
    segmenter: Annotated[
        str | None,
        typer.Option(
            "--segmenter",
            metavar="M|ONNX",
            help="Who tells what frames show, for mIoU: a model that tells labels, or an ONNX file.  [default: "
            f"{DEFAULT_MODEL}]",
            autocompletion=offers.model_or_folder,
        ),
    ] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="HxW", help="Height and width of what is compared.  [default: the model's]"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", readable=False, help="Also write the results: .json or .md."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Draw quality over time: .png or .svg.")
    ] = None,
    json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Measure how close clips come to true ones, and how good they are by themselves.

    From every true frame a model makes clips, of which the best of K counts, and one with the motion that its encoder
    reads from the true clip.  Every table has rows of what is simple beside them: the first frame again (copy), moved
    as its labels tell the depth (geometry), and along the true frames' optical flow (true flow).
    """
    if model is not None and videos:
        raise UsageError(f"--model {model}: not together with --videos", "Ready clips need no model: leave it out.")
    for flag, number in (("--steps", steps), ("--every", every), ("--samples", samples)):
        options.check_range(flag, number, 1)
    if samples is not None and videos:
        raise UsageError(f"--samples {samples}: ready clips are as many as there are", "Leave it out with --videos.")
    options.check_range("--seed", seed, 0, options.LARGEST_SEED)
    cuda_index(device)
    height_width = None if size is None else options.parse_size(size)
    chosen, files = parse_metrics(metrics), parse_features(features or [])

    from seg2vid_cli.evaluation.files import check_files, document, write_files
    from seg2vid_cli.evaluation.run import SIZE, ModelToOpen, run_evaluation
    from seg2vid_cli.evaluation.tables import report
    from seg2vid_cli.files.cache import graph_cache
    from seg2vid_cli.inputs.label_maps.data_sets import read_data_set
    from seg2vid_interface.backend import OpenOptions
    from seg2vid_interface.evaluation import EvaluationRequest

    console = Console("evaluate", json=json, quiet=quiet, debug=debug)
    check_files(out, plot, overwrite=overwrite)
    height, width = height_width or SIZE
    request = EvaluationRequest(
        data=tuple(data),
        height=height,
        width=width,
        horizon=steps,
        videos=tuple(videos or ()),
        dataset=dataset,
        split=split,
        every=every,
        samples=SAMPLES if samples is None else samples,
        seed=seed,
        metrics=chosen,
        features=files,
        read_labels=partial(read_data_set, label_format=label_format),
        device=device,
    )
    to_open = ModelToOpen(model or DEFAULT_MODEL, backend, OpenOptions(device, precision, height_width, graph_cache()))
    evaluation = run_evaluation(request, None if videos else to_open, segmenter, console)
    write_files(evaluation, out, plot, overwrite=overwrite)
    console.succeed(report(evaluation), document(evaluation))


def parse_metrics(text: str) -> tuple[str, ...]:
    """Return the metrics of a list with commas.  Raises UsageError."""
    if text == "all":
        return METRICS
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in METRICS:
            raise UsageError(
                f"--metrics {text}: {name or 'an empty name'} is no metric", f"Known: {', '.join(METRICS)}."
            )
    return names


def parse_features(assignments: list[str]) -> dict[str, Path]:
    """Return network -> file of `--features NET=FILE` flags.  Raises UsageError."""
    files: dict[str, Path] = {}
    for assignment in assignments:
        name, separator, path = assignment.partition("=")
        if not (separator and path):
            raise UsageError(f"--features {assignment}: not NET=FILE", "For example --features vgg=vgg16.pth.")
        if name not in FEATURES:
            raise UsageError(f"--features {assignment}: {name} is no such network", f"Known: {', '.join(FEATURES)}.")
        if name in files:
            raise UsageError(f"--features {assignment}: {name} is given twice")
        files[name] = Path(path)
    return files
