"""How far two backends agree on the same clips.

`seg2vid_interface.tolerances` says how far they ought to.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.trial.sample_scene import sample_request
from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.tolerances import CLIP_FRAMES, CLIP_SHARE, FLOW_TOLERANCE, LOWEST_PSNR, PIXEL_TOLERANCE

FIELDS: frozenset[Field] = frozenset({"labels", "flow", "occlusion"})
UNITS = {"first_frame": "of 255", "frames": "of 255", "forward_flow": "px", "backward_flow": "px"}
TOLERANCES = {
    "first_frame": PIXEL_TOLERANCE,
    "frames": PIXEL_TOLERANCE,
    "forward_flow": FLOW_TOLERANCE,
    "backward_flow": FLOW_TOLERANCE,
}

Clip = Mapping[str, NDArray[np.float64]]
"""Name of an output -> its values, frames first; without the first frame."""
Pair = tuple[Clip, Clip]
"""The reference's and the other's."""


@dataclass(frozen=True)
class Difference:
    """How far one output is from the reference's."""

    output: str
    largest: float
    mean: float
    unit: str
    """Empty for occlusion, in 0..1, and for labels, whose mean is the share of the pixels that differ."""


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


def measure_agreement(reference: Session, other: Session, card: ModelCard, *, samples: int = 2) -> Agreement:
    """Make the same clips with two sessions of one model, opened at the same size, and compare them.

    First frames are compared on their own; the clips all begin with the reference's.
    """
    pictures: list[Pair] = []
    clips: list[Pair] = []
    for sample in range(1, samples + 1):
        first_frame = None
        if "image" in card.stages:
            ours, theirs = (
                _run(session, sample_request(session, card, sample, frames=1)) for session in (reference, other)
            )
            first_frame = ours[0].frames[0]
            pictures.append((_values("first_frame", ours[0].frames), _values("first_frame", theirs[0].frames)))
        if "motion" in card.stages:
            clips.append((_clip(reference, card, sample, first_frame), _clip(other, card, sample, first_frame)))
    return _agreement(pictures, clips, other.precision, card.chunk_frames)


def _run(session: Session, request: ClipRequest) -> list[Chunk]:
    return [chunk for (chunk,) in session.generate([request])]


def _clip(session: Session, card: ModelCard, sample: int, first_frame: NDArray[np.uint8] | None) -> Clip:
    """Return the outputs of a clip, without its first frame."""
    request = sample_request(session, card, sample, frames=1 + CLIP_FRAMES, first_frame=first_frame, fields=FIELDS)
    chunks = _run(session, request)[1:]
    outputs: dict[str, NDArray[np.float64]] = {}
    for name in ("frames", "forward_flow", "backward_flow", "occlusion", "labels"):
        parts = [part for chunk in chunks if (part := getattr(chunk, name)) is not None]
        if parts:
            outputs |= _values(name, np.concatenate(parts))
    return outputs


def _values(name: str, array: NDArray[np.generic]) -> Clip:
    return {name: array.astype(np.float64)}


def _agreement(pictures: Sequence[Pair], clips: Sequence[Pair], precision: str, chunk_frames: int) -> Agreement:
    differences = [_difference(name, pairs) for pairs in (pictures, clips) if pairs for name in pairs[0][0]]
    chunks = [(_beginning(ours, chunk_frames), _beginning(theirs, chunk_frames)) for ours, theirs in clips]
    return Agreement(
        precision=precision,
        differences=tuple(differences),
        chunk_share=_share([*pictures, *chunks]),
        clip_share=_share([*pictures, *clips]),
        psnr=_psnr([*pictures, *chunks]),
    )


def _beginning(clip: Clip, frames: int) -> Clip:
    return {name: values[:frames] for name, values in clip.items()}


def _difference(name: str, pairs: Sequence[Pair]) -> Difference:
    distances = np.stack([np.abs(other[name] - reference[name]) for reference, other in pairs])
    if name == "labels":
        distances = (distances > 0).astype(np.float64)
    return Difference(name, float(distances.max()), float(distances.mean()), UNITS.get(name, ""))


def _share(pairs: Sequence[Pair]) -> float:
    """Return the share of the pixels whose colours and flows all agree."""
    agreeing = [
        (np.abs(other[name] - reference[name]) <= tolerance).all(-1)
        for reference, other in pairs
        for name, tolerance in TOLERANCES.items()
        if name in reference
    ]
    return float(np.concatenate([part.ravel() for part in agreeing]).mean())


def _psnr(pairs: Sequence[Pair]) -> float:
    names = ("first_frame", "frames")
    squares = [(other[n] - reference[n]) ** 2 for reference, other in pairs for n in names if n in reference]
    mean = float(np.concatenate([square.ravel() for square in squares]).mean())
    return min(100.0, 10 * math.log10(255**2 / mean)) if mean else 100.0
