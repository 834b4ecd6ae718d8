"""How far two sessions of one model are apart on the same clips, and how far they may be.

Other backends, precisions and batches are compared by this: by `seg2vid export` and `benchmark`, and by the contract.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.backend import ReadsStyles, Segments
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.graphs import motion_size
from seg2vid_interface.sample_scene import sample_picture, sample_request

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelCard

PIXEL_TOLERANCE: Final = 2
"""Of 255, by which a pixel's values may differ in fp32: everywhere in a clip's first chunk."""
FLOW_TOLERANCE: Final = 0.05
"""Pixels by which flow may differ, likewise."""
CLIP_FRAMES: Final = 24
"""Frames over which `CLIP_SHARE` of the pixels are within the tolerances."""
CLIP_SHARE: Final = 0.999
LOWEST_PSNR: Final = 40.0
"""Decibels of fp16 or bf16 against fp32, over a chunk."""
STYLE_TOLERANCE: Final = 1e-3
"""By which the numbers of a style that is read from a picture may differ; styles spread by 1."""
LABELS_TOLERANCE: Final = 1e-3
"""Share of a picture's pixels that may be told to be of another class: where two are as likely."""

FIELDS: Final[frozenset[Field]] = frozenset({"labels", "flow", "occlusion", "depth", "objects"})
FIRST_FRAME: Final = "first_frame"
PICTURES: Final = (FIRST_FRAME, "frames")
FLOWS: Final = ("forward_flow", "backward_flow")
NUMBERS: Final = ("labels", "objects")
"""Which differ or not."""
UNITS: Final = dict.fromkeys(PICTURES, "of 255") | dict.fromkeys(FLOWS, "px") | {"depth": "of it"}
TOLERANCES: Final = dict.fromkeys(PICTURES, PIXEL_TOLERANCE) | dict.fromkeys(FLOWS, FLOW_TOLERANCE)

Clip = Sequence[Chunk]
Outputs = Mapping[str, NDArray[np.float64]]
"""Name of an output -> its values, frames first."""
Pair = tuple[Outputs, Outputs]
"""The reference's and the other's."""


@dataclass(frozen=True)
class Difference:
    """How far one output is from the reference's."""

    output: str
    largest: float
    mean: float
    unit: str
    """Empty for occlusion, in 0..1, and for labels and objects, whose mean is the share of the pixels that differ;
    depth differs by a share of the larger, so that what is infinitely far for one alone differs by all."""


@dataclass(frozen=True)
class Agreement:
    """What was measured over some clips."""

    precision: str
    differences: tuple[Difference, ...]
    chunk_share: float
    """Share of the first chunk's pixels and flows that are within the tolerances."""
    clip_share: float
    """The same over the whole clips."""
    psnr: float
    """Of the first chunk's frames against the reference, in dB, at most 100."""

    def problem(self) -> str | None:
        """Say what is not as promised; None if all is."""
        if self.precision != "fp32":
            return None if self.psnr >= LOWEST_PSNR else f"{self.psnr:.1f} dB, less than {LOWEST_PSNR:g}"
        if self.chunk_share < 1:
            return f"{1 - self.chunk_share:.3%} of a chunk beyond {PIXEL_TOLERANCE}/255 or {FLOW_TOLERANCE} px"
        if self.clip_share < CLIP_SHARE:
            return f"only {self.clip_share:.2%} of {CLIP_FRAMES} frames agree, less than {CLIP_SHARE:.1%}"
        return None

    def lines(self) -> Iterable[str]:
        """Describe it, a line per output."""
        for d in self.differences:
            yield f"    {d.output:13} largest {d.largest:.3g} {d.unit}, mean {d.mean:.2g} {d.unit}".rstrip()
        yield f"    within {PIXEL_TOLERANCE}/255 and {FLOW_TOLERANCE} px: {self.chunk_share:.3%} of a chunk, " + (
            f"{self.clip_share:.3%} of {CLIP_FRAMES} frames; {self.psnr:.1f} dB"
        )


