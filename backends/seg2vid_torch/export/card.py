"""The card of a model that is made out of trained stages."""

from collections.abc import Mapping
from typing import Final

import torch
from pydantic import ValidationError
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seg2vid_interface.backend import Stage
from seg2vid_interface.driving.paths import PATH_CODE
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import GraphName, inputs_of, open_sides
from seg2vid_interface.model_card import ModelCard, StageCard
from seg2vid_interface.validation import problems_of
from seg2vid_torch.graphs.image import StyleGraph, image_graph
from seg2vid_torch.graphs.labels import LabelsGraph
from seg2vid_torch.graphs.motion_stage import motion_graphs
from seg2vid_torch.networks.build import LabelsNetwork, MotionNetwork
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator
from seg2vid_torch.stages.card_text import CardText, joined_text
from seg2vid_torch.stages.fit import fit_stages
from seg2vid_torch.stages.trained_stage import TrainedStage
from seg2vid_torch.training.stage import count_parameters

ONCE_A_CLIP: Final[tuple[GraphName, ...]] = ("style", "depth", "fields")
"""Graphs that run once a clip, or only when asked for."""
DEFAULT_FRAMES_PER_SECOND = 17.0  # of a model without a motion stage


def make_card(name: str, stages: Mapping[Stage, TrainedStage], given_text: CardText | None) -> ModelCard:
    """Return the card, the files' hashes still missing; `given_text` = what `--card` says, None if it was not given.

    Raises:
        ModelError: the stages do not fit together, or the name is none for a model.
    """
    card = _card_without_stages(name, stages, given_text or joined_text([trained.text for trained in stages.values()]))
    stage_cards = {stage: _stage_card(trained, card, given_text) for stage, trained in stages.items()}
    return card.model_copy(update={"stages": stage_cards})


def stage_graphs(trained: TrainedStage, card: ModelCard) -> dict[GraphName, nn.Module]:
    """Return the graphs of a stage of the card's model, by their names."""
    if isinstance(trained.network, Img2Vid | KeyFrameMotion):
        return motion_graphs(trained.network, card.label_space)
    if isinstance(trained.network, LabelsNetwork):
        return {"labels": LabelsGraph(trained.network)}
    graphs: dict[GraphName, nn.Module] = {"image": image_graph(trained.network, card.image_scale)}
    if trained.style_encoder:
        graphs["style"] = StyleGraph(trained.style_encoder)
    return graphs


def _card_without_stages(name: str, stages: Mapping[Stage, TrainedStage], text: CardText) -> ModelCard:
    fit = fit_stages(stages)
    motion, image = stages.get("motion"), stages.get("image")
    img2vid = motion.network if motion and isinstance(motion.network, Img2Vid) else None
    key_frames = motion.network if motion and isinstance(motion.network, KeyFrameMotion) else None
    generator = image.network if image and isinstance(image.network, SpadeGenerator) else None
    try:
        return ModelCard(
            name=name,
            description=text.description,
            licence=text.licence,
            label_space=fit.label_space if fit.label_space.size else None,
            height=fit.height,
            width=fit.width,
            chunk_frames=motion.network.frames if motion and isinstance(motion.network, MotionNetwork) else 1,
            frames_per_second=(motion and motion.frames_per_second) or DEFAULT_FRAMES_PER_SECOND,
            frames=24 if motion else 1,
            latent_size=img2vid.latent_size(fit.height, fit.width) if img2vid else PATH_CODE if key_frames else 0,
            sizes=fit.sizes,
            grey=img2vid is not None and img2vid.image_channels == 1,
            style_size=generator.style_size if generator else 0,
            texture=generator is not None,
            hints=generator is not None,
            image_label_space=fit.image_label_space,
            instance_edges=bool(image and image.network_settings.get("instance_edges", False)),
            image_scale=fit.image_scale,
            camera=key_frames.camera if key_frames else None,
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
    """Count the operations of one network call at the card's size, divided by the frames it makes.

    Key frames are painted by the image stage's network, whose operations are that stage's, once more for every chunk.
    """
    frames = trained.network.frames if isinstance(trained.network, MotionNetwork) else 1
    graphs = {name: graph for name, graph in stage_graphs(trained, card).items() if name not in ONCE_A_CLIP}
    return sum(_gflop(name, graph, card) for name, graph in graphs.items()) / frames


def _gflop(name: GraphName, graph: nn.Module, card: ModelCard) -> float:
    sides = {"N": 1, **open_sides(card, card.height, card.width)}
    inputs = {
        tensor.name: torch.zeros(
            [sides[side] if isinstance(side, str) else side for side in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
        )
        for tensor in inputs_of(name, card)
    }
    with FlopCounterMode(display=False) as counter:
        graph(**inputs)
    return counter.get_total_flops() / 1e9
