"""What a scene can tell of its things, where they are to be saved."""

from dataclasses import replace

import numpy as np

from seg2vid_cli.inputs.scenes import Scene
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, OF_THINGS
from seg2vid_interface.errors import LabelMapError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import ModelCard


def check_things(scene: Scene, card: ModelCard, asked: frozenset[str]) -> list[str]:
    """Return what the user should know of the things of a scene that are to be saved.

    Args:
        scene: as it was read.
        card: the model's.
        asked: `--save`, as it was given.

    Raises:
        LabelMapError: what was asked for by name needs things, and there are none.
    """
    if card.camera is None or card.label_space is None or not asked & {*OF_THINGS, ALL}:
        return []
    if not _has_things(scene, card.label_space):
        if named := [name for name in OF_THINGS if name in asked]:
            raise _no_things(scene, card.label_space, named[0])
        return []
    if scene.instances is not None:
        return []
    return [
        f"{scene.name}: no instance ids were given, so touching things of a kind count as one; "
        "give --instances, or a map with Cityscapes instance ids"
    ]


def fit_to_things(output: PlannedOutput, scene: Scene, card: ModelCard) -> PlannedOutput:
    """Leave out of an output what tells things, if the scene has none."""
    if card.label_space is None or _has_things(scene, card.label_space):
        return output
    return replace(output, save=output.save - set(OF_THINGS))


def _has_things(scene: Scene, space: LabelSpace) -> bool:
    if scene.label_map is None:
        return False
    things = np.isin(scene.label_map, [index for index in space.foreground if index != space.other])
    return bool((things if scene.instances is None else things & (scene.instances > 0)).any())


def _no_things(scene: Scene, space: LabelSpace, name: str) -> LabelMapError:
    classes = ", ".join(space.classes[index].name for index in space.foreground if index != space.other)
    given = "" if scene.instances is None else " with an instance id other than 0"
    return LabelMapError(
        f"{scene.name}: --save {name}: there is no thing to save", f"Things are what is one of {classes}{given}."
    )
