"""Flow between neighbouring frames, from the flow between each frame and its chunk's reference frame."""

import numpy as np
from numpy.typing import NDArray

# Each guess shrinks the error by the flow's slope, so a few are enough where the flow is smooth.
_GUESSES = 4


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
    flow = np.empty_like(forward)
    flow[0] = forward[0]
    for t in range(1, len(flow)):
        flow[t] = _flow_to_previous(forward[t], forward[t - 1], backward[t - 1])
    return flow.view(np.float32).reshape(forward_flow.shape)


def _as_complex(flow: NDArray[np.float32]) -> NDArray[np.complex64]:
    """View (..., H, W, 2) as (..., H, W) numbers x + iy: points and flow are then added and looked up in one go."""
    numbers: NDArray[np.complex64] = np.ascontiguousarray(flow).view(np.complex64)[..., 0]
    return numbers


def _flow_to_previous(
    forward: NDArray[np.complex64], previous_forward: NDArray[np.complex64], previous_backward: NDArray[np.complex64]
) -> NDArray[np.complex64]:
    """Find for each pixel p, through its place q in the reference frame, the place r in the previous frame.

    r solves r - previous_forward(r) = q.  The previous backward flow gives a first guess, which the fixed-point step
    r <- q + previous_forward(r) improves; where it does not (occlusions, torn flow) the best guess so far stays.
    """
    rows, columns = np.ogrid[: forward.shape[0], : forward.shape[1]]
    pixels = (columns + 1j * rows).astype(np.complex64)
    reference = pixels - forward
    guess = reference - _sample(previous_backward, reference)
    best, smallest_error = guess, np.full(forward.shape, np.inf, np.float32)
    for _ in range(_GUESSES):
        next_guess = reference + _sample(previous_forward, guess)
        error = np.abs(next_guess - guess)  # how far `guess` is from solving the equation
        closer = error < smallest_error
        best = np.where(closer, guess, best)
        smallest_error = np.where(closer, error, smallest_error)
        guess = next_guess
    return pixels - best


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
