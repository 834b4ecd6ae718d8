"""The torch backend passes the contract."""

import pytest

from seg2vid_interface.contract import BackendContract
from seg2vid_torch.backend import TorchBackend


class TestTorch(BackendContract):
    backend_class = TorchBackend

    @pytest.fixture
    def model_folder(self, model):
        return model.path


@pytest.mark.gpu
class TestTorchOnAGpu(TestTorch):
    device = "cuda"
