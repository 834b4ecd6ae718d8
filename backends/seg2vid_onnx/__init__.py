"""Runs models on ONNX Runtime, on a CPU or an NVIDIA GPU, without PyTorch."""
