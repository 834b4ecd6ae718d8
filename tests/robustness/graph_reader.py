"""A process that opens and runs graphs, whose runtimes are C++: what breaks them breaks this process alone.

Each line of its stdin names a file; each line of its stdout says, as JSON, what is wrong with how it was taken.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from robustness.judging import problem_of
from seg2vid_cli.model_store.store import BUNDLED_MODELS
from seg2vid_interface.external_data import refuse_external_data
from seg2vid_interface.graphs import inputs_of, open_sides, outputs_of
from seg2vid_interface.model_card import open_model_folder

CARD = open_model_folder(BUNDLED_MODELS / "street").card
SIDES = open_sides(CARD, CARD.height, CARD.width) | {"N": 1}


def shape_of(tensor: Any) -> list[int]:
    return [SIDES[side] if isinstance(side, str) else side for side in tensor.shape]


def open_graph(backend: str, path: Path) -> Any:
    refuse_external_data(path)
    sides = {name: side for name, side in SIDES.items() if name != "N"}
    if backend == "onnx":
        from seg2vid_onnx.graph import OnnxGraph

        return OnnxGraph(path, path.stem, CARD, device="cpu", sides=sides)
    from seg2vid_openvino.graph import OpenVinoGraph

    return OpenVinoGraph(path, path.stem, CARD, precision="fp32", sides=sides)


def read_and_run(backend: str, path: Path) -> dict[str, np.ndarray]:
    """Return what the graph makes of zeros."""
    graph = open_graph(backend, path)
    inputs = {tensor.name: np.zeros(shape_of(tensor), tensor.dtype) for tensor in inputs_of(path.stem, CARD)}
    outputs = [tensor.name for tensor in outputs_of(path.stem, CARD)]
    return {name: graph.fetch(value) for name, value in graph.run(inputs, outputs).items()}


def difference(path: Path, found: dict[str, np.ndarray]) -> str | None:
    """Say where the arrays are not of the format."""
    for tensor in outputs_of(path.stem, CARD):
        if found[tensor.name].shape != tuple(shape_of(tensor)) or found[tensor.name].dtype != tensor.dtype:
            return f"{tensor.name} is {found[tensor.name].dtype} {found[tensor.name].shape}"
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        file = Path(line.rstrip("\n"))
        problem = problem_of(partial(read_and_run, sys.argv[1]), file, partial(difference, file))
        print(json.dumps(problem), flush=True)  # noqa: T201  # the answer
