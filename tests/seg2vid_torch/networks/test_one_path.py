"""The paper's network with one motion encoder for all classes."""

import numpy as np

from seg2vid_interface.backend import ExportRequest, OpenOptions
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.model_card import open_model_folder
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.training.checkpoint import read_checkpoint
from street_data import label_map, picture


def test_it_trains_is_exported_and_animates_a_labelled_first_frame(train_tiny, tmp_path):
    settings = {"teacher.clips": "0", "teacher.stills": "[]", "weights.perceptual": "0"}
    train_tiny("motion", tmp_path / "run", steps=1, preset="paper-one-path", settings=settings)
    names = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["networks"]
    assert {name.split(".")[1] for name in names if "motion_encoder" in name} == {"motion_encoder"}
    assert not any("background_encoder" in name for name in names)

    TorchBackend().export(ExportRequest((tmp_path / "run",), tmp_path / "model"))
    labels, model = label_map(), open_model_folder(tmp_path / "model")
    labels[labels == 255] = model.card.label_space.other
    with TorchBackend().open(model, OpenOptions(device="cpu")) as session:
        request = ClipRequest(
            label_map=labels,
            first_frame=picture(label_map()),
            latent=np.random.default_rng(0).standard_normal(session.latent_size, np.float32),
            style=np.zeros(0, np.float32),
            chunk_noise=lambda _: np.zeros((3, 128, 128), np.float32),
            frames=6,
            fields=frozenset({"labels"}),
        )
        chunks = [chunk for (chunk,) in session.generate([request])]
    assert [len(chunk.frames) for chunk in chunks] == [1, 4, 1]
    assert all(chunk.labels.max() < 20 for chunk in chunks)
