"""The card of a model that is made out of trained stages."""

from collections.abc import Mapping

import torch
from pydantic import ValidationError
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import INPUTS, open_sides, tensors
from seg2vid_interface.model_card import ModelCard, StageCard
from seg2vid_interface.validation import problems_of
from seg2vid_torch.graphs.image import image_graph
from seg2vid_torch.graphs.motion import MotionGraph
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator
from seg2vid_torch.stages.card_text import CardText, joined_text
from seg2vid_torch.stages.fit import fit_stages
from seg2vid_torch.stages.trained_stage import TrainedStage
from seg2vid_torch.training.stage import count_parameters

DEFAULT_FRAMES_PER_SECOND = 17.0  # of a model without a motion stage


def make_card(name: str, stages: Mapping[Stage, TrainedStage], given_text: CardText | None) -> ModelCard:
    """Return the card, the files' hashes still missing; `given_text` = what `--card` says, None if it was not given.

    Raises:
        ModelError: the stages do not fit together, or the name is none for a model.
    """
    card = _card_without_stages(name, stages, given_text or joined_text([trained.text for trained in stages.values()]))
    stage_cards = {stage: _stage_card(trained, card, given_text) for stage, trained in stages.items()}
    return card.model_copy(update={"stages": stage_cards})


def stage_graph(trained: TrainedStage, card: ModelCard) -> nn.Module:
    """Return a stage as a graph of the card's model."""
    if isinstance(trained.network, Img2Vid):
        return MotionGraph(trained.network, trained.label_space.other)
    return image_graph(trained.network, card.image_scale)


def _card_without_stages(name: str, stages: Mapping[Stage, TrainedStage], text: CardText) -> ModelCard:
    fit = fit_stages(stages)
    motion, image = stages.get("motion"), stages.get("image")
    img2vid = motion.network if motion and isinstance(motion.network, Img2Vid) else None
    generator = image.network if image and isinstance(image.network, SpadeGenerator) else None
    try:
        return ModelCard(
            name=name,
            description=text.description,
            licence=text.licence,
            label_space=fit.label_space if fit.label_space.size else None,
            height=fit.height,
            width=fit.width,
            chunk_frames=img2vid.frames if img2vid else 1,
            frames_per_second=(motion and motion.frames_per_second) or DEFAULT_FRAMES_PER_SECOND,
            frames=24 if motion else 1,
            latent_size=img2vid.latent_size(fit.height, fit.width) if img2vid else 0,
            sizes=fit.sizes,
            grey=img2vid is not None and img2vid.image_channels == 1,
            style_size=generator.style_size if generator else 0,
            texture=generator is not None,
            hints=generator is not None,
            image_label_space=fit.image_label_space,
            instance_edges=bool(image and image.network_settings.get("instance_edges", False)),
            image_scale=fit.image_scale,
            stages={},
        )
    except ValidationError as error:
        raise ModelError(f"-o {name}: {problems_of(error)[0]}") from None


def _stage_card(trained: TrainedStage, card: ModelCard, given_text: CardText | None) -> StageCard:
    said = given_text or trained.text
    return StageCard(
        network=dict(trained.network_settings),
        files={},
        parameters=count_parameters(trained.network),
        gflop_per_frame=round(_gflop_per_frame(trained, card), 3),
        preset=trained.preset,
        steps=trained.steps,
        seed=trained.seed,
        data=said.data,
        data_licence=said.data_licence,
        quality=dict(trained.quality),
    )


@torch.no_grad()
def _gflop_per_frame(trained: TrainedStage, card: ModelCard) -> float:
    """Count the operations of one network call at the card's size, divided by the frames it makes."""
    sides = {"N": 1, **open_sides(card, card.height, card.width)}
    inputs = {
        tensor.name: torch.zeros(
            [sides[side] if isinstance(side, str) else side for side in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
        )
        for tensor in tensors(INPUTS[trained.stage], card)
    }
    with FlopCounterMode(display=False) as counter:
        stage_graph(trained, card)(**inputs)
    frames = trained.network.frames if isinstance(trained.network, Img2Vid) else 1
    return counter.get_total_flops() / 1e9 / frames
