"""Reconstruction: the motion that a model's own encoder reads from the true clip."""

import numpy as np
import pytest
import torch

from driven_street import film, steps, street
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.evaluation import EvaluatedModel
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.batches import one_hot, pictures
from seg2vid_torch.evaluation.encoded_motion import path_from, reader_of
from seg2vid_torch.evaluation.model_clips import BestOf, ModelClips, Reconstruction
from seg2vid_torch.evaluation.truth import TrueClip, windows_of
from seg2vid_torch.weights.loading import load_motion_network
from street_data import label_map, picture

pytest.importorskip("cv2")
CPU = torch.device("cpu")


@pytest.fixture
def driven():
    frames = (255 * film(steps(10, forward=0.5)))[0].round().byte().numpy()
    return TrueClip("drive", frames, street().byte().repeat(11, 1, 1).numpy())


def test_paths_go_on_from_chunk_to_chunk():
    """Chunks of two frames are read at the frames 0 to 3 of a clip; each looks up by so much at first."""
    read = torch.zeros(4, 3, 3)
    read[:, 1:, 0] = torch.tensor([[1.0, 2], [3, 4], [5, 6], [7, 8]])  # metres
    read[:, :, 2] = torch.tensor([[0.1, 0.2, 0.4], [9, 9, 9], [0.5, 0.6, 0.8], [0.7, 0.9, 1.2]])  # upwards
    path = path_from(read, 0, 5)
    assert path.shape == (6, 3)
    assert path[:, 0].tolist() == [0, 1, 2, 5, 6, 8], "chunks from 0 and 2, and what the last one says of frame 5"
    assert path[:, 2].tolist() == pytest.approx([0, 0.1, 0.3, 0.4, 0.6, 0.9], abs=1e-6), "without a jump between them"
    assert np.array_equal(path_from(read, 3, 1)[:, 0], [0, 7])


def test_a_path_that_was_read_is_driven(key_frame_model, driven):
    with TorchBackend().open(key_frame_model, OpenOptions(device="cpu", size=(64, 128))) as session:
        model = EvaluatedModel(key_frame_model, session, "torch")
        clips = ModelClips(model, 0, flow=True)
        windows = windows_of(driven, 2, 4)
        requests = list(reader_of(model, clips)(windows))
        made = list(clips.make(requests[:1]))
    assert [request.frames for request in requests] == [3, 3, 3]
    network = load_motion_network(key_frame_model, CPU)
    assert all(request.camera(0).shape == (network.frames + 1, 3) for request in requests)
    assert not np.allclose(requests[0].camera(0), clips.request(windows[0], 1).camera(0)), "another than the drawn one"
    assert made[0].frames.shape == (2, 3, 64, 128)
    motion = made[0].motion()
    assert motion.back.shape == motion.on.shape == (2, 2, 64, 128)


def test_a_clip_shorter_than_a_chunk_cannot_be_read(key_frame_model, driven):
    short = TrueClip("short", driven.frames[:6], driven.labels[:6])
    with TorchBackend().open(key_frame_model, OpenOptions(device="cpu", size=(64, 128))) as session:
        model = EvaluatedModel(key_frame_model, session, "torch")
        clips = ModelClips(model, 0, flow=False)
        row = Reconstruction(clips, reader_of(model, clips))
        assert list(row.predict(windows_of(short, 2, 2))) == [None, None, None]
    assert row.name == "key-frames, reconstruction"


def test_a_latent_is_the_mean_that_the_encoder_tells(model):
    labels = np.stack([label_map(shift) for shift in range(10)])
    frames = np.stack([picture(one) for one in labels]).transpose(0, 3, 1, 2)
    labels[labels == 255] = 19
    clip = TrueClip("street", np.ascontiguousarray(frames), labels)
    network = load_motion_network(model, CPU)
    with TorchBackend().open(model, OpenOptions(device="cpu")) as session:
        evaluated = EvaluatedModel(model, session, "torch")
        clips = ModelClips(evaluated, 0, flow=False)
        windows = windows_of(clip, 3, 1)
        requests = list(reader_of(evaluated, clips)(windows))
        two = BestOf(clips, 2)
        (best,) = two.predict(windows[:1])
    readable = len(clip) - network.frames
    assert [request is not None for request in requests] == [start < readable for start in range(len(windows))]
    seen = pictures(torch.from_numpy(clip.frames[: network.frames + 1]), CPU)[None]
    maps = one_hot(torch.from_numpy(labels[:1]).long(), network.classes)
    expected = network.encode(seen[:, 0], seen[:, 1:], maps).mean.flatten()
    assert torch.allclose(torch.from_numpy(requests[0].latent), expected)
    assert best.frames.shape == (3, 3, 128, 128)
    assert (two.name, two.repeated) == ("tiny, best of 2", 0)
