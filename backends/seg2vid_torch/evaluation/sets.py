"""Metrics that compare sets: of frames (FID, KID), and of whole clips (FVD).

What is there twice, in the same bytes, counts once: the kernel distance is unbiased only for samples that are drawn
apart, and a covariance of copies is one of fewer samples than it seems.

Shape symbols: h = steps, H, W = height and width, D = features.
"""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from seg2vid_torch.evaluation.feature_files import Network
from seg2vid_torch.evaluation.predictors import TRUTH
from seg2vid_torch.evaluation.truth import Window
from seg2vid_torch.networks.features.i3d import SHORTEST
from seg2vid_torch.networks.features.i3d import SIZE as CLIP_SIZE
from seg2vid_torch.networks.features.inception import SIZE as PICTURE_SIZE

SUBSETS, SUBSET = 100, 1000  # of KID, where there are more samples than fit into one
FEATURES: Final = {"fid": "inception", "kid": "inception", "fvd": "i3d"}


class SetDistances:
    """Gathers features of frames and clips, row by row."""

    def __init__(self, networks: Mapping[str, Network], names: tuple[str, ...]) -> None:
        """Take the networks by name, "inception" and "i3d", and the metrics that are wanted of "fid", "kid", "fvd"."""
        self._networks, self.names = networks, names
        self._features: dict[tuple[str, str], dict[bytes, Tensor]] = {}
        self._given: dict[tuple[str, str], int] = {}

    def add(self, row: str, window: Window, frames: NDArray[np.uint8], horizon: int) -> None:
        """Take the frames (h, 3, H, W) of one window; with the first one, `horizon` of them are a whole clip."""
        if "inception" in self._networks:
            self._take(row, "inception", list(frames), picture_input)
        if "i3d" in self._networks and len(frames) == horizon and horizon + 1 >= SHORTEST:
            self._take(row, "i3d", [np.concatenate([window.first[None], frames])], clip_input)

    def _take(
        self, row: str, name: str, samples: list[NDArray[np.uint8]], prepared: Callable[[NDArray[np.uint8]], Tensor]
    ) -> None:
        known = self._features.setdefault((row, name), {})
        self._given[row, name] = self._given.get((row, name), 0) + len(samples)
        new = {}
        for sample in samples:
            digest = hashlib.blake2b(sample.tobytes(), digest_size=16).digest()
            if digest not in known:
                new[digest] = sample
        if new:
            with torch.inference_mode():
                features = self._networks[name](torch.stack([prepared(sample) for sample in new.values()]))
            known |= dict(zip(new, features, strict=True))

    def samples(self, row: str, name: str) -> tuple[int, int]:
        """Return how many different samples of a row a network saw, and how many there were."""
        return len(self._features.get((row, name), ())), self._given.get((row, name), 0)

    def of(self, row: str) -> dict[str, float | None]:
        """Return the distances of a row from the true frames; None where there are fewer than two samples."""
        if row == TRUTH:
            return {}
        measures = {"fid": frechet, "kid": kernel, "fvd": frechet}
        found: dict[str, float | None] = {}
        for metric in self.names:
            true, made = (list(self._features.get((name, FEATURES[metric]), {}).values()) for name in (TRUTH, row))
            enough = min(len(true), len(made)) > 1
            found[metric] = measures[metric](torch.stack(true), torch.stack(made)) if enough else None
        return found


def picture_input(frame: NDArray[np.uint8]) -> Tensor:
    """Return a frame (3, H, W) as Inception sees it: (3, 299, 299) in -1..1, resized as Pillow does.

    The usual bilinear resizing skips pixels of larger pictures, and such a distance is another (Parmar et al., CVPR
    2022, "On Aliased Resizing").
    """
    return _resized(torch.from_numpy(frame)[None], PICTURE_SIZE)[0]


def clip_input(frames: NDArray[np.uint8]) -> Tensor:
    """Return a clip (T, 3, H, W) as I3D sees it: (3, T, 224, 224) in -1..1, resized likewise."""
    return _resized(torch.from_numpy(frames), CLIP_SIZE).transpose(0, 1)


def _resized(frames: Tensor, size: int) -> Tensor:
    resized = functional.interpolate(
        frames.float(), size=(size, size), mode="bicubic", antialias=True, align_corners=False
    )
    return resized.clamp(0, 255) / 127.5 - 1


def frechet(true: Tensor, made: Tensor) -> float:
    """Return the Frechet distance of two normal distributions, fitted to features (n, D) and (m, D)."""
    metric = FrechetInceptionDistance(feature=_Known(true.shape[1]))
    metric.update(true, real=True)
    metric.update(made, real=False)
    return float(metric.compute())


def kernel(true: Tensor, made: Tensor) -> float:
    """Return 1000 times the unbiased squared MMD of features (n, D) and (m, D), with a cubic kernel.

    Binkowski et al. (ICLR 2018); the mean over subsets, if there are more samples than one holds.
    """
    size = min(len(true), len(made), SUBSET)
    subsets = 1 if max(len(true), len(made)) == size else SUBSETS
    with warnings.catch_warnings(action="ignore"):  # that features take memory, which they take here already
        metric = KernelInceptionDistance(feature=_Known(true.shape[1]), subsets=subsets, subset_size=size)
    metric.update(true, real=True)
    metric.update(made, real=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # which subsets are drawn
        mean, _ = metric.compute()
    return 1000 * float(mean)


class _Known(nn.Module):
    """Stands for a network whose features are known already."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, features: Tensor) -> Tensor:
        return features
