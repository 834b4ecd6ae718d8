"""Fixtures of the torch backend's tests; those of `trained_models` are everybody's."""

from pathlib import Path

import pytest

from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_torch.backend import TorchBackend


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, Path]) -> ModelFolder:
    """A model folder exported from the two runs."""
    out = tmp_path_factory.mktemp("models") / "tiny"
    TorchBackend().export(ExportRequest((runs["image"], runs["motion"]), out))
    return open_model_folder(out)
