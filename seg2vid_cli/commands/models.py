"""`seg2vid models`: the models that come with seg2vid, and those that were pulled."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.commands.quick_help import QuickHelpGroup
from seg2vid_cli.completion import offers
from seg2vid_cli.terminal.console import Console, harmless
from seg2vid_interface.errors import ModelError

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard, ModelFolder, StageCard

models = typer.Typer(cls=QuickHelpGroup, help="List, show, check, fetch and remove models.", rich_markup_mode=None)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A bundled or pulled model, or a model folder.", autocompletion=offers.model_or_folder
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="Models by name, or model folders.  [default: all bundled and pulled]",
        autocompletion=offers.model_or_folder,
    ),
]


@models.command("list")
def list_(json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False) -> None:
    """List the bundled and the pulled models: name, origin, size of the files, licence, description.

    Lines are cut at the terminal's width.  A damaged model is listed with what is wrong with it, one that has not all
    of its card's files with the formats that it has.
    """
    from seg2vid_cli.model_store.listing import list_models, table

    console = Console("models list", json=json, quiet=quiet, debug=debug)
    rows = list_models()
    if not rows:
        console.say("no model is bundled, and none was pulled")
    console.succeed(table(rows, shutil.get_terminal_size().columns), {"models": [row.data() for row in rows]})


@models.command("show")
def show_model(
    name: Name, json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Show a model's card: licences, size, how it was trained and how good it is."""
    from seg2vid_cli.model_store.store import open_model

    model = open_model(name)
    data = {"path": str(model.path), "can": model.card.abilities, "card": model.card.model_dump(mode="json")}
    Console("models show", json=json, quiet=quiet, debug=debug).succeed(map(harmless, _describe(model)), data)


@models.command("verify")
def verify_models(
    names: Names = None, json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Check every file of a model against the hashes of its card.

    A missing file is reported too, although the others may be enough to use the model.
    """
    from seg2vid_cli.model_store.store import bundled_models, find_model, pulled_models

    console = Console("models verify", json=json, quiet=quiet, debug=debug)
    folders = [find_model(name) for name in names or ()]
    if not names:
        folders = [*bundled_models().values(), *pulled_models().values()]
    if not folders:
        console.say("no model is bundled and none was pulled, so there is nothing to verify")
    _verify(folders, console)


@models.command("pull")
def pull(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of a .zip of a model folder: https://...")],
    sha256: Annotated[str, typer.Option("--sha256", metavar="HASH", help="The .zip's SHA-256, 64 hexadecimal digits.")],
    json: options.Json = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the pulled model of the same name, if there is one.")
    ] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Fetch a model into the cache folder, to be used by the name on its card.

    The model's folder is printed.  SEG2VID_CACHE=FOLDER in the environment puts the cache folder elsewhere.
    """
    from seg2vid_cli.model_store.listing import size_of
    from seg2vid_cli.model_store.pull import pull_model

    console = Console("models pull", json=json, quiet=quiet, debug=debug)
    model = pull_model(url, sha256, overwrite=overwrite, console=console)
    data = {
        "name": model.card.name,
        "path": str(model.path),
        "sha256": sha256.lower(),
        "bytes": size_of(model),
    }
    console.succeed([str(model.path)], data)


@models.command("remove")
def remove(
    *,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Pulled models.", autocompletion=offers.pulled_model)
    ],
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Remove pulled models from the cache folder; bundled ones stay."""
    from seg2vid_cli.model_store.remove import remove_models

    console = Console("models remove", json=json, quiet=quiet, debug=debug)
    removed = remove_models(names)
    data = {"models": [{"name": name, "path": str(path)} for name, path in removed.items()]}
    console.succeed([f"{name}: removed" for name in removed], data)


def _verify(folders: list[Path], console: Console) -> None:
    """Check the models in `folders`; of several, the good ones are told although others fail.

    If some do, JSON has `ok` false, `data` with the good ones and a list `failures` (path, code, message, hint), and
    `error`: the failure itself if one model was to be checked, else how many failed.
    """
    from seg2vid_interface.model_card import open_model_folder

    verified, failures = [], []
    for folder in folders:
        try:
            model = open_model_folder(folder)
            model.check_all_files()
        except ModelError as error:
            if len(folders) == 1:
                raise
            console.report(error)
            failures.append({"path": str(folder), "code": error.code, "message": error.message, "hint": error.hint})
        else:
            console.write_lines([f"{model.card.name}: all {len(model.card.all_files())} files are intact"])
            verified.append({"name": model.card.name, "path": str(folder)})
    if failures:
        damaged = ModelError(f"{len(failures)} of {len(folders)} models are damaged or not whole")
        console.fail(damaged, {"models": verified, "failures": failures})
        raise typer.Exit(damaged.exit_code)
    console.succeed((), {"models": verified})


def _describe(model: "ModelFolder") -> Iterator[str]:
    card = model.card
    yield f"{card.name}: {card.description}"
    yield f"folder       {model.path}"
    yield f"licence      {card.licence}"
    for name in card.licence_files:
        yield f"             {model.path / name}"
    label_space = "none" if card.label_space is None else f"{card.label_space.name}, {card.label_space.size} classes"
    yield f"label space  {label_space}"
    yield f"size         {card.height}x{card.width} (height x width){', grey' if card.grey else ''}"
    yield f"other sizes  {card.sizes}"
    if "image" in card.stages and (card.sees_own_labels or card.instance_edges):
        yield f"first frame  {_image_stage(card)}"
    yield f"can          {', '.join(card.abilities)}"
    yield f"clip         {card.frames} frames at {card.frames_per_second:g} frames/s, {card.chunk_frames} per chunk"
    for stage_name, stage in card.stages.items():
        yield f"{stage_name} stage"
        yield from _describe_stage(stage, model)


def _image_stage(card: "ModelCard") -> str:
    height, width = card.image_size(card.height, card.width)
    space = "" if card.image_labels is None else f" from {card.image_labels.name}, {card.image_labels.size} classes"
    return f"made at {height}x{width}{space}{' and instance edges' if card.instance_edges else ''}"


def _describe_stage(stage: "StageCard", model: "ModelFolder") -> Iterator[str]:
    files = (name if model.has(name) else f"{name} (missing)" for name in stage.files)
    yield f"    files         {', '.join(files)}"
    yield f"    parameters    {stage.parameters:,}, {stage.gflop_per_frame:g} GFLOP a frame"
    yield f"    training      {stage.steps:,} steps, preset {stage.preset}, seed {stage.seed}"
    yield f"    data          {stage.data}"
    yield f"    data licence  {stage.data_licence}"
    for measure, value in stage.quality.items():
        yield f"    quality       {measure} {value:.4g}"
