"""What the model that comes with seg2vid does; no test here exports a graph."""

from dataclasses import replace

import numpy as np
import pytest

from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import load_backend
from seg2vid_interface.agreement import LABELS_TOLERANCE, measure_labels
from seg2vid_interface.backend import OpenOptions, Session
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sample_scene import sample_picture, sample_request

LARGEST = 50e6  # bytes of all its files
BACKENDS = [("openvino", "cpu"), ("torch", "cpu")]
ON_A_GPU = [pytest.param(name, "cuda", marks=pytest.mark.gpu) for name in ("onnx", "torch")]


@pytest.fixture(scope="module")
def street() -> ModelFolder:
    return open_model("street")


@pytest.fixture(scope="module")
def onnx(street: ModelFolder) -> Session:
    with load_backend("onnx").open(street, OpenOptions("cpu", "fp32")) as session:
        yield session


def first_frame(session: Session, street: ModelFolder, **changes) -> np.ndarray:
    request = replace(sample_request(session, street.card, 1, frames=1), **changes)
    ((chunk,),) = session.generate([request])
    return chunk.frames[0].astype(int)


def known_in_part(session: Session) -> dict[str, np.ndarray]:
    """Return a hint: white on the left, whose middle is lost."""
    trust = np.zeros((session.height, session.width), np.float32)
    trust[:, : session.width // 2] = 1
    trust[40:80, 40:80] = 0
    return {"hint": np.full((*trust.shape, 3), 255, np.uint8), "trust": trust}


def test_it_is_small_and_can_what_it_should(street):
    files = [street.path / name for name in ("model.json", *street.card.all_files())]
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert set(street.card.abilities) == {
        "first frames from labels",
        "clips",
        "labels of every frame",
        "a camera that drives as told",
        "depth and instances of every frame",
        "label maps of pictures",
        "styles by seed",
        "the style of a picture",
        "pictures known in part",
    }


@pytest.mark.parametrize("size", [(64, 64), (64, 128), (128, 64)])
def test_its_smallest_sizes_are_painted_too(street, size):
    rule = street.card.sizes
    assert min(size) == rule.smallest
    pictures = []
    for backend in ("onnx", "torch"):
        with load_backend(backend).open(street, OpenOptions("cpu", "fp32", size)) as session:
            pictures.append(first_frame(session, street))
    assert np.abs(pictures[0] - pictures[1]).max() <= 2


@pytest.mark.parametrize(("backend", "device"), [*BACKENDS, *ON_A_GPU])
def test_backends_paint_the_same(street, onnx, backend, device):
    known, picture = known_in_part(onnx), sample_picture(street.card, 1, (onnx.height, onnx.width))
    with load_backend(backend).open(street, OpenOptions(device, "fp32")) as session:
        for changes in ({}, known):
            difference = np.abs(first_frame(session, street, **changes) - first_frame(onnx, street, **changes))
            assert difference.max() <= 2
        np.testing.assert_allclose(session.style_of(picture), onnx.style_of(picture), atol=1e-3)
        assert measure_labels(onnx, session, street.card) <= LABELS_TOLERANCE


def test_looks_differ(street, onnx):
    plain = first_frame(onnx, street)
    others = {"style": -onnx.style_of(sample_picture(street.card, 1, (onnx.height, onnx.width)))}
    others["texture"] = np.random.default_rng(0).standard_normal((4, onnx.height, onnx.width), np.float32)
    for name, value in others.items():
        assert np.abs(first_frame(onnx, street, **{name: value}) - plain).mean() > 1, name


def test_a_hole_is_painted_to_fit_what_is_round_it(street, onnx):
    known = known_in_part(onnx)
    filled = first_frame(onnx, street, **known)
    trusted = known["trust"] == 1
    np.testing.assert_array_equal(filled[trusted], 255)
    hole = filled[40:80, 40:80]
    assert hole.std() > 1  # painted, and
    assert hole.mean() > first_frame(onnx, street)[40:80, 40:80].mean() + 5  # lighter than without white round it


@pytest.mark.parametrize("size", [(256, 512)])
def test_larger_frames_are_the_smaller_ones_with_more_detail(street, onnx, size):
    with load_backend("onnx").open(street, OpenOptions("cpu", "fp32", size)) as session:
        large = first_frame(session, street)
        request = sample_request(session, street.card, 1, frames=1)
        texture = np.ascontiguousarray(request.texture[:, : onnx.height, : onnx.width])
        small = first_frame(onnx, street, texture=texture, label_map=request.label_map[1::2, 1::2].copy())
    assert large.shape == (*size, 3)
    pooled = large.reshape(onnx.height, 2, onnx.width, 2, 3).mean((1, 3))
    assert np.corrcoef(pooled.ravel(), small.ravel())[0, 1] > 0.9


def test_on_a_cpu_a_batch_has_the_bytes_of_single_clips(onnx, street):
    """ONNX Runtime rounds a batch otherwise than a single sample; one chunk shows it with this model."""
    fields = frozenset({"labels", "flow", "occlusion", "depth", "objects"})
    requests = [sample_request(onnx, street.card, sample, frames=9, fields=fields) for sample in (1, 2)]
    together = list(onnx.generate(requests))
    for number, request in enumerate(requests):
        for (alone,), chunks in zip(onnx.generate([request]), together, strict=True):
            for name, value in vars(alone).items():
                np.testing.assert_array_equal(getattr(chunks[number], name), value, err_msg=f"{name} of {alone.start}")
