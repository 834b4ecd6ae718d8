"""How the stages of a model go together: their label spaces and their sizes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import LabelSpace, model_space
from seg2vid_interface.sizes import SizeRule
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator
from seg2vid_torch.stages.trained_stage import TrainedStage


@dataclass(frozen=True)
class StageFit:
    """What the card says of all stages together."""

    label_space: LabelSpace
    """Of the model."""
    image_label_space: LabelSpace | None
    """Of the image stage, if it is finer than the model's."""
    height: int
    width: int
    image_scale: int
    """By which the image stage's height and width are larger than these."""
    sizes: SizeRule
    """Which heights and widths of the frames suit all networks."""


def fit_stages(stages: Mapping[Stage, TrainedStage]) -> StageFit:
    """Fit the image stage to the motion stage, and the labels stage to them; some may be missing.

    Raises:
        ModelError: they do not fit.
    """
    image, motion, labels = stages.get("image"), stages.get("motion"), stages.get("labels")
    if labels is None:
        return _fit_pictures(image, motion)
    if not (image or motion):
        return StageFit(labels.label_space, None, labels.height, labels.width, 1, labels.network.sizes)
    fit = _fit_pictures(image, motion)
    if fit.label_space != labels.label_space:
        raise ModelError(
            "the labels stage was trained with another label space than the model's: "
            f"{labels.label_space.name}, not {fit.label_space.name}",
            "Export stages of one label space.",
        )
    return replace(fit, sizes=fit.sizes & labels.network.sizes)  # its pictures are of the frames' size, whatever it is


def _fit_pictures(image: TrainedStage | None, motion: TrainedStage | None) -> StageFit:
    if image and motion:
        return _fit_both(image, motion)
    alone = image or motion
    assert alone
    space = alone.label_space if motion else model_space(alone.label_space)
    finer = alone.label_space if alone.label_space != space else None
    return StageFit(space, finer, alone.height, alone.width, 1, alone.network.sizes)


def _fit_both(image: TrainedStage, motion: TrainedStage) -> StageFit:
    _check_label_spaces(image, motion)
    scale = _image_scale(image, motion)
    if isinstance(motion.network, KeyFrameMotion):
        _check_painter(image, motion, scale)
    own = image.network.sizes
    sizes = SizeRule(own.multiple // math.gcd(own.multiple, scale), math.ceil(own.smallest / scale))
    return StageFit(
        label_space=motion.label_space,
        image_label_space=image.label_space if image.label_space != motion.label_space else None,
        height=motion.height,
        width=motion.width,
        image_scale=scale,
        sizes=motion.network.sizes & sizes,
    )


def _check_label_spaces(image: TrainedStage, motion: TrainedStage) -> None:
    """Raise ModelError unless the image stage sees the motion stage's classes, or finer ones."""
    if motion.label_space not in (image.label_space, model_space(image.label_space)):
        raise ModelError(
            "the stages were trained with different label spaces: "
            f"image {image.label_space.name}, motion {motion.label_space.name}",
            "Export stages of one label space.",
        )


def _check_painter(image: TrainedStage, motion: TrainedStage, scale: int) -> None:
    """Raise ModelError unless the image stage can paint the motion stage's key frames, most of which are known."""
    problems = {
        "takes no hints": not isinstance(image.network, SpadeGenerator),
        "sees other labels": image.label_space != motion.label_space,
        "was trained at another size": scale > 1,
    }
    if problem := next((problem for problem, is_so in problems.items() if is_so), None):
        raise ModelError(
            f"the motion stage lets the image stage paint key frames, and that {problem}",
            "Export an image stage of kind spade with it, of the same labels and size.",
        )


def _image_scale(image: TrainedStage, motion: TrainedStage) -> int:
    scale = image.height // motion.height
    if scale < 1 or (image.height, image.width) != (scale * motion.height, scale * motion.width):
        raise ModelError(
            "the stages were trained at different sizes: "
            f"image {image.height}x{image.width}, motion {motion.height}x{motion.width}",
            "Export stages of one size together; the image stage's may also be a whole multiple of the motion stage's.",
        )
    return scale
