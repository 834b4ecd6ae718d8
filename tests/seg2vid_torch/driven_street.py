"""A textured street that a camera drives through along a known path: clips whose geometry is exact."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.chunk_motion import chunk_motion
from seg2vid_torch.geometry.driving import moves_of
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.sampling import bilinear
from seg2vid_torch.geometry.street_scene import first_depth, scene_of

CAMERA = Camera()
CLASSES = StreetClasses.of(CITYSCAPES)
SIZE = 64, 128


def street() -> Tensor:
    """Return a label map (1, 64, 128): road between buildings under a sky."""
    labels = torch.full((1, *SIZE), 10)
    labels[:, 6:40, :48] = 2
    labels[:, 6:40, 80:] = 2
    labels[:, 34:] = 0
    return labels


def texture(seed: int = 0) -> Tensor:
    """Return a picture (1, 3, 64, 128) in 0..1 in which every place looks different."""
    generator = torch.Generator().manual_seed(seed)
    parts = [
        functional.interpolate(
            torch.rand(1, 3, SIZE[0] // s, SIZE[1] // s, generator=generator), size=SIZE, mode="bicubic"
        )
        for s in (2, 4, 8)
    ]
    return (sum(parts) / 3).clamp(0, 1)


def steps(frames: int, *, forward: float = 0.3, turn: float = 0.002, nod: float = 0.0005) -> Tensor:
    """Return a camera's steps (1, T + 1, 3)."""
    path = torch.zeros(1, frames + 1, 3)
    path[:, 1:, 0], path[:, 1:, 1] = forward, turn
    path[..., 2] = nod * torch.arange(frames + 1)
    return path


def film(path: Tensor, *, nearer: float = 1.0) -> Tensor:
    """Return the frames (1, T + 1, 3, H, W) seen along a path; buildings are nearer by a factor than labels tell."""
    labels, picture = street(), texture()
    none, motion = torch.zeros_like(labels), torch.zeros(1, 256, 4)
    told = first_depth(labels, none, motion, path[:, 0, 2], classes=CLASSES, camera=CAMERA)
    scene = scene_of(labels, none, told, motion, classes=CLASSES, camera=CAMERA)
    true = torch.where(labels == 2, scene.inverse_depth * nearer, scene.inverse_depth)
    moved, _ = chunk_motion(replace(scene, inverse_depth=true), moves_of(path, CAMERA), CAMERA)
    frames = bilinear(picture[:, None].expand(-1, path.shape[1] - 1, -1, -1, -1), moved.origins)
    return torch.cat([picture[:, None], frames], 1)


def write_drives(root: Path) -> Path:
    """Write a data set of two clips along known paths, in which buildings are nearer than their labels tell."""
    for clip, forward in (("slow", 0.25), ("fast", 0.5)):
        for split in ("train", "val"):
            _write(root / split / clip, film(steps(10, forward=forward), nearer=1.5)[0])
    return root


def _write(folder: Path, frames: Tensor) -> None:
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    labels = Image.fromarray(street()[0].numpy().astype(np.uint8))
    for t, frame in enumerate(frames):
        picture = (frame * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        Image.fromarray(picture).save(folder / "images" / f"{t:06d}.png")
        labels.save(folder / "labels" / f"{t:06d}.png")
