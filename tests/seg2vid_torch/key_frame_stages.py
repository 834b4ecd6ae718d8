"""A tiny model that paints key frames, as it is before any training, and a street for it to drive through."""

import numpy as np
import torch

from seg2vid_interface.backend import Stage
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera
from seg2vid_torch.networks.build import build_image_network, build_motion_network
from seg2vid_torch.settings.image import SpadeNetworkSettings
from seg2vid_torch.settings.motion import KeyFrameNetworkSettings
from seg2vid_torch.stages.trained_stage import TrainedStage

HEIGHT, WIDTH = 64, 128
FRAMES_PER_SECOND = 17.0
IMAGE = SpadeNetworkSettings(
    channels=(8, 8, 8), hidden=4, style_size=4, discriminator_channels=(4, 8), style_channels=(8, 8)
)
MOTION = KeyFrameNetworkSettings(kind="key-frames", channels=8)


def untrained_stages(chunk_frames: int = 8) -> dict[Stage, TrainedStage]:
    """Return both stages with random weights, the same every time."""
    torch.manual_seed(0)
    motion = MOTION.model_copy(update={"chunk_frames": chunk_frames})
    networks = {
        "image": build_image_network(IMAGE, CITYSCAPES),
        "motion": build_motion_network(motion, CITYSCAPES, Camera()),
    }
    return {
        stage: TrainedStage(
            stage=stage,
            network=network.eval().requires_grad_(False),
            network_settings=(IMAGE if stage == "image" else motion).model_dump(mode="json"),
            label_space=CITYSCAPES,
            height=HEIGHT,
            width=WIDTH,
            frames_per_second=FRAMES_PER_SECOND if stage == "motion" else None,
            preset="street",
            steps=0,
            seed=0,
            quality={},
        )
        for stage, network in networks.items()
    }


def street_map(height: int = HEIGHT, width: int = WIDTH, *, car: bool = False) -> np.ndarray:
    """Return class indices (H, W): road between buildings, sky, at the sides poles, and perhaps a car ahead."""
    names = [label_class.name for label_class in CITYSCAPES.classes]
    y, x = np.mgrid[:height, :width]
    y, x = (y + 0.5) / height, (x + 0.5) / width
    labels = np.full((height, width), names.index("sky"), np.uint8)
    labels[(y > 0.2) & (np.abs(x - 0.5) > 0.15)] = names.index("building")
    labels[y > 0.44 + 0.02] = names.index("road")
    beside = np.abs(x - 0.5) > 0.2
    labels[beside & (y > 0.2) & (y < 0.44 + 0.2 * np.abs(x - 0.5) / 0.5)] = names.index("building")
    if car:
        labels[(y > 0.42) & (y < 0.56) & (np.abs(x - 0.5) < 0.06)] = names.index("car")
    return labels


def soft_picture(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return a picture (H, W, 3) in which everything has a soft pattern, by which its motion can be seen."""
    y, x = np.mgrid[:height, :width] * (HEIGHT / height)
    waves = [np.sin(x / 5 + 1) * np.cos(y / 4), np.cos(x / 7) * np.sin(y / 5 + 2), np.sin((x + y) / 6)]
    return np.rint(128 + 60 * np.stack(waves, -1)).astype(np.uint8)
