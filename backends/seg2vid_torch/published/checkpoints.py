"""The checkpoints that the papers' authors published, as stages of a model.

A file is known by its entries: seg2vid's (Pan et al., CVPR 2019) is {"vae": state dict, "optimizer": ...}, pix2pixHD's
generator (Wang et al., CVPR 2018) a state dict.  What kind of network it is, its shapes tell.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from seg2vid_interface.errors import ModelError
from seg2vid_torch.published.entries import Entries, PublishedNetwork, check_entries, published_names
from seg2vid_torch.published.img2vid import IMG2VID_SIGNS, recognise_img2vid
from seg2vid_torch.published.names import PARALLEL_PREFIX
from seg2vid_torch.published.pix2pixhd import GENERATOR_SIGNS, recognise_pix2pixhd
from seg2vid_torch.stages.card_text import CardText
from seg2vid_torch.stages.trained_stage import TrainedStage

DISCRIMINATOR_SIGN = "scale0_layer"
STEPS = re.compile(r"_([0-9]{6})\.pth(\.tar)?$")  # at the end of seg2vid's file names


def read_published(state: object, path: Path) -> TrainedStage | None:
    """Return the stage that a published checkpoint holds; None if the file holds something else.

    Args:
        state: what the file holds.
        path: of the file.

    Raises:
        ModelError: it is one, but damaged, or of a network that was never published.
    """
    entries = _entries(state)
    if any(name.startswith(IMG2VID_SIGNS) for name in entries):
        published = recognise_img2vid(entries, path)
    elif any(name.startswith(GENERATOR_SIGNS) for name in entries):
        published = recognise_pix2pixhd(entries, path)
    elif any(name.startswith(DISCRIMINATOR_SIGN) for name in entries):
        raise ModelError(
            f"{path}: pix2pixHD's discriminator, which makes no pictures", "Give its generator, *_net_G.pth."
        )
    else:
        return None
    check_entries(entries, published, path)
    return _stage(entries, published, path)


def _entries(state: object) -> Entries:
    """Return the state dict in what a file holds, without prefixes; empty if there is none."""
    inner = state.get("vae", state) if isinstance(state, Mapping) else {}
    if not isinstance(inner, Mapping):
        return {}
    return {
        name.removeprefix(PARALLEL_PREFIX): values
        for name, values in inner.items()
        if isinstance(name, str) and isinstance(values, Tensor)
    }


def _stage(entries: Entries, published: PublishedNetwork, path: Path) -> TrainedStage:
    network = published.network
    dtypes = {name: values.dtype for name, values in network.state_dict().items()}
    weights = {  # what may be missing, by `check_entries`, are counters
        ours: entries.get(theirs, torch.zeros(())).to(dtypes[ours]).contiguous()
        for ours, theirs in published_names(published).items()
    }
    network.load_state_dict(weights, assign=True)
    steps = STEPS.search(path.name)
    return TrainedStage(
        stage=published.stage,
        network=network.eval().requires_grad_(False),
        network_settings=published.settings.model_dump(mode="json"),
        label_space=published.label_space,
        height=published.height,
        width=published.width,
        frames_per_second=published.frames_per_second,
        preset="published",
        steps=int(steps[1]) if steps and published.stage == "motion" else 0,
        seed=0,
        quality={},
        text=CardText(
            description=f"From a published checkpoint of {published.title}.",
            data="not stated in the checkpoint",
            data_licence="not stated in the checkpoint",
        ),
    )
