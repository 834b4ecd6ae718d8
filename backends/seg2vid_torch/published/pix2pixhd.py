"""pix2pixHD's published generators: which of them the entries are of (Wang et al., CVPR 2018)."""

import re
from pathlib import Path

import torch
from pydantic import ValidationError

from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import CITYSCAPES_LABEL_IDS
from seg2vid_interface.validation import problems_of
from seg2vid_torch.networks.build import build_pix2pixhd_generator
from seg2vid_torch.published.entries import Entries, PublishedNetwork, side
from seg2vid_torch.published.names import global_generator_modules, local_enhancer_modules
from seg2vid_torch.settings.image import Pix2PixHDNetworkSettings

TITLE = "pix2pixHD's generator"
GENERATOR_SIGNS = ("model.1.", "model1_1.")
"""Beginnings of its first entries."""
ENHANCER_SIGN = "model1_"
ENTRY_LAYERS, DOWN_LAYERS = 4, 3  # which the published code counts before the downsamplings, and for each of them


def recognise_pix2pixhd(entries: Entries, path: Path) -> PublishedNetwork:
    """Return which network the entries seem to be of.

    Raises:
        ModelError: one that sees something else than Cityscapes' label ids, or that cannot be built.
    """
    enhanced = any(name.startswith(ENHANCER_SIGN) for name in entries)
    inputs, ids = side(entries, "model.1.weight", 1, CITYSCAPES_LABEL_IDS.size + 1), CITYSCAPES_LABEL_IDS.size
    if inputs not in (ids, ids + 1):
        raise ModelError(
            f"{path}: a checkpoint of {TITLE} with {inputs} input channels",
            f"Those that see Cityscapes' {ids} label ids can be exported, with instance edges ({ids + 1}) or without.",
        )
    settings = _settings(entries, path, enhanced=enhanced, instance_edges=inputs > ids)
    with torch.device("meta"):
        network = build_pix2pixhd_generator(settings, CITYSCAPES_LABEL_IDS)
    counts = settings.downsamplings, settings.blocks
    return PublishedNetwork(
        title=TITLE,
        stage="image",
        settings=settings,
        network=network,
        modules=local_enhancer_modules(*counts, settings.enhancer_blocks)
        if enhanced
        else global_generator_modules(*counts),
        label_space=CITYSCAPES_LABEL_IDS,
        height=512 if enhanced else 256,
        width=1024 if enhanced else 512,
        frames_per_second=None,
    )


def _settings(entries: Entries, path: Path, *, enhanced: bool, instance_edges: bool) -> Pix2PixHDNetworkSettings:
    blocks = _block_numbers(entries, "model")
    table = {
        "kind": "pix2pixhd",
        "width": side(entries, "model1_1.1.weight", 0, 32) if enhanced else side(entries, "model.1.weight", 0, 64),
        "downsamplings": (min(blocks) - ENTRY_LAYERS) // DOWN_LAYERS if blocks else 4,
        "blocks": len(blocks) or 9,
        "enhancer_blocks": (len(_block_numbers(entries, "model1_2")) or 3) if enhanced else 0,
        "instance_edges": instance_edges,
    }
    try:
        return Pix2PixHDNetworkSettings.model_validate(table)
    except ValidationError as error:
        raise ModelError(f"{path}: a checkpoint of {TITLE} with an unknown network: {problems_of(error)[0]}") from None


def _block_numbers(entries: Entries, sequence: str) -> set[int]:
    """Return the places of the residual blocks in a sequence of layers."""
    matches = (re.match(rf"{sequence}\.([0-9]+)\.conv_block\.", name) for name in entries)
    return {int(match[1]) for match in matches if match}
