"""Sessions: what comes out of an exported model."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import DeviceError, ModelError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import ModelFolder
from seg2vid_torch.backend import TorchBackend
from street_data import label_map, picture

FIELDS = frozenset({"labels", "flow", "occlusion"})


def open_model(model: ModelFolder, **options):
    return TorchBackend().open(model, OpenOptions(device="cpu", **options))


def request(session, frames: int = 10, sample: int = 0, **changes) -> ClipRequest:
    def draw(key: int, shape: tuple[int, ...]) -> np.ndarray:
        return np.random.Generator(np.random.Philox(key=(key, sample))).standard_normal(shape, np.float32)

    labels = label_map(shift=5 * sample)
    labels[labels == 255] = CITYSCAPES.other
    labels = np.asarray(Image.fromarray(labels).resize((session.width, session.height), Image.Resampling.NEAREST))
    plain = ClipRequest(
        label_map=labels,
        first_frame=None,
        latent=draw(1, shape=(session.latent_size,)),
        image_noise=draw(2, shape=(session.image_noise_size,)),
        chunk_noise=lambda chunk: draw(3 + chunk, shape=(3, session.height, session.width)),
        frames=frames,
        fields=FIELDS,
    )
    return replace(plain, **changes)


def clip(session, **changes) -> list[Chunk]:
    return [chunks[0] for chunks in session.generate([request(session, **changes)])]


def frames_of(chunks: list[Chunk]) -> np.ndarray:
    return np.concatenate([chunk.frames for chunk in chunks])


def test_chunks_have_the_promised_shapes(model):
    with open_model(model) as session:
        chunks = clip(session, frames=10)
    assert [(chunk.start, len(chunk.frames)) for chunk in chunks] == [(0, 1), (1, 4), (5, 4), (9, 1)]
    for chunk in chunks:
        n = len(chunk.frames)
        assert (chunk.frames.shape, chunk.frames.dtype) == ((n, 128, 128, 3), np.uint8)
        for flow in (chunk.forward_flow, chunk.backward_flow):
            assert (flow.shape, flow.dtype) == ((n, 128, 128, 2), np.float32)
        assert (chunk.occlusion.shape, chunk.occlusion.dtype) == ((n, 128, 128), np.float32)
        assert 0 <= chunk.occlusion.min() <= chunk.occlusion.max() <= 1
        assert (chunk.labels.shape, chunk.labels.dtype) == ((n, 128, 128), np.uint8)
        assert chunk.labels.max() < 20


def test_the_first_chunk_is_the_first_frame_unmoved(model):
    given = picture(label_map())
    with open_model(model) as session:
        wanted = request(session, frames=1, first_frame=given)
        ((first,),) = session.generate([wanted])
    assert np.array_equal(first.frames[0], given)
    assert np.array_equal(first.labels[0], wanted.label_map)
    assert not first.forward_flow.any()
    assert first.occlusion.min() == 1


def test_fields_that_were_not_asked_for_are_absent(model):
    with open_model(model) as session:
        for chunk in clip(session, frames=3, fields=frozenset()):
            assert chunk.labels is chunk.forward_flow is chunk.backward_flow is chunk.occlusion is None


def test_labels_follow_the_flow(model):
    with open_model(model) as session:
        first, second = clip(session, frames=5)
    reference = first.labels[0]
    y, x = np.mgrid[:128, :128]
    source = np.stack([x, y], -1) - second.forward_flow[-1]
    corners = [rounding(source).astype(int).clip(0, 127) for rounding in (np.floor, np.ceil)]
    around = [reference[corner[..., 1], corner[..., 0]] for corner in corners]
    inside_a_class = around[0] == around[1]
    assert inside_a_class.mean() > 0.8
    assert (around[0] == second.labels[-1])[inside_a_class].mean() > 0.97


def test_the_same_request_gives_the_same_clip_and_another_latent_another(model):
    with open_model(model) as session:
        a, b = frames_of(clip(session)), frames_of(clip(session))
        c = frames_of(clip(session, sample=1))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_a_longer_clip_begins_with_the_shorter_one(model):
    with open_model(model) as session:
        assert np.array_equal(frames_of(clip(session, frames=7)), frames_of(clip(session, frames=12))[:7])


def test_a_batch_agrees_with_single_clips(model):
    with open_model(model) as session:
        batch = list(session.generate([request(session, sample=0), request(session, sample=1)]))
        for sample in (0, 1):
            alone = frames_of(clip(session, sample=sample)).astype(int)
            together = frames_of([chunks[sample] for chunks in batch])
            assert np.abs(alone - together).max() <= 2


def test_bf16_is_close_to_fp32_over_a_chunk(model, capsys):
    given = picture(label_map())
    clips = []
    for precision in ("fp32", "bf16"):
        with open_model(model, precision=precision) as session:
            assert session.precision == precision
            clips.append(frames_of(clip(session, frames=5, first_frame=given)).astype(float))
    psnr = -10 * np.log10(np.mean((clips[0] - clips[1])[1:] ** 2) / 255**2)
    with capsys.disabled():
        print(f"\nbf16 against fp32: {psnr:.1f} dB")  # noqa: T201  # the number is wanted in the log
    assert psnr >= 40


def test_a_given_first_frame_is_what_moves(model):
    with open_model(model) as session:
        own = frames_of(clip(session, frames=5))
        given = frames_of(clip(session, frames=5, first_frame=picture(label_map())))
    assert np.array_equal(given[0], picture(label_map()))
    nearer_to_given = np.abs(given[4].astype(int) - given[0]).mean()
    assert nearer_to_given < np.abs(given[4].astype(int) - own[0]).mean()


def test_another_size_works(model):
    with open_model(model, size=(160, 256)) as session:
        assert frames_of(clip(session, frames=5)).shape == (5, 160, 256, 3)


@pytest.mark.parametrize("size", [(100, 128), (96, 128), (160, 192)])
def test_sizes_the_network_cannot_take_are_refused(model, size):
    with pytest.raises(UsageError, match=f"--size {size[0]}x{size[1]}"):
        open_model(model, size=size)


def test_a_precision_without_meaning_here_is_refused(model):
    with pytest.raises(DeviceError, match="--precision fp16"):
        open_model(model, precision="fp16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_is_not_silently_replaced(model):
    with pytest.raises(DeviceError, match="--device cuda"):
        TorchBackend().open(model, OpenOptions(device="cuda"))


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:-1"])
def test_devices_that_do_not_exist(model, device):
    with pytest.raises(UsageError, match=f"--device {device}"):
        TorchBackend().open(model, OpenOptions(device=device))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label_map", np.zeros((8, 8), np.uint8)),
        ("label_map", np.full((128, 128), 20, np.uint8)),
        ("latent", np.zeros(3, np.float32)),
        ("image_noise", np.zeros(4, np.float64)),
        ("first_frame", np.zeros((128, 128), np.uint8)),
    ],
)
def test_arrays_of_another_form_are_refused(model, field, value):
    with open_model(model) as session, pytest.raises(ValueError, match=field):
        next(session.generate([request(session, **{field: value})]))


def test_a_batch_of_different_lengths_is_refused(model):
    with open_model(model) as session, pytest.raises(ValueError, match="same length"):
        next(session.generate([request(session, frames=3), request(session, frames=4)]))


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
        on_cpu = clip(session, frames=5, first_frame=given)[1]
    with TorchBackend().open(model, OpenOptions(device="cuda")) as session:
        on_gpu = clip(session, frames=5, first_frame=given)[1]
    # A pixel between near and far may take the one here and the other there: the camera prior decides by comparisons.
    assert np.mean(np.abs(on_cpu.frames.astype(int) - on_gpu.frames) <= 2) > 0.999
    assert np.mean(np.abs(on_cpu.forward_flow - on_gpu.forward_flow) <= 0.05) > 0.999
