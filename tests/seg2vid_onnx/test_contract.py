"""The ONNX Runtime backend passes the contract."""

import pytest

from seg2vid_interface.contract import AgreementContract, BackendContract, ClipContract, DrivingContract
from seg2vid_onnx.backend import OnnxBackend


class TestOnnx(BackendContract):
    backend_class = OnnxBackend

    @pytest.fixture
    def model_folder(self, graph_model):
        return graph_model.path


@pytest.mark.slow
class TestOnnxWithoutLabels(BackendContract):
    backend_class = OnnxBackend

    @pytest.fixture
    def model_folder(self, grey_graph_model):
        return grey_graph_model.path


class TestOnnxOnLabelIds(BackendContract):
    backend_class = OnnxBackend

    @pytest.fixture
    def model_folder(self, label_id_graph_model):
        return label_id_graph_model.path


@pytest.mark.slow
class TestOnnxWithACamera(ClipContract, DrivingContract):
    backend_class = OnnxBackend

    @pytest.fixture
    def model_folder(self, key_frame_graph_model):
        return key_frame_graph_model.path


@pytest.mark.slow
class TestOnnxInHalfPrecision(AgreementContract):
    backend_class = OnnxBackend

    @pytest.fixture
    def model_folder(self, half_graph_model):
        return half_graph_model.path


@pytest.mark.gpu
class TestOnnxOnAGpu(BackendContract):
    backend_class = OnnxBackend
    device = "cuda"

    @pytest.fixture
    def model_folder(self, half_graph_model):
        return half_graph_model.path
