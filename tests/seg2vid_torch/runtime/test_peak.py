"""The yardstick of the torch backend."""

import pytest

from seg2vid_interface.backend import Benchmarked, OpenOptions
from seg2vid_interface.errors import DeviceError
from seg2vid_torch.backend import TorchBackend


def test_it_is_measured_in_every_precision():
    backend = TorchBackend()
    assert isinstance(backend, Benchmarked)
    for precision in backend.status().precisions:
        assert 0.1 < backend.peak_gflops(OpenOptions("cpu", precision)) < 1e5


def test_a_precision_that_is_not_there_is_an_error():
    with pytest.raises(DeviceError, match="--precision fp16"):
        TorchBackend().peak_gflops(OpenOptions("cpu", "fp16"))
