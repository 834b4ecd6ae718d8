"""What all clips of a run have in common: what was asked for, and the model's own where nothing was."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.inputs.cameras import GivenCamera, read_camera
from seg2vid_cli.inputs.styles import read_style_picture
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.sizes import choose_size


@dataclass(frozen=True)
class ClipSettings:
    """Read and checked; a process that makes clips may be given it by another."""

    frames: int
    """Length of each clip."""
    frames_per_second: float
    height: int
    """Of the frames, in pixels."""
    width: int
    """Of the frames, in pixels."""
    camera: GivenCamera | None
    """The path that is driven; None = as the motion says."""
    style_picture: NDArray[np.uint8] | None
    """(H, W, 3) RGB, whose look the clips are to have, at the size at which the model reads styles."""
    style_file: Path | None
    """Where that was read from."""

    def files(self) -> list[Path]:
        """Return the files that were read for it."""
        camera_file = None if self.camera is None else self.camera.file
        return [file for file in (self.style_file, camera_file) if file is not None]


def clip_settings(request: GenerationRequest, card: ModelCard) -> ClipSettings:
    """Return the settings of a run's clips.

    Raises:
        UsageError: the model takes no such size, or the camera is none.
        ImageError, CameraError: the style's picture or the camera's file cannot be read.
    """
    height, width = choose_size(card.sizes, request.options.size, (card.height, card.width))
    camera = None if request.camera is None else read_camera(request.camera)
    style_file = request.style if isinstance(request.style, Path) else None
    return ClipSettings(
        frames=request.frames or card.frames,
        frames_per_second=request.frames_per_second or card.frames_per_second,
        height=height,
        width=width,
        camera=camera,
        style_picture=None if style_file is None else read_style_picture(style_file, card),
        style_file=style_file,
    )
