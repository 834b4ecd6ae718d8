"""A model opened with OpenVINO."""

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.graph_session import GraphSession
from seg2vid_interface.graphs import GraphName, graph_path, open_sides
from seg2vid_interface.memory import MB, MemoryNeed, check_memory
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sizes import choose_size
from seg2vid_openvino.graph import OpenVinoGraph
from seg2vid_openvino.runtime import choose_device, choose_precision

MEMORY = MemoryNeed("OpenVINO", resident=480 * MB, address_space=2300 * MB, data=800 * MB, pixel=2950)


def open_session(model: ModelFolder, options: OpenOptions) -> GraphSession:
    """Open a model folder; see `seg2vid_interface.backend.Backend.open`.

    Both precisions run the graphs in float32: in bf16 the learned layers are lowered as they are loaded.
    """
    card = model.card
    size = choose_size(card.sizes, options.size, (card.height, card.width))
    device = choose_device(options.device)
    precision = choose_precision(options.precision)
    check_memory(MEMORY, card, size)

    def load(name: GraphName, frame_size: tuple[int, int]) -> OpenVinoGraph:
        path, sides = graph_path(model, name, "fp32"), open_sides(card, *frame_size)
        own_precision = "fp32" if name in ("style", "labels") else precision  # read from pictures alike on all backends
        return OpenVinoGraph(path, name, card, precision=own_precision, sides=sides, cache=options.cache)

    return GraphSession(card, size, load, device=device, precision=precision)
