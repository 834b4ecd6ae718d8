"""Networks of strangers as ONNX files, which ONNX Runtime runs: a graph holds no code."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.errors import ModelError

if TYPE_CHECKING:
    import torch

FATAL = 4  # the severity from which ONNX Runtime's own log goes to stderr; what fails is raised as well


class OnnxFile:
    """A graph of one input, float32."""

    def __init__(self, path: Path, device: "torch.device") -> None:
        """Open it.  Raises ModelError: not there, not readable, or with several inputs."""
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        with warnings.catch_warnings(action="ignore"):  # of a provider that this machine has no use for
            import onnxruntime

        if not path.is_file():
            raise ModelError(f"{path}: no ONNX file there")
        onnxruntime.set_default_logger_severity(FATAL)
        cuda = ["CUDAExecutionProvider"] if device.type == "cuda" else []
        known = set(onnxruntime.get_available_providers())
        providers = [provider for provider in (*cuda, "CPUExecutionProvider") if provider in known]
        try:
            self._session = onnxruntime.InferenceSession(str(path), providers=providers)
        except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
            raise ModelError(f"{path}: not a readable ONNX file: {str(error).splitlines()[0]}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{one.name} {one.type}" for one in inputs) or "none"
            raise ModelError(f"{path}: takes the inputs {found}, and one of float32 is given")
        self.path = path
        self.shape: list[int | None] = [side if isinstance(side, int) else None for side in inputs[0].shape]
        """Of the input; None = any."""
        self.outputs = [len(output.shape) for output in self._session.get_outputs()]
        """Dimensions of every output."""

    def run(self, pictures: NDArray[np.float32]) -> list[NDArray[np.generic]]:
        """Return the outputs; one picture after another, if the graph takes but one.

        Raises:
            ModelError: it fails.
        """
        batches = np.split(pictures, len(pictures)) if self.shape[0] == 1 else [pictures]
        (only,) = self._session.get_inputs()
        try:
            found = [self._session.run(None, {only.name: np.ascontiguousarray(batch)}) for batch in batches]
        except Exception as error:  # as above
            raise ModelError(f"{self.path}: failed: {str(error).splitlines()[0]}") from error
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
