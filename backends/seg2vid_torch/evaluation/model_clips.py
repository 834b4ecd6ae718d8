"""Clips that a model makes from true first frames, by a session of any backend.

Shape symbols: h = steps, H, W = height and width.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.driving.paths import Drive, drawn_path
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.errors import BackendError
from seg2vid_interface.evaluation import EvaluatedModel
from seg2vid_interface.latents import chunk_noise, image_style, image_texture, motion_latent
from seg2vid_torch.evaluation.predictors import Prediction
from seg2vid_torch.evaluation.truth import Window

AT_ONCE = 4  # clips of a batch


class ModelClips:
    """Makes requests of windows, and predictions of what comes of them."""

    def __init__(self, model: EvaluatedModel, seed: int, *, flow: bool) -> None:
        """Take a model; `flow` = whether its flow is wanted."""
        self.card, self.session = model.folder.card, model.session
        self._seed = seed
        self._fields: frozenset[Field] = frozenset({"flow"} if flow else ())

    def request(
        self,
        window: Window,
        sample: int,
        *,
        latent: NDArray[np.float32] | None = None,
        drive: Callable[[Drive], Drive] = lambda drawn: drawn,
    ) -> ClipRequest:
        """Return the request of a clip that begins with the window's first frame.

        Args:
            window: whose steps are asked for.
            sample: number of the clip, 1, 2, ...
            latent: (latent_size,) motion; None = drawn.
            drive: of the camera that the latent says -> another one.
        """
        card, size = self.card, (self.session.height, self.session.width)
        latent = motion_latent(self._seed, sample, self.session.latent_size) if latent is None else latent
        label_map = None if window.clip.labels is None else window.clip.labels[window.start]
        path = drawn_path(latent)
        scene = driven(card, label_map, None, path, card.frames_per_second, seed=self._seed, sample=sample)
        fields = {} if scene is None else replace(scene, drive=drive(scene.drive)).fields()
        return ClipRequest(
            label_map=label_map if card.label_space else None,
            first_frame=np.ascontiguousarray(window.first.transpose(1, 2, 0)),
            latent=latent,
            style=image_style(self._seed, sample, self.session.style_size),
            chunk_noise=chunk_noise(self._seed, sample, card.noise_shape(*size)),
            frames=1 + window.steps,
            fields=self._fields,
            texture=image_texture(self._seed, sample, card.texture_shape(*size)) if card.texture else None,
            **fields,
        )

    def make(self, requests: Sequence[ClipRequest]) -> Iterator[Prediction]:
        """Make clips of the same length.  Raises what a session raises."""
        for first in range(0, len(requests), AT_ONCE):
            batch = requests[first : first + AT_ONCE]
            clips: list[list[Chunk]] = [[] for _ in batch]
            for chunks in self.session.generate(batch):
                for clip, chunk in zip(clips, chunks, strict=True):
                    clip.append(chunk)
            yield from map(_prediction, clips)


def _prediction(chunks: Sequence[Chunk]) -> Prediction:
    _, *later = chunks  # the first holds the first frame alone
    if not later:
        raise BackendError("the session made no frame after the first one")
    frames = np.concatenate([chunk.frames for chunk in later]).transpose(0, 3, 1, 2)
    return Prediction(np.ascontiguousarray(frames), later)


class BestOf:
    """The best of K clips from every start, by its mean PSNR over all steps."""

    def __init__(self, clips: ModelClips, samples: int) -> None:
        """Make `samples` clips of a start, numbers 1, 2, ..."""
        self._clips, self._samples = clips, samples
        self.name = f"{clips.card.name}, best of {samples}" if samples > 1 else f"{clips.card.name}, one sample"
        self.repeated = 0
        """Samples that were equal to another one of their start."""

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`."""
        for window in windows:
            requests = [self._clips.request(window, sample) for sample in range(1, self._samples + 1)]
            best, repeated = best_of(list(self._clips.make(requests)), window)
            self.repeated += repeated
            yield best


def best_of(predictions: Sequence[Prediction], window: Window) -> tuple[Prediction, int]:
    """Return the prediction of the highest mean PSNR over its steps, and how many are equal to one before them."""
    distinct = {prediction.frames.tobytes(): prediction for prediction in reversed(predictions)}
    best = max(predictions, key=lambda prediction: _mean_psnr(prediction, window))
    return best, len(predictions) - len(distinct)


def _mean_psnr(prediction: Prediction, window: Window) -> float:
    difference = prediction.frames.astype(np.float32) - window.truth
    errors = np.square(difference).reshape(window.steps, -1).mean(1)
    return float(-np.log(np.maximum(errors, 1e-6)).mean())


Read = Callable[[Sequence[Window]], Iterator[ClipRequest | None]]
"""Makes the requests of windows of one clip with the motion that is read from it; None where nothing can be read."""


class Reconstruction:
    """Clips with the motion that the model's encoder reads from the true clip: needs the answer."""

    def __init__(self, clips: ModelClips, read: Read) -> None:
        self._clips, self._read = clips, read
        self.name = f"{clips.card.name}, reconstruction"

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction | None]:
        """See `Predictor`."""
        for request in self._read(windows):
            if request is None:
                yield None
            else:
                yield from self._clips.make([request])
