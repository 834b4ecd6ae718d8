"""Flow between neighbouring frames, from the flow between each frame and its chunk's reference frame."""

import numpy as np
from numpy.typing import NDArray

# Each guess shrinks the error by the flow's slope, so a few are enough where the flow is smooth.
_GUESSES = 4
_FOUND = 0.1  # pixels: a place that is off by more is sought from another first guess, too
_AGREES = 1.0  # pixels: what leads there and back with a larger error is hidden


def neighbour_flow(forward_flow: NDArray[np.float32], backward_flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the flow from every frame of a predicted chunk to the frame just before it.

    Args:
        forward_flow: `Chunk.forward_flow`, float32 (n, H, W, 2), x and y in pixels.
        backward_flow: `Chunk.backward_flow`, the same.

    Returns:
        float32 (n, H, W, 2), x and y in pixels, on the grid of frame t: its pixel p shows what stood at p - flow(p) in
        frame t - 1.  For the chunk's first frame that frame is the reference frame, and the forward flow is the answer.
    """
    forward, backward = _as_complex(forward_flow), _as_complex(backward_flow)
    pixels = _pixels(forward[0])
    flow = np.empty_like(forward)
    flow[0] = forward[0]
    for t in range(1, len(flow)):
        steady = pixels - forward[t] / (t + 1)
        place, _ = _find(pixels - forward[t], steady, forward[t - 1], backward[t - 1])
        flow[t] = pixels - place
    return flow.view(np.float32).reshape(forward_flow.shape)


def onward_flow(
    forward_flow: NDArray[np.float32], backward_flow: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the flow to every frame of a predicted chunk from the frame just before it, on the grid of that one.

    Args:
        forward_flow: `Chunk.forward_flow`, float32 (n, H, W, 2), x and y in pixels.
        backward_flow: `Chunk.backward_flow`, the same.

    Returns:
        float32 (n, H, W, 2), x and y in pixels, on the grid of frame t - 1, the reference frame or one of the chunk:
        its pixel p stands at p + flow(p) in frame t.  And bool (n, H, W): False where it is hidden there (following the
        flow there, and back to the reference frame, leads elsewhere) or outside the picture.
    """
    forward, backward = _as_complex(forward_flow), _as_complex(backward_flow)
    pixels = _pixels(forward[0])
    flow, valid = np.empty_like(forward), np.empty(forward.shape, np.bool_)
    for t in range(len(flow)):
        moved = forward[t - 1] if t else np.zeros_like(pixels)
        steady = pixels + moved / t if t else pixels - backward[0]
        place, error = _find(pixels - moved, steady, forward[t], backward[t])
        flow[t], valid[t] = place - pixels, (error < _AGREES) & (_outside(place, pixels.shape) <= 0.5)
    return flow.view(np.float32).reshape(forward_flow.shape), valid


def _as_complex(flow: NDArray[np.float32]) -> NDArray[np.complex64]:
    """View (..., H, W, 2) as (..., H, W) numbers x + iy: points and flow are then added and looked up in one go."""
    numbers: NDArray[np.complex64] = np.ascontiguousarray(flow).view(np.complex64)[..., 0]
    return numbers


def _pixels(flow: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return the points (H, W) of the pixels of a flow field."""
    rows, columns = np.ogrid[: flow.shape[0], : flow.shape[1]]
    return (columns + 1j * rows).astype(np.complex64)


def _find(
    reference: NDArray[np.complex64],
    steady: NDArray[np.complex64],
    forward: NDArray[np.complex64],
    backward: NDArray[np.complex64],
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Find the places in a frame that show what stands at `reference` (H, W) in the reference frame.

    Args:
        reference: the points.
        steady: where they are if their motion is the same from frame to frame.  That comes first, as of what the
            reference frame hides, the backward flow knows only what hides it.
        forward: of the frame.
        backward: of the frame, which tells where else to seek what does not move steadily.

    Returns:
        the places, and by how many pixels each misses what it should show, or lies outside, where no flow is known.
    """
    place, error = _improve(reference, steady, forward)
    error += _outside(place, forward.shape)
    missed = error > _FOUND
    if missed.any():
        sought = reference[missed]
        other_place, other_error = _improve(sought, sought - _sample(backward, sought), forward)
        other_error += _outside(other_place, forward.shape)
        better = other_error < error[missed]
        place[missed] = np.where(better, other_place, place[missed])
        error[missed] = np.where(better, other_error, error[missed])
    return place, error


def _improve(
    reference: NDArray[np.complex64], guess: NDArray[np.complex64], forward: NDArray[np.complex64]
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Improve guesses r of the solution of r - forward(r) = reference; return the best, and their errors.

    The fixed-point step is r <- reference + forward(r); where it does not help (occlusions, torn flow) the best guess
    so far stays.
    """
    best, smallest_error = guess, np.full(guess.shape, np.inf, np.float32)
    for _ in range(_GUESSES):
        next_guess = reference + _sample(forward, guess)
        error = np.abs(next_guess - guess)  # how far `guess` is from solving the equation
        closer = error < smallest_error
        best = np.where(closer, guess, best)
        smallest_error = np.where(closer, error, smallest_error)
        guess = next_guess
    return best, smallest_error


def _outside(points: NDArray[np.complex64], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Return how many pixels each point is away from the pixels of a picture of `size` = height, width."""
    x, y = np.clip(points.real, 0, size[1] - 1), np.clip(points.imag, 0, size[0] - 1)
    distance: NDArray[np.float32] = np.maximum(np.abs(points.real - x), np.abs(points.imag - y))
    return distance


def _sample(flow: NDArray[np.complex64], points: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Sample `flow` (H, W) bilinearly at `points`; outside, the nearest border's value counts."""
    height, width = flow.shape
    x, y = np.clip(points.real, 0, width - 1), np.clip(points.imag, 0, height - 1)
    left = np.minimum(x.astype(np.intp), width - 2)
    top = np.minimum(y.astype(np.intp), height - 2)
    right_weight, lower_weight = (x - left).astype(np.float32), (y - top).astype(np.float32)
    values, index = flow.ravel(), top * width + left
    upper = _blend(values[index], values[index + 1], right_weight)
    lower = _blend(values[index + width], values[index + width + 1], right_weight)
    return _blend(upper, lower, lower_weight)


def _blend(
    start: NDArray[np.complex64], end: NDArray[np.complex64], weight: NDArray[np.float32]
) -> NDArray[np.complex64]:
    return start + (end - start) * weight
