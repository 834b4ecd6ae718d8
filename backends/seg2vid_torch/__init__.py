"""The PyTorch backend: networks, training, export and inference.  Importing this package does not import torch."""
