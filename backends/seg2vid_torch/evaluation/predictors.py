"""Ways to go on from a first frame, whose frames are measured: what everything is to be compared with.

Shape symbols: h = steps, H, W = height and width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk
from seg2vid_torch.evaluation.motion import NeighbourMotion, greys, moved, optical_flows, rounded, saved_motion
from seg2vid_torch.evaluation.truth import Window

TRUTH = "true frames"


@dataclass(frozen=True)
class Prediction:
    """Frames after a first frame."""

    frames: NDArray[np.uint8]
    """(h, 3, H, W), RGB."""
    chunks: Sequence[Chunk] = ()
    """That the frames came in, with their flow if it was asked for; none of frames that are not a session's."""

    def motion(self) -> NeighbourMotion | None:
        """Return the motion that the frames came with, from the first frame on; None where there is none."""
        return saved_motion(self.chunks) if self.chunks else None


class Predictor(Protocol):
    """A row of the tables."""

    name: str

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction | None]:
        """Yield what comes after the first frame of every window of one clip; None where nothing can be said."""
        ...


class TrueFrames:
    """The true frames themselves, for what is measured of frames alone, and of segmenters."""

    name = TRUTH

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`."""
        for window in windows:
            yield Prediction(window.truth)


class Copy:
    """The first frame again and again."""

    name = "copy"

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`."""
        for window in windows:
            yield Prediction(np.repeat(window.first[None], window.steps, 0))


class TrueFlow:
    """The first frame, moved along the optical flow (DIS) to it from each true frame: needs the answer."""

    name = "true flow"

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`."""
        for window in windows:
            first, *later = greys(np.concatenate([window.first[None], window.truth]))
            flow = optical_flows([(frame, first) for frame in later])
            pictures = torch.from_numpy(window.first).float().expand(len(later), -1, -1, -1)
            yield Prediction(rounded(moved(pictures, flow)))
