"""Label agreement: what a segmenter sees in frames, against the true label maps.

Shape symbols: h = steps, H, W = height and width, K = classes.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from seg2vid_interface.evaluation import Segmenter
from seg2vid_torch.training import label_scores


class LabelAgreement:
    """Mean intersection over union at every step, over the pixels of all starts together.

    The classes are those that are true or seen anywhere at that step.  Pixels whose true label is void count nowhere;
    void that is seen where a class is true counts as a miss of that class.
    """

    def __init__(self, segmenter: Segmenter, classes: int, other: int | None) -> None:
        """Take a segmenter for label maps of so many classes; `other` = void, if it is one of them."""
        self._segmenter, self._classes, self._void = segmenter, classes, classes if other is None else other
        self._counts: dict[str, list[torch.Tensor]] = {}

    def add(self, row: str, frames: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        """Take the frames (h, 3, H, W) of one window, and the true label maps (h, H, W)."""
        counts = self._counts.setdefault(row, [])
        maps = self._segmenter.segment(np.ascontiguousarray(frames.transpose(0, 2, 3, 1)))
        for step, (seen, true) in enumerate(zip(maps, labels, strict=True)):
            found = confusion(seen, true, self._classes, self._void)
            if step == len(counts):
                counts.append(torch.zeros_like(found))
            counts[step] += found

    def of(self, row: str) -> tuple[float | None, ...]:
        """Return the mean intersection over union of each step; None where all is void."""
        return tuple(mean_iou(counts, self._void) for counts in self._counts.get(row, []))


def confusion(seen: NDArray[np.uint8], true: NDArray[np.uint8], classes: int, void: int) -> torch.Tensor:
    """Return how many pixels (K + 1, K + 1) of each true class are seen as each; what is no class is the last one."""
    predicted, target = (np.where(labels >= classes, classes, labels).astype(np.int64) for labels in (seen, true))
    counted = target != void if void < classes else target < classes
    return label_scores.confusion(torch.from_numpy(target[counted]), torch.from_numpy(predicted[counted]), classes + 1)


def mean_iou(counts: torch.Tensor, void: int) -> float | None:
    """Return the mean over the classes but void that are true or seen somewhere."""
    both, either = counts.diagonal().double(), counts.sum(0) + counts.sum(1) - counts.diagonal()
    classes = torch.arange(len(counts))
    counted = (either > 0) & (classes != void) & (classes < len(counts) - 1)
    return float((both[counted] / either[counted]).mean()) if counted.any() else None
