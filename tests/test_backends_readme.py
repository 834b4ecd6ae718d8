"""The example of backends/README.md is a backend that works."""

import re
from pathlib import Path

import numpy as np

from seg2vid_interface.backend import Backend, OpenOptions
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import ModelCard, ModelFolder

README = Path(__file__).parents[1] / "backends" / "README.md"


def test_the_example_makes_a_clip(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)
    backend = names["StillBackend"]()
    assert isinstance(backend, Backend)
    card = ModelCard(
        name="none",
        description="",
        licence="Apache-2.0",
        label_space=CITYSCAPES,
        height=32,
        width=64,
        chunk_frames=4,
        frames_per_second=17,
        latent_size=0,
        image_noise_size=0,
        stages={},
    )
    nothing = np.zeros(0, np.float32)
    labels = np.full((32, 64), 3, np.uint8)
    request = ClipRequest(labels, None, nothing, nothing, lambda chunk: nothing, frames=7)
    with backend.open(ModelFolder(tmp_path, card), OpenOptions()) as session:
        chunks = [chunk for (chunk,) in session.generate([request])]
    assert [(chunk.start, len(chunk.frames)) for chunk in chunks] == [(0, 1), (1, 4), (5, 2)]
    assert (np.concatenate([chunk.frames for chunk in chunks]) == (102, 102, 156)).all()
