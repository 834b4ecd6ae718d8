"""Batches on a CPU: the samples one after another.

Libraries for CPUs cut a batch in other pieces than a single sample, add up in another order, and so give other last
bits.  And a sample alone keeps all cores busy: a batch was measured to be no faster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.graph_results import Graph


@dataclass(frozen=True)
class _Samples:
    """What a run gave for every sample of a batch."""

    parts: list[Any]


@dataclass(frozen=True)
class SampleBySample:
    """A graph that gives for each sample of a batch, to the last bit, what it gives for the sample alone."""

    graph: Graph

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Any]:
        """Run it as often as there are samples; see `Graph.run`."""
        batch = _batch_of(inputs)
        if batch == 1:
            return self.graph.run(inputs, outputs)
        results = [
            self.graph.run({name: _sample(value, number) for name, value in inputs.items()}, outputs)
            for number in range(batch)
        ]
        return {name: _Samples([result[name] for result in results]) for name in outputs}

    def fetch(self, value: Any) -> NDArray[Any]:
        """Return what a run gave as one array of the caller's own."""
        if isinstance(value, _Samples):
            return np.concatenate([self.graph.fetch(part) for part in value.parts])
        return self.graph.fetch(value)


def _batch_of(inputs: Mapping[str, Any]) -> int:
    for value in inputs.values():
        if isinstance(value, _Samples):
            return len(value.parts)
        if isinstance(value, np.ndarray) and value.ndim:
            return len(value)
    return 1


def _sample(value: Any, number: int) -> Any:
    """Return the part of an input that belongs to a sample; a number without sides belongs to all."""
    if isinstance(value, _Samples):
        return value.parts[number]
    return value[number : number + 1] if value.ndim else value
