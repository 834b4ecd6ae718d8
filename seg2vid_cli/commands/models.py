"""`seg2vid models`: the models that come with seg2vid."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.quick_help import QuickHelpGroup
from seg2vid_cli.console import Console

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelFolder, StageCard

models = typer.Typer(cls=QuickHelpGroup, help="List, show and check models.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A bundled model, or a model folder.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Bundled models or folders.  [default: all bundled]")
]


@models.command("list")
def list_models(json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False) -> None:
    """List the bundled models: name, size of the files, licence, description."""
    from seg2vid_cli.model_store import bundled_models
    from seg2vid_interface.model_card import ModelFolder, read_card

    console = Console("models list", json=json, quiet=quiet, debug=debug)
    rows = [_summary(ModelFolder(path, read_card(path))) for path in bundled_models().values()]
    if not rows:
        console.say("no model is bundled")
    lines = [f"{row['name']}  {row['bytes'] / 1e6:.1f} MB  {row['licence']}  {row['description']}" for row in rows]
    console.succeed(lines, {"models": rows})


@models.command("show")
def show_model(
    name: Name, json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Show a model's card: licences, size, how it was trained and how good it is."""
    from seg2vid_cli.model_store import open_model

    model = open_model(name)
    data = {"path": str(model.path), "card": model.card.model_dump(mode="json")}
    Console("models show", json=json, quiet=quiet, debug=debug).succeed(_describe(model), data)


@models.command("verify")
def verify_models(
    names: Names = None, json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Check every file of a model against the hashes of its card."""
    from seg2vid_cli.model_store import bundled_models, open_model

    console = Console("models verify", json=json, quiet=quiet, debug=debug)
    verified = [open_model(name) for name in names or bundled_models()]
    if not verified:
        console.say("no model is bundled, so there is nothing to verify")
    lines = [f"{model.card.name}: all {len(model.card.all_files())} files are intact" for model in verified]
    data = {"models": [{"name": model.card.name, "path": str(model.path)} for model in verified]}
    console.succeed(lines, data)


def _summary(model: "ModelFolder") -> dict[str, Any]:
    card = model.card
    files = [model.path / name for name in card.all_files()]
    return {
        "name": card.name,
        "path": str(model.path),
        "bytes": sum(file.stat().st_size for file in files if file.is_file()),
        "licence": card.licence,
        "description": card.description,
    }


def _describe(model: "ModelFolder") -> Iterator[str]:
    card = model.card
    yield f"{card.name}: {card.description}"
    yield f"folder       {model.path}"
    yield f"licence      {card.licence}"
    for name in card.licence_files:
        yield f"             {model.path / name}"
    label_space = "none" if card.label_space is None else f"{card.label_space.name}, {card.label_space.size} classes"
    yield f"label space  {label_space}"
    yield f"size         {card.height}x{card.width} (height x width)"
    yield f"clip         {card.frames} frames at {card.frames_per_second:g} frames/s, {card.chunk_frames} per chunk"
    for stage_name, stage in card.stages.items():
        yield f"{stage_name} stage"
        yield from _describe_stage(stage)


def _describe_stage(stage: "StageCard") -> Iterator[str]:
    yield f"    files         {', '.join(stage.files)}"
    yield f"    parameters    {stage.parameters:,}, {stage.gflop_per_frame:g} GFLOP a frame"
    yield f"    training      {stage.steps:,} steps, preset {stage.preset}, seed {stage.seed}"
    yield f"    data          {stage.data}"
    yield f"    data licence  {stage.data_licence}"
    for measure, value in stage.quality.items():
        yield f"    quality       {measure} {value:.4g}"
