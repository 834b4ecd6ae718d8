"""ONNX Runtime itself: imported without what it says of plug-ins that this machine has no use for."""

import warnings

with warnings.catch_warnings(action="ignore"):  # of CUDA's provider, which a machine without a GPU cannot load
    import onnxruntime

__all__ = ["FATAL", "onnxruntime"]

FATAL = 4
"""The severity from which ONNX Runtime's own log goes to stderr; what fails is raised as well."""

if not hasattr(onnxruntime, "set_default_logger_severity"):  # a folder that is left alone counts as a package
    raise ImportError("its files are gone; another package of it was uninstalled after it, and took them along")
onnxruntime.set_default_logger_severity(FATAL)