def measure_agreement(
    reference: "Session",
    other: "Session",
    card: "ModelCard",
    *,
    samples: int = 2,
    frames: int = CLIP_FRAMES,
    fields: frozenset[Field] = FIELDS,
) -> Agreement:
    """Make the same clips with two sessions of one model, opened at the same size, and compare them.

    First frames are compared on their own; the clips, of as many `frames` more, all begin with the reference's.
    """
    pairs: list[tuple[Clip, Clip]] = []
    for sample in range(1, samples + 1):
        first_frame = None
        if "image" in card.stages:
            still = sample_request(reference, card, sample, frames=1)
            ours, theirs = ([chunk for (chunk,) in session.generate([still])] for session in (reference, other))
            first_frame = ours[0].frames[0]
            pairs.append((ours, theirs))
        if "motion" in card.stages:
            request = sample_request(reference, card, sample, frames=1 + frames, first_frame=first_frame, fields=fields)
            ours, theirs = ([chunk for (chunk,) in session.generate([request])] for session in (reference, other))
            pairs.append((ours, theirs))
    return compare_clips(pairs, other.precision)


def measure_styles(reference: "Session", other: "Session", card: "ModelCard") -> float | None:
    """Return the largest difference between the styles that two sessions read; None if one of them reads none."""
    if not (card.reads_styles and isinstance(reference, ReadsStyles) and isinstance(other, ReadsStyles)):
        return None
    picture = sample_picture(card, 1, card.image_size(card.height, card.width))
    return float(np.abs(reference.style_of(picture) - other.style_of(picture)).max())


def measure_labels(reference: "Session", other: "Session", card: "ModelCard") -> float | None:
    """Return the share of a picture's pixels whose labels differ; None if one of the sessions tells none."""
    if not (card.segments and isinstance(reference, Segments) and isinstance(other, Segments)):
        return None
    picture = sample_picture(card, 1, motion_size(card, reference.height, reference.width))
    return float(np.mean(reference.segment(picture) != other.segment(picture)))


def compare_clips(pairs: Iterable[tuple[Clip, Clip]], precision: str) -> Agreement:
    """Compare each pair's second clip, made in this precision, with its first.

    Of clips of one frame that is compared, as the image stage's; of longer ones what follows it.
    """
    whole = [(_outputs(reference), _outputs(other)) for reference, other in pairs]
    beginnings = [(_outputs(reference[:2]), _outputs(other[:2])) for reference, other in pairs]
    return Agreement(
        precision=precision,
        differences=tuple(_difference(name, whole) for name in _names(whole)),
        chunk_share=_share(beginnings),
        clip_share=_share(whole),
        psnr=_psnr(beginnings),
    )


def _outputs(clip: Clip) -> Outputs:
    first, *others = clip
    if not others:
        return {FIRST_FRAME: first.frames.astype(np.float64)}
    return {
        name: np.concatenate([getattr(chunk, name) for chunk in others]).astype(np.float64)
        for name in ("frames", *FLOWS, "occlusion", "depth", *NUMBERS)
        if getattr(others[0], name) is not None
    }


def _names(pairs: Sequence[Pair]) -> Iterable[str]:
    """Return the outputs that there are, each once."""
    return dict.fromkeys(name for reference, _ in pairs for name in reference)


def _difference(name: str, pairs: Sequence[Pair]) -> Difference:
    distances = np.stack(
        [_distance(name, other[name], reference[name]) for reference, other in pairs if name in reference]
    )
    return Difference(name, float(distances.max()), float(distances.mean()), UNITS.get(name, ""))


def _distance(name: str, one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far numbers are from each other, in the output's unit."""
    if name in NUMBERS:
        return np.not_equal(one, other).astype(np.float64)
    if name == "depth":
        smaller, larger = np.minimum(one, other), np.maximum(one, other)
        share: NDArray[np.float64] = np.where(
            smaller == larger, 0.0, 1 - smaller / np.where(smaller == larger, 1.0, larger)
        )
        return share
    return np.abs(one - other)


def _share(pairs: Sequence[Pair]) -> float:
    """Return the share of the pixels whose colours and flows all agree."""
    agreeing = [
        (np.abs(other[name] - reference[name]) <= tolerance).all(-1).ravel()
        for reference, other in pairs
        for name, tolerance in TOLERANCES.items()
        if name in reference
    ]
    return float(np.concatenate(agreeing).mean())


def _psnr(pairs: Sequence[Pair]) -> float:
    squares = [
        ((other[name] - reference[name]) ** 2).ravel()
        for reference, other in pairs
        for name in PICTURES
        if name in reference
    ]
    mean = float(np.concatenate(squares).mean())
    return min(100.0, 10 * math.log10(255**2 / mean)) if mean else 100.0
