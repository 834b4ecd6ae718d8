"""The torch backend passes the contract; with other models, what they change: clips and refusals."""

import pytest

from seg2vid_interface.contract import BackendContract, ClipContract, RefusalContract
from seg2vid_torch.backend import TorchBackend


class TestTorch(BackendContract):
    backend_class = TorchBackend

    @pytest.fixture
    def model_folder(self, model):
        return model.path


class TestTorchWithoutLabels(ClipContract, RefusalContract):
    backend_class = TorchBackend

    @pytest.fixture
    def model_folder(self, grey_graph_model):
        return grey_graph_model.path


class TestTorchOnLabelIds(ClipContract, RefusalContract):
    backend_class = TorchBackend

    @pytest.fixture
    def model_folder(self, label_id_graph_model):
        return label_id_graph_model.path


class TestTorchWithACamera(BackendContract):
    backend_class = TorchBackend

    @pytest.fixture
    def model_folder(self, key_frame_model):
        return key_frame_model.path


@pytest.mark.gpu
class TestTorchOnAGpu(TestTorch):
    device = "cuda"
