"""The OpenVINO backend passes the contract; with other models, what they change: clips and refusals."""

import pytest

from seg2vid_interface.contract import BackendContract, ClipContract, DrivingContract, RefusalContract
from seg2vid_openvino.backend import OpenVinoBackend


class TestOpenVino(BackendContract):
    backend_class = OpenVinoBackend

    @pytest.fixture
    def model_folder(self, graph_model):
        return graph_model.path


class TestOpenVinoOnLabelIds(ClipContract, RefusalContract):
    backend_class = OpenVinoBackend

    @pytest.fixture
    def model_folder(self, label_id_graph_model):
        return label_id_graph_model.path


@pytest.mark.slow
class TestOpenVinoWithACamera(ClipContract, DrivingContract):
    backend_class = OpenVinoBackend

    @pytest.fixture
    def model_folder(self, key_frame_graph_model):
        return key_frame_graph_model.path
