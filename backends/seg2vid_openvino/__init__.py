"""Runs models on OpenVINO: on a CPU, without PyTorch."""
