"""A model opened with PyTorch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graph_session import GraphSession
from seg2vid_interface.graphs import GraphName
from seg2vid_interface.memory import MB, MemoryNeed, check_memory
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sizes import choose_size
from seg2vid_torch.graphs.image import StyleGraph, image_graph
from seg2vid_torch.graphs.labels import LabelsGraph
from seg2vid_torch.graphs.motion_stage import motion_graphs
from seg2vid_torch.runtime.devices import PRECISIONS, check_precision, choose_device
from seg2vid_torch.runtime.memory import telling_out_of_memory
from seg2vid_torch.weights.loading import (
    load_image_network,
    load_labels_network,
    load_motion_network,
    load_style_encoder,
)

OUT_OF_MEMORY_HINT = "Use a smaller --size, or another --device."
MEMORY = MemoryNeed("PyTorch", resident=470 * MB, address_space=1300 * MB, data=450 * MB, pixel=2850)


def open_session(model: ModelFolder, options: OpenOptions) -> GraphSession:
    """Open a model folder; see `seg2vid_interface.backend.Backend.open`."""
    card = model.card
    device = choose_device(options.device)
    precision = check_precision("fp32" if options.precision == "auto" else options.precision, device)
    size = choose_size(card.sizes, options.size, (card.height, card.width))
    if device.type == "cpu":
        check_memory(MEMORY, card, size)
    modules: dict[GraphName, nn.Module] = {}

    def load(name: GraphName, _: tuple[int, int]) -> TorchGraph:
        with telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT):
            if name not in modules:  # one for all sizes
                modules.update(_load(name, model, device))
        return TorchGraph(modules[name], device, precision if name not in ("style", "labels") else "fp32")

    return GraphSession(card, size, load, device=str(device), precision=precision)


def _load(name: GraphName, model: ModelFolder, device: torch.device) -> dict[GraphName, nn.Module]:
    """Return a graph, and those that come with it."""
    card = model.card
    if name == "image":
        return {"image": image_graph(load_image_network(model, device), card.image_scale)}
    if name == "style":
        return {"style": StyleGraph(load_style_encoder(model, device))}
    if name == "labels":
        return {"labels": LabelsGraph(load_labels_network(model, device))}
    network = load_motion_network(model, device)
    if network.frames != card.chunk_frames:
        raise ModelError(
            f"{model.path}: the card says {card.chunk_frames} frames a chunk, its network {network.frames}"
        )
    return motion_graphs(network, card.label_space)


class TorchGraph:
    """See `seg2vid_interface.graph_session.Graph`; tensors stay on the device."""

    def __init__(self, module: nn.Module, device: torch.device, precision: str) -> None:
        self._module, self._device = module, device
        self._dtype = PRECISIONS[precision]

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Tensor]:  # noqa: ARG002 cheap to make
        """Run the networks reproducibly; tell running out of memory plainly."""
        tensors = {name: torch.as_tensor(value).to(self._device) for name, value in inputs.items()}
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
            telling_out_of_memory(str(self._device), OUT_OF_MEMORY_HINT),
        ):
            results: dict[str, Tensor] = self._module(**tensors)
            return results

    def fetch(self, value: Tensor) -> NDArray[np.generic]:
        """Return an array on the host."""
        return value.contiguous().cpu().numpy()
