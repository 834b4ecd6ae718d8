"""A training step as one CUDA graph: captured once, then replayed, so that a GPU never waits for Python to launch it.

After "CUDA Graphs" in PyTorch's documentation (whole-network capture): fixed inputs into which every step's are copied,
a few steps on the stream of the capture beforehand, optimizers that count and read their rates on the device.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Draws = TypeVar("Draws", bound=DataclassInstance)
else:
    Draws = TypeVar("Draws")

Terms = dict[str, Tensor]
WARM_UP = 3  # steps, in which libraries choose their algorithms and take their memory
logger = logging.getLogger(__name__)


class StepGraph(Generic[Draws]):
    """A step's computation; from its first call on a replayed graph, or where that cannot be, what it was.

    The computation takes a dataclass of tensors on the device, which are all that differs from step to step, draws no
    random numbers, reads nothing back from the device, and returns scalars without their graphs.
    """

    def __init__(
        self,
        compute: Callable[[Draws], Terms],
        networks: Iterable[nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
        device: torch.device,
    ) -> None:
        """Take the computation, and all whose state it changes."""
        self._compute, self._networks, self._optimizers = compute, list(networks), optimizers
        self._device, self._tried = device, False
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: Draws
        self._names: tuple[str, ...]
        self._values: Tensor

    def __call__(self, draws: Draws) -> Terms:
        """Do a step; return its loss terms."""
        if not self._tried:
            self._tried = True
            self._try_to_capture(draws)
        if self._graph is None:
            return self._compute(draws)
        for field in fields(draws):
            getattr(self._inputs, field.name).copy_(getattr(draws, field.name))
        self._graph.replay()
        return dict(zip(self._names, self._values.clone().unbind(), strict=True))  # the next replay overwrites them

    def _try_to_capture(self, draws: Draws) -> None:
        if self._device.type != "cuda":
            logger.warning("cuda_graph = true: there is no GPU to capture a step on; training goes on without")
            return
        try:
            with torch.cuda.device(self._device):
                self._capture(draws)
        except RuntimeError as error:
            self._graph = None
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            logger.warning("cuda_graph = true: a step cannot be captured (%s); training goes on without", reason)

    def _capture(self, draws: Draws) -> None:
        self._inputs = replace(draws, **{field.name: getattr(draws, field.name).clone() for field in fields(draws)})
        before = self._saved_state()
        current, stream = torch.cuda.current_stream(), torch.cuda.Stream()
        stream.wait_stream(current)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(stream):  # that of the capture: autograd remembers the stream a weight was used on
                for _ in range(WARM_UP):
                    self._compute(self._inputs)
            self._drop_gradients()  # so that the graph makes its own, in its own memory
            with torch.cuda.graph(graph, stream=stream):
                terms = self._compute(self._inputs)
                self._values = torch.stack([term.float() for term in terms.values()])
            self._names, self._graph = tuple(terms), graph
        finally:
            torch.cuda.set_stream(current)  # a capture that fails does not give it back
            torch.cuda.synchronize()
            self._restore_state(before)
            if self._graph is None:
                self._drop_gradients()

    def _drop_gradients(self) -> None:
        for optimizer in self._optimizers.values():
            optimizer.zero_grad(set_to_none=True)

    def _tensors(self) -> Iterable[Tensor]:
        for network in self._networks:
            yield from network.parameters()
            yield from network.buffers()

    def _moments(self) -> dict[tuple[Tensor, str], Tensor]:
        """Return what the optimizers keep of every weight; nothing before their first step."""
        return {
            (parameter, name): value
            for optimizer in self._optimizers.values()
            for parameter, kept in optimizer.state.items()
            for name, value in kept.items()
        }

    def _saved_state(self) -> tuple[list[Tensor], dict[tuple[Tensor, str], Tensor]]:
        return [x.detach().clone() for x in self._tensors()], {key: x.clone() for key, x in self._moments().items()}

    @torch.no_grad()
    def _restore_state(self, saved: tuple[list[Tensor], dict[tuple[Tensor, str], Tensor]]) -> None:
        """Undo the steps before the capture, in place: the graph holds these very tensors."""
        tensors, moments = saved
        for tensor, before in zip(self._tensors(), tensors, strict=True):
            tensor.copy_(before)
        for key, moment in self._moments().items():
            if key in moments:
                moment.copy_(moments[key])
            else:
                moment.zero_()
