"""A model opened with ONNX Runtime."""

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.graph_session import GraphSession
from seg2vid_interface.graphs import HALVED_GRAPHS, GraphName, graph_file, graph_path, open_sides
from seg2vid_interface.memory import MB, MemoryNeed, check_memory
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sizes import choose_size
from seg2vid_onnx.graph import OnnxGraph
from seg2vid_onnx.providers import check_precision, choose_device

MEMORY = MemoryNeed("ONNX Runtime", resident=210 * MB, address_space=1000 * MB, data=360 * MB, pixel=11_200)
SMALLEST_FIXED = 96
"""Smallest side, in pixels, of pictures with which sizes are fixed.

Where nothing lies between the borders of the painter's smallest maps, ONNX Runtime would run it, but refuses a graph of
fixed sizes as it loads it: it takes nothing for one row.
"""


def open_session(model: ModelFolder, options: OpenOptions) -> GraphSession:
    """Open a model folder; see `seg2vid_interface.backend.Backend.open`."""
    card = model.card
    size = choose_size(card.sizes, options.size, (card.height, card.width))
    check_precision(options.precision)
    device = choose_device(options.device)
    precision = choose_precision(options.precision, model, device)
    if device == "cpu":
        check_memory(MEMORY, card, size)

    def load(name: GraphName, frame_size: tuple[int, int]) -> OnnxGraph:
        sides = open_sides(card, *frame_size) if min(frame_size) >= SMALLEST_FIXED else {}
        path = graph_path(model, name, precision)
        return OnnxGraph(path, name, card, device=device, sides=sides, cache=options.cache)

    return GraphSession(card, size, load, device=device, precision=precision)


def choose_precision(wanted: str, model: ModelFolder, device: str) -> str:
    """Return what was asked for; "auto" is fp32 on the CPU, and fp16 on a GPU if the model folder has it."""
    if wanted != "auto":
        return wanted
    halved = [stage for stage in model.card.stages if stage in HALVED_GRAPHS]
    has_half = all(model.has(graph_file(stage, "fp16")) for stage in halved)
    return "fp16" if halved and has_half and device != "cpu" else "fp32"
