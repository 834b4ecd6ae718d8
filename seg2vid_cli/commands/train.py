"""`seg2vid train`: one stage of a model."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.completion import offers
from seg2vid_cli.terminal.console import Console
from seg2vid_cli.terminal.one_voice import one_voice
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import UsageError
from seg2vid_interface.places import find_place

if TYPE_CHECKING:
    from seg2vid_interface.backend import TrainingResult


def train(
    *,
    stage: Annotated[Literal["image", "motion", "labels"], typer.Argument(help="The stage to train.")],
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            metavar="DIR",
            readable=False,
            help="Root of a dataset; may be given several times.",
            autocompletion=offers.folders,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="RUN",
            readable=False,
            help="The run's folder; an unfinished run goes on.",
            autocompletion=offers.folders,
        ),
    ],
    dataset: options.DataSet = "clips",
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Name of a preset, or a TOML file.", autocompletion=offers.preset)
    ] = "street",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the preset; may be given several times."),
    ] = None,
    label_format: options.LabelFormat = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    seed: options.Seed = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make every check of a run; train, write and fetch nothing.")
    ] = False,
    json: options.Json = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew, whatever RUN holds.")] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Train a stage, or go on with its training.

    Ctrl-C or SIGTERM saves a checkpoint and ends; the same command goes on from there, and with a larger --set steps=N
    or --set minutes=M a finished run goes on, too. --set initial=RUN-or-MODEL begins from trained weights.
    """
    place = find_place()
    with one_voice(place):
        options.check_range("--seed", seed, 0, options.LARGEST_SEED)
        cuda_index(device)
        overrides = parse_settings(settings or [])

    from seg2vid_cli.files.cache import find_cache_folder
    from seg2vid_cli.inputs.label_maps.data_sets import read_data_set
    from seg2vid_cli.model_store.store import bundled_models, pulled_models
    from seg2vid_cli.plugins import find_trainer, listening
    from seg2vid_cli.terminal.training_monitor import ConsoleMonitor, describe_training
    from seg2vid_interface.backend import TrainingRequest

    # What a dry run says is its result: on stdout, not on stderr too.
    console = Console("train", json=json, quiet=quiet or dry_run or not place.leads, debug=debug)
    request = TrainingRequest(
        stage=stage,
        data=tuple(data),
        out=out,
        dataset=dataset,
        preset=preset,
        settings=overrides,
        device=device,
        precision=precision,
        seed=seed,
        overwrite=overwrite,
        cache=find_cache_folder(),
        models=pulled_models() | bundled_models(),
        read_labels=partial(read_data_set, label_format=label_format),
        dry_run=dry_run,
    )
    with one_voice(place):
        trainer = find_trainer()
    with listening(trainer, console.say), ConsoleMonitor(console) as monitor:
        result = trainer.train(request, monitor)
        monitor.check_stopped(result)
    line = describe_training(result.step, result.steps, result.summary) if dry_run else str(result.run)
    if place.leads:
        console.succeed([line], _document(result))


def parse_settings(assignments: list[str]) -> dict[str, str]:
    """Return key -> value of `--set key=value` flags.  Raises UsageError."""
    overrides: dict[str, str] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not (key and separator):
            raise UsageError(f"--set {assignment}: not KEY=VALUE", "For example --set steps=1000.")
        if key in overrides:
            raise UsageError(f"--set {key}: given twice")
        overrides[key] = value
    return overrides


def _document(result: "TrainingResult") -> dict[str, Any]:
    return {
        "run": str(result.run),
        "step": result.step,
        "steps": result.steps,
        "finished": result.finished,
        "metrics": dict(result.metrics),
        "summary": dict(result.summary),
    }
