"""How quick clips are made side by side on a GPU, and whether they are the same; no test here exports a graph."""

import sys
import time

import numpy as np
import pytest

from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import load_backend
from seg2vid_interface.backend import OpenOptions, Session
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sample_scene import sample_request

BATCHES = (1, 4, 16, 64)
FRAMES = 9  # the first frame and a chunk
NO_SLOWER = 0.8
"""A batch makes at least this many times the frames/s of a smaller one; a GPU that is busy already gains nothing."""


@pytest.fixture(scope="module")
def street() -> ModelFolder:
    return open_model("street")


def requested(session: Session, street: ModelFolder, batch: int) -> list[ClipRequest]:
    return [sample_request(session, street.card, number + 1, frames=FRAMES) for number in range(batch)]


def frames_of(chunks: list[list[Chunk]], clip: int) -> np.ndarray:
    return np.concatenate([chunk[clip].frames for chunk in chunks]).astype(int)


@pytest.mark.gpu
@pytest.mark.parametrize("backend", ["onnx", "torch"])
@pytest.mark.parametrize("size", [(128, 256), (256, 512)], ids="{0[0]}x{0[1]}".format)
def test_a_batch_is_no_slower_and_gives_the_same_clips(street, backend, size, capsys):
    with load_backend(backend).open(street, OpenOptions("cuda", "fp32", size)) as session:
        speeds = {batch: frames_per_second(session, street, batch) for batch in BATCHES}
        alone, together = (list(session.generate(requested(session, street, batch))) for batch in BATCHES[:2])
        with capsys.disabled():
            numbers = "  ".join(f"{batch}: {speed:.0f}" for batch, speed in speeds.items())
            sys.stdout.write(f"\n{backend} {session.device} {size[0]}x{size[1]}, frames/s by batch: {numbers}\n")
    assert np.abs(frames_of(alone, 0) - frames_of(together, 0)).max() <= 1
    best = 0.0
    for speed in speeds.values():
        assert speed >= NO_SLOWER * best
        best = max(best, speed)


def frames_per_second(session: Session, street: ModelFolder, batch: int) -> float:
    """Return the better of two runs, after one that warms up."""
    requests = requested(session, street, batch)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        list(session.generate(requests))
        seconds.append(time.perf_counter() - began)
    return batch * FRAMES / min(seconds)
