"""seg2vid's published checkpoints of Img2Vid: which of its variants the entries are of (Pan et al., CVPR 2019)."""

from pathlib import Path

import torch
from pydantic import ValidationError

from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import CITYSCAPES, NO_LABELS
from seg2vid_interface.validation import problems_of
from seg2vid_torch.networks.build import build_img2vid
from seg2vid_torch.networks.img2vid.img2vid import ROW
from seg2vid_torch.networks.img2vid.latent_code import GROUP
from seg2vid_torch.published.entries import Entries, PublishedNetwork, side
from seg2vid_torch.published.names import img2vid_modules
from seg2vid_torch.settings.motion import MotionNetworkSettings

TITLE = "seg2vid"
IMG2VID_SIGNS = ("motion_net", "flow_decoder.", "refine_net.")
"""Beginnings of entries that no other network has."""
TWO_PATHS = ("motion_net_bg.", "motion_net_fg.")
HEIGHT, WIDTH = 128, 256
FRAMES_PER_SECOND = 17.0  # of Cityscapes' clips


def recognise_img2vid(entries: Entries, path: Path) -> PublishedNetwork:
    """Return which network the entries seem to be of.

    Raises:
        ModelError: one that sees other classes than Cityscapes', or that cannot be built.
    """
    channels = side(entries, "refine_net.image_encoder.c1.0.main.0.weight", 1, 3)
    inputs = side(entries, "encoder.econv1.main.0.weight", 1, channels + CITYSCAPES.size)
    classes = inputs - channels
    if classes not in (0, CITYSCAPES.size):
        raise ModelError(
            f"{path}: a checkpoint of {TITLE} that sees {classes} classes",
            f"Those with Cityscapes' {CITYSCAPES.size} classes can be exported, and those without labels.",
        )
    label_space = CITYSCAPES if classes else NO_LABELS
    settings = _settings(entries, path, channels, labels=bool(classes))
    with torch.device("meta"):
        network = build_img2vid(settings, label_space)
    return PublishedNetwork(
        title=TITLE,
        stage="motion",
        settings=settings,
        network=network,
        modules=img2vid_modules(),
        label_space=label_space,
        height=HEIGHT,
        width=WIDTH,
        frames_per_second=FRAMES_PER_SECOND,
    )


def _settings(entries: Entries, path: Path, channels: int, *, labels: bool) -> MotionNetworkSettings:
    table = {
        "width": 1.0,
        "refinement_width": 1.0,
        "chunk_frames": side(entries, "zconv.main.0.weight", 0, 4 * GROUP) // GROUP,
        "labels": labels,
        "paths": 2 if any(name.startswith(TWO_PATHS) for name in entries) else 1,
        "image_channels": channels,
        "interpolation": "bilinear" if labels else "nearest",
        "background_latent": side(entries, "motion_net_bg.fc1.weight", 0, ROW // 2) / ROW,
    }
    try:
        return MotionNetworkSettings.model_validate(table)
    except ValidationError as error:
        raise ModelError(f"{path}: a checkpoint of {TITLE} with an unknown network: {problems_of(error)[0]}") from None
