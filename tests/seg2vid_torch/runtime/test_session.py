"""Sessions: what PyTorch makes of an exported model, beyond the contract of every backend."""

from dataclasses import replace

import numpy as np
import pytest

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import ModelError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import ModelFolder
from seg2vid_torch.backend import TorchBackend
from street_data import label_map, picture


def open_model(model: ModelFolder, **options):
    return TorchBackend().open(model, OpenOptions(device="cpu", **options))


def latent(session, key: int = 1) -> np.ndarray:
    return np.random.default_rng(key).standard_normal(session.latent_size, np.float32)


def request(session, frames: int = 5, **changes) -> ClipRequest:
    labels, draw = label_map(), np.random.default_rng(0).standard_normal
    labels[labels == 255] = CITYSCAPES.other
    plain = ClipRequest(
        label_map=labels,
        first_frame=None,
        latent=latent(session),
        style=draw(session.style_size, np.float32),
        chunk_noise=lambda chunk: draw((3, session.height, session.width), np.float32),
        frames=frames,
        fields=frozenset({"flow"}),
        texture=draw((4, session.height, session.width), np.float32),
    )
    return replace(plain, **changes)


def clip(session, **changes) -> list[Chunk]:
    return [chunks[0] for chunks in session.generate([request(session, **changes)])]


def frames_of(chunks: list[Chunk]) -> np.ndarray:
    return np.concatenate([chunk.frames for chunk in chunks])


def test_another_latent_gives_another_clip(model):
    with open_model(model) as session:
        one, other = (frames_of(clip(session, latent=latent(session, key))) for key in (1, 2))
    assert np.array_equal(one[0], other[0])
    assert not np.array_equal(one[1], other[1])


def test_a_given_first_frame_is_what_moves(model):
    with open_model(model) as session:
        own = frames_of(clip(session))
        given = frames_of(clip(session, first_frame=picture(label_map())))
    assert np.array_equal(given[0], picture(label_map()))
    nearer_to_given = np.abs(given[4].astype(int) - given[0]).mean()
    assert nearer_to_given < np.abs(given[4].astype(int) - own[0]).mean()


@pytest.mark.parametrize("size", [(100, 128), (96, 128), (160, 192)])
def test_sizes_the_network_cannot_take_are_refused(model, size):
    with pytest.raises(UsageError, match=f"--size {size[0]}x{size[1]}"):
        open_model(model, size=size)


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:-1"])
def test_devices_that_do_not_exist(model, device):
    with pytest.raises(UsageError, match=f"--device {device}"):
        TorchBackend().open(model, OpenOptions(device=device))


def test_weights_that_do_not_fit_the_card_are_named(model):
    stages = {**model.card.stages}
    network = {**stages["image"].network, "hidden": 5}
    stages["image"] = stages["image"].model_copy(update={"network": network})
    altered = ModelFolder(model.path, model.card.model_copy(update={"stages": stages}))
    with pytest.raises(ModelError, match=r"image\.safetensors: does not fit the card"):
        open_model(altered)


def test_a_card_that_does_not_know_its_network_is_refused(model):
    altered = ModelFolder(model.path, model.card.model_copy(update={"chunk_frames": 6}))
    with pytest.raises(ModelError, match="the card says 6 frames a chunk, its network 4"):
        open_model(altered)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu_over_a_chunk(model):
    given = picture(label_map())
    with open_model(model) as session:
        on_cpu = clip(session, first_frame=given)[1]
    with TorchBackend().open(model, OpenOptions(device="cuda")) as session:
        on_gpu = clip(session, first_frame=given)[1]
    # A pixel between near and far may take the one here and the other there: the camera prior decides by comparisons.
    assert np.mean(np.abs(on_cpu.frames.astype(int) - on_gpu.frames) <= 2) > 0.999
    assert np.mean(np.abs(on_cpu.forward_flow - on_gpu.forward_flow) <= 0.05) > 0.999
