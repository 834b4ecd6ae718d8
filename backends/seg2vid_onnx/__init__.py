"""Runs models on ONNX Runtime, on a CPU or an NVIDIA GPU, without PyTorch.

ONNX Runtime reports its use to Microsoft and keeps an identity for the user in the cache folder, unless this variable
is set before it is imported; afterwards is too late.  Whatever here imports it has imported this package first.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
