"""How far the rows are from the reference: what PyTorch makes in fp32 on the CPU or, without it, ONNX Runtime."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.benchmark.rows import Row
from seg2vid_cli.plugins import load_backend
from seg2vid_interface.backend import OpenOptions, Session
from seg2vid_interface.errors import Seg2VidError
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.sample_scene import sample_request

REFERENCES = ("torch", "onnx")


@dataclass(frozen=True)
class Difference:
    """Of a row from its reference."""

    reference: str
    """The backend."""
    largest: int
    """Over the first chunk, of 255."""


@dataclass(frozen=True)
class _Beginning:
    """How a clip begins."""

    backend: str
    first_frame: NDArray[np.uint8]
    """(H, W, 3)."""
    chunk: NDArray[np.uint8]
    """(T, H, W, 3); T is 0 for a model without a motion stage."""


def measure_differences(rows: Sequence[Row]) -> list[Difference | None]:
    """Return each row's difference; None where no reference can open the model.  Raises BackendError."""
    references: dict[tuple[str, tuple[int, int] | None], _Beginning | None] = {}
    differences: list[Difference | None] = []
    for row in rows:
        key = row.card.name, row.options.size
        if key not in references:
            references[key] = _reference(row)
        reference = references[key]
        differences.append(None if reference is None else _difference(reference, row))
    return differences


def _reference(row: Row) -> _Beginning | None:
    for name in REFERENCES:
        try:
            with load_backend(name).open(row.model, OpenOptions("cpu", "fp32", row.options.size)) as session:
                first_frame, _ = _begin(session, row.card, None)
                _, chunk = _begin(session, row.card, first_frame)  # as rounded as it is given to the others
        except Seg2VidError:
            continue  # not installed, or the model lacks its files
        return _Beginning(name, first_frame, chunk)
    return None


def _difference(reference: _Beginning, row: Row) -> Difference:
    first_frame, _ = _begin(row.session, row.card, None)
    _, chunk = _begin(row.session, row.card, reference.first_frame)
    distances = [_largest(first_frame, reference.first_frame), _largest(chunk, reference.chunk)]
    return Difference(reference.backend, max(distances))


def _begin(
    session: Session, card: ModelCard, first_frame: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the first frame and the first chunk."""
    frames = 1 + (session.chunk_frames if "motion" in card.stages else 0)
    request = sample_request(session, card, 1, frames=frames, first_frame=first_frame)
    clip = np.concatenate([chunk.frames for (chunk,) in session.generate([request])])
    return clip[0], clip[1:]


def _largest(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.abs(one.astype(np.int16) - other).max(initial=0))
