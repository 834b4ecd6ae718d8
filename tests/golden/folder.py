"""A folder of golden numbers: golden.npz, golden.json, and the published networks' entry names in state_dict_*.json.

Pictures are stored every 4th pixel both ways.  The reduced folder beside this file is further thinned, so that it can
live in the repository; its golden.json says so, and its state-dict lists are one compressed file.
"""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

REDUCED = Path(__file__).parent / "reduced"
PICTURE_STEP = 4
LONG = 32  # entries: axes of at least so many are thinned

Shapes = dict[str, list[int]]


@dataclass(frozen=True)
class GoldenFolder:
    """Numbers measured on the published networks, and what they were measured with."""

    path: Path

    @cached_property
    def settings(self) -> dict[str, Any]:
        """salt, batch, height, width; background and foreground = the latent's split; thinning, if reduced."""
        return json.loads((self.path / "golden.json").read_text())

    @cached_property
    def values(self) -> dict[str, NDArray[Any]]:
        with np.load(self.path / "golden.npz") as archive:
            return dict(archive)

    def shapes(self, network: str) -> Shapes:
        """Return a published network's state-dict entries and their shapes."""
        together = self.path / "state_dicts.json.gz"
        if together.exists():
            return json.loads(gzip.decompress(together.read_bytes()))[network]
        return json.loads((self.path / f"state_dict_{network}.json").read_text())

    def as_stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the part of a whole array that the folder holds of it."""
        if values.ndim >= 4:
            values = values[..., ::PICTURE_STEP, ::PICTURE_STEP]
        return thinned(values, self.settings.get("thinning", 1))


def thinned(values: NDArray[Any], step: int) -> NDArray[Any]:
    """Return every `step`th entry along the long axes."""
    return values[tuple(slice(None, None, step if length >= LONG else None) for length in values.shape)]
