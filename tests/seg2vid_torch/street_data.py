"""A tiny street for training tests: a road, buildings, sky and a car, seen from a car that drives."""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 128, 128
FIRST_STREET = str(Path(__file__).with_name("first_street.toml"))
"""A preset with the motion stage of the first release: Img2Vid with a camera prior and a teacher."""
TINY = {
    "height": "128",
    "width": "128",
    "batch": "2",
    "log_interval": "1",
    "checkpoint_interval": "2",
    "sample_interval": "4",
}
TINY_IMAGE = {
    **TINY,
    "weights.perceptual": "0",
    "weights.critics": "0",
    "warm_up": "0",
    "ema_decay": "0.9",
    "network.channels": "[8, 8, 8]",
    "network.hidden": "4",
    "network.style_size": "4",
    "network.style_channels": "[8, 8, 8]",
    "network.discriminator_channels": "[4, 8, 8]",
    "network.critic_width": "8",
}
TINY_MOTION = {
    **TINY,
    "network.width": "0.125",
    "network.refinement_width": "0.0625",
    "teacher.clips": "1",
    "teacher.refines_alone": "false",
    "refined_from": "0",
    "rollout_probability": "1",
}
TINY_KEY_FRAMES = {
    **TINY,
    "height": "64",
    "width": "64",
    "windows": "2",
    "correction_from": "0",
    "network.channels": "8",
    "network.encoder_channels": "8",
    "network.chunk_frames": "4",
}
TINY_LABELS = {
    **TINY,
    "height": "64",
    "width": "64",
    "warm_up": "0",
    "ema_decay": "0.9",
    "network.channels": "[8, 16, 16]",
}
TINY_PIX2PIXHD = {
    **TINY,
    "height": "64",
    "width": "64",
    "network.width": "4",
    "network.downsamplings": "2",
    "network.blocks": "1",
    "network.discriminator_width": "4",
}
TINY_LABEL_IDS = {
    **TINY,
    "steps": "0",
    "height": "256",
    "width": "256",
    "label_space": "cityscapes-label-ids",
    "network.width": "4",
    "network.downsamplings": "2",
    "network.blocks": "2",
    "network.enhancer_blocks": "1",
    "network.discriminator_width": "4",
    "weights.perceptual": "0",
}
TINY_UNLABELLED = {
    **{name: value for name, value in TINY_MOTION.items() if not name.startswith("teacher.")},
    "weights.perceptual": "0",
}


def label_map(shift: int = 0) -> np.ndarray:
    """Return (128, 128) train ids; the car stands `shift` pixels to the right of the middle."""
    labels = np.full((HEIGHT, WIDTH), 10, np.uint8)
    labels[20:70, :40] = 2
    labels[30:70, 90:] = 8
    labels[56:] = 0
    labels[80:, :20] = 1
    labels[60:84, 56 + shift : 80 + shift] = 13
    labels[120:] = 255
    return labels


def picture(labels: np.ndarray) -> np.ndarray:
    """Return an RGB picture whose colours follow the classes, with a smooth texture."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    texture = 20 * np.sin(x / 5) + 20 * np.sin(y / 7)
    base = np.stack([labels * 9 % 200, labels * 37 % 200, labels * 71 % 200], -1) + 25.0
    return (base + texture[..., None]).clip(0, 255).astype(np.uint8)


def write_clips(root: Path, *, train: int = 12, validation: int = 6, labelled: bool = True) -> Path:
    """Write a dataset of the clips layout: one clip a split."""
    for split, frames in (("train", train), ("val", validation)):
        for folder in ("images", "labels") if labelled else ("images",):
            (root / split / "drive" / folder).mkdir(parents=True)
        for t in range(frames):
            labels = label_map(shift=t)
            if labelled:
                Image.fromarray(labels).save(root / split / "drive" / "labels" / f"{t:06d}.png")
            Image.fromarray(picture(labels)).save(root / split / "drive" / "images" / f"{t:06d}.png")
    return root
