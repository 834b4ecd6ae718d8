"""The ruler: all metrics that are wanted, held against every row alike.

Shape symbols: h = steps, H, W = height and width.
"""

from collections.abc import Collection, Mapping

import numpy as np
import torch

from seg2vid_interface.evaluation import Row, Segmenter
from seg2vid_torch.evaluation.label_agreement import LabelAgreement
from seg2vid_torch.evaluation.lpips import Lpips
from seg2vid_torch.evaluation.measures import COMPARED, StepMeans, motion_measures, sharpness
from seg2vid_torch.evaluation.motion import seen_motion
from seg2vid_torch.evaluation.predictors import TRUTH, Prediction
from seg2vid_torch.evaluation.sets import SetDistances
from seg2vid_torch.evaluation.truth import Window


class Ruler:
    """Takes predictions, and gives rows."""

    def __init__(
        self,
        metrics: Collection[str],
        horizon: int,
        *,
        lpips: Lpips | None = None,
        segmenter: Segmenter | None = None,
        classes: int = 0,
        other: int | None = None,
        sets: SetDistances | None = None,
    ) -> None:
        """Take the metrics that are wanted, and the networks of those that need one.

        Args:
            metrics: names, of `evaluation.METRICS`.
            horizon: the last step.
            lpips: the network for "lpips".
            segmenter: that for "labels".
            classes: of the data's label maps.
            other: the class that does not count.
            sets: those of OF_SETS that can be measured.
        """
        self._metrics, self._horizon = frozenset(metrics), horizon
        self._means, self._starts = StepMeans(), dict[str, int]()
        self._lpips, self._sets = lpips, sets
        self._labels = LabelAgreement(segmenter, classes, other) if segmenter else None

    def measure(self, row: str, window: Window, prediction: Prediction) -> None:
        """Measure one prediction."""
        self._starts[row] = self._starts.get(row, 0) + 1
        frames = torch.from_numpy(prediction.frames).float()
        if row != TRUTH:
            self._compare(row, frames, torch.from_numpy(window.truth).float())
        if "detail" in self._metrics:
            first = sharpness(torch.from_numpy(window.first).float()[None])
            self._means.add(row, "detail", sharpness(frames) / first)
        self._measure_motion(row, window, prediction)
        if self._labels and window.later_labels is not None:
            self._labels.add(row, prediction.frames, window.later_labels)
        if self._sets:
            self._sets.add(row, window, prediction.frames, self._horizon)

    def _compare(self, row: str, frames: torch.Tensor, truth: torch.Tensor) -> None:
        for name, measure in COMPARED.items():
            if name in self._metrics:
                self._means.add(row, name, measure(frames, truth))
        if self._lpips:
            self._means.add(row, "lpips", self._lpips.distance(frames / 255, truth / 255))

    def _measure_motion(self, row: str, window: Window, prediction: Prediction) -> None:
        frames = np.concatenate([window.first[None], prediction.frames])
        motions = {}
        if self._metrics & {"warping", "flicker"} and (motion := prediction.motion()):
            motions[""] = motion
        if self._metrics & {"warping-dis", "flicker-dis"}:
            motions["-dis"] = seen_motion(frames)
        for end, motion in motions.items():
            for name, values in motion_measures(end, torch.from_numpy(frames).float(), motion):
                if name in self._metrics:
                    self._means.add(row, name, values)

    def row(self, name: str) -> Row:
        """Return what was measured of a row."""
        steps = {metric: self._means.of(name, metric) for metric in self._metrics}
        if self._labels:
            steps["labels"] = self._labels.of(name)
        steps = {metric: values for metric, values in steps.items() if any(value is not None for value in values)}
        whole: Mapping[str, float | None] = {metric: _mean(values) for metric, values in steps.items()}
        distances = self._sets.of(name) if self._sets else {}
        return Row(name, self._starts.get(name, 0), steps, {**whole, **distances})


def _mean(values: tuple[float | None, ...]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
