"""A user's own segmenter, from an ONNX file.

Shape symbols: n = pictures, H, W = height and width, K = classes, h, w = what the network sees.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.evaluation.feature_files import fingerprint
from seg2vid_torch.evaluation.onnx_files import OnnxFile
from seg2vid_torch.networks.vgg import DEVIATION, MEAN

WANTED = "Wanted is one input float32 (N, 3, H, W), ImageNet's mean subtracted and divided by its deviation"


class OnnxSegmenter:
    """See `seg2vid_interface.evaluation.Segmenter`."""

    def __init__(self, path: Path, space: LabelSpace, device: torch.device) -> None:
        """Open it, for label maps of a label space.  Raises ModelError: not readable, or no segmenter."""
        self._graph, self.space = OnnxFile(path, device), space
        shape = self._graph.shape
        if len(shape) != 4 or shape[1] not in (3, None) or self._graph.outputs[0] not in (3, 4):
            raise ModelError(
                f"{path}: no segmenter", f"{WANTED}, and a first output of scores (N, K, h, w) or of classes (N, h, w)."
            )
        self._size = shape[2:]
        side = "x".join("any" if one is None else str(one) for one in self._size)
        self.description = f"{fingerprint(path)}, at {side if None not in self._size else 'the size of the frames'}"

    def segment(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return class indices (n, H, W) of pictures (n, H, W, 3); scores are resized, classes are not averaged."""
        height, width = pictures.shape[1:3]
        size = self._size[0] or height, self._size[1] or width
        frames = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        if size != (height, width):
            frames = functional.interpolate(frames, size=size, mode="bilinear", antialias=True, align_corners=False)
        mean, deviation = (torch.tensor(numbers).view(3, 1, 1) for numbers in (MEAN, DEVIATION))
        found = torch.from_numpy(np.asarray(self._graph.run(((frames / 255 - mean) / deviation).numpy())[0]))
        if found.ndim == 3:
            return _nearest(found, height, width)
        if found.shape[1] == 1:
            return _nearest(found[:, 0], height, width)
        self._check(found.shape[1])
        scores = functional.interpolate(found.float(), size=(height, width), mode="bilinear", align_corners=False)
        return scores.argmax(1).to(torch.uint8).numpy()

    def _check(self, classes: int) -> None:
        space = self.space
        without_other = space.size - (space.other == space.size - 1)
        if classes not in (space.size, without_other):
            raise ModelError(
                f"{self._graph.path}: tells {classes} classes, and {space.name} has {without_other}",
                "Use a segmenter of the data set's own classes, in their order.",
            )


def _nearest(classes: torch.Tensor, height: int, width: int) -> NDArray[np.uint8]:
    resized = functional.interpolate(classes[:, None].float(), size=(height, width), mode="nearest-exact")
    return resized[:, 0].clamp(0, 255).to(torch.uint8).numpy()
