"""The depth correction's loss terms, by the names of their weights: does what it says move as the real clips do?

The geometry says where the first frame's pixels stand later; there the later frames must show what the first does, and
there the optical flow must lead.  Nothing is inverted, so the gradient reaches every pixel.

Shape symbols: N = windows, M = moments, H, W = height and width.
"""

from torch import Tensor

from seg2vid_torch.geometry.sampling import bilinear
from seg2vid_torch.losses.shared_means import Average, alone, weighed
from seg2vid_torch.training.key_frame_paths import DrawnWindows
from seg2vid_torch.training.terms import Terms

MOST = 0.3  # of the brightness: what differs by more is something else
HALF = 2.0  # pixels off the flow that count half as much as any number of them


def correction_terms(drawn: DrawnWindows, places: Tensor, factor: Tensor, average: Average = alone) -> Terms:
    """Compare places (N, M, 2, H, W) that a correction by factors (N, H, W) leads to with what the clips show.

    `average` is that of processes which have a share of the windows each.
    """
    frames, height, width = drawn.scenes.frames, *factor.shape[1:]
    x, y = places.unbind(2)
    inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    counts = (inside & drawn.scenes.still[:, None]).float()
    fetched = bilinear(frames[:, 1:], places)
    difference = (fetched - frames[:, :1]).abs().mean(2).clamp(max=MOST)
    wrong = (places - drawn.places).square().sum(2).add(1e-4).sqrt()
    logarithm = factor.log()
    return {
        "picture": _mean(difference, counts, average),
        "flow": _mean(wrong / (wrong + HALF), counts * drawn.seen, average),
        "smooth": _change(logarithm, 1) + _change(logarithm, 2),
        "small": logarithm.square().mean(),
    }


def _change(field: Tensor, side: int) -> Tensor:
    return field.diff(dim=side).abs().mean()


def _mean(field: Tensor, weight: Tensor, average: Average) -> Tensor:
    counted = weight.sum()
    return weighed((field * weight).sum() / counted.clamp(min=1), counted, average)
