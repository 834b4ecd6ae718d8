"""Windows of drawn clips, and small ONNX files, for the tests of evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from seg2vid_torch.evaluation.truth import TrueClip, Window

HEIGHT, WIDTH = 64, 96


def panned(frames: int = 6, *, step: int = 2, height: int = HEIGHT, width: int = WIDTH) -> TrueClip:
    """Return a clip whose smooth picture moves to the left by so many pixels a frame."""
    y, x = np.mgrid[:height, : width + step * frames]
    waves = [60 * np.sin(x / (5 + c)) * np.cos(y / (6 + c)) + 40 * np.sin((x + 2 * y) / 11) for c in range(3)]
    large = (128 + np.stack(waves)).clip(0, 255).astype(np.uint8)
    return TrueClip("pan", np.stack([large[..., step * t : step * t + width] for t in range(frames)]), None)


def window(frames: int = 6, steps: int | None = None, **form: int) -> Window:
    """Return the window of such a clip that begins with its first frame."""
    return Window(panned(frames, **form), 0, frames - 1 if steps is None else steps)


def write_graph(
    path: Path,
    inputs: Sequence[int | str],
    outputs: Sequence[Sequence[int | str]],
    nodes: Sequence[onnx.NodeProto],
    **constants: np.ndarray,
) -> Path:
    """Write an ONNX file with the input x, and outputs y0, y1, ..., of these shapes."""
    ends = [helper.make_tensor_value_info(f"y{n}", TensorProto.FLOAT, shape) for n, shape in enumerate(outputs)]
    start = helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)
    tensors = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    model = helper.make_model(
        helper.make_graph(list(nodes), "graph", [start], ends, tensors),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.save(model, path)
    return path


def write_means(path: Path, dimensions: int) -> Path:
    """Write a feature network: the mean of every channel of pictures (4 dimensions), or of clips (5)."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y0"], axes=list(range(2, dimensions)), keepdims=0)]
    return write_graph(path, ["n", 3, *"thw"[5 - dimensions :]], [["n", 3]], nodes)


def write_segmenter(path: Path, classes: int = 2, size: Sequence[int | str] = ("h", "w")) -> Path:
    """Write a segmenter: class 1 where red is bright, else 0; further classes nowhere."""
    weights = np.zeros((classes, 3, 1, 1), np.float32)
    weights[1, 0] = 1
    offsets = np.full(classes, -100, np.float32)
    offsets[:2] = 0
    nodes = [helper.make_node("Conv", ["x", "weights", "offsets"], ["y0"])]
    return write_graph(path, [1, 3, *size], [[1, classes, *size]], nodes, weights=weights, offsets=offsets)
