"""Training of the SPADE generator with all its losses: style, hints, perceptual loss, discriminator and critics."""

import json
from dataclasses import fields

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import SettingsError
from seg2vid_torch.data.hints import NUMBERS
from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.training.build import build_stage, find_label_space
from seg2vid_torch.training.checkpoint import read_checkpoint
from seg2vid_torch.training.frozen_files import FrozenFiles
from street_data import TINY_IMAGE
from vgg_file import write_vgg_file

TERMS = {
    "reconstruction",
    "perceptual",
    "kl",
    "light",
    "adversarial",
    "critics",
    "discriminator_real",
    "discriminator_generated",
    "critics_hinge",
}
SMALL = {"height": "64", "width": "64"}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """Settings that turn both losses on, with files of random weights."""
    folder = tmp_path_factory.mktemp("frozen")
    torch.manual_seed(0)
    save_file(FrozenFeatures().state_dict(), folder / "features.safetensors")
    vgg = write_vgg_file(folder / "vgg.pth")
    files = {"vgg_weights": str(vgg), "critic_weights": str(folder / "features.safetensors")}
    return files | SMALL | {"weights.perceptual": "1", "weights.critics": "0.5"}


@pytest.fixture(scope="module")
def run(train_tiny, frozen, tmp_path_factory):
    """A finished run of four steps."""
    out = tmp_path_factory.mktemp("runs") / "spade"
    train_tiny("image", out, steps=4, settings=frozen)
    return out


@pytest.fixture
def stage(clips, tmp_path):
    """Build a stage without frozen files: stage(**settings)."""

    def build(**settings):
        checked = load_settings("image", "street", TINY_IMAGE | SMALL | settings)
        request = TrainingRequest("image", (clips,), tmp_path / "run")
        frozen = FrozenFiles.find(checked, None)
        return build_stage(
            request, checked, find_label_space(checked), torch.device("cpu"), torch.float32, frozen=frozen
        )

    return build


def weights(run) -> dict[str, torch.Tensor]:
    state = read_checkpoint(run / "checkpoint.pt")
    return {**state["networks"], **{f"averaged.{name}": value for name, value in state["averaged"].items()}}


def test_a_run_has_every_term_and_its_files_digests(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert lines[0].keys() == TERMS | {"step", "samples_per_second"}
    assert lines[-1].keys() - lines[0].keys() == {"val_reconstruction"}
    settings = json.loads((run / "settings.json").read_text())
    assert all(len(settings[name]) == 64 for name in ("vgg_weights", "critic_weights"))


def test_every_part_moves_save_the_critics_projections(train_tiny, run, frozen, tmp_path):
    train_tiny("image", tmp_path / "run", steps=0, settings=frozen)
    before, after = weights(tmp_path / "run"), weights(run)
    unmoved = {name for name in before if torch.equal(before[name], after[name])}
    projections = {f"critics.projections.{level}.weight" for level in range(5)}
    # Biases before a normalisation have no say, nor do these have one that rounding does not make.
    assert {name for name in unmoved if name.endswith(("weight", "original"))} == projections
    state = read_checkpoint(run / "checkpoint.pt")["optimizers"]
    assert {name: x["param_groups"][0]["lr"] > 0 for name, x in state.items()} == {
        "generator": True,
        "discriminator": True,
        "critics": True,
    }


def test_a_stopped_and_resumed_run_ends_with_the_same_bits(train_tiny, run, frozen, tmp_path):
    train_tiny("image", tmp_path / "run", steps=4, settings=frozen, monitor=RecordingMonitor(stop_after=3))
    assert train_tiny("image", tmp_path / "run", steps=4, settings=frozen).finished
    unbroken, broken = weights(run), weights(tmp_path / "run")
    assert unbroken.keys() == broken.keys()
    assert all(torch.equal(unbroken[name], broken[name]) for name in unbroken)


def test_a_run_leaves_a_sheet(run):
    with Image.open(run / "samples" / "0000004.png") as sheet:
        assert sheet.size == (6 * 64, 6 * 64)


def test_a_sheet_shows_two_looks_a_hint_and_what_becomes_of_it(stage, tmp_path):
    stage(rolled="0").write_samples(tmp_path, 4)
    sheet = np.asarray(Image.open(tmp_path / "0000004.png"))
    assert sheet.shape == (6 * 64, 6 * 64, 3)
    _, one_look, other_look, hint, filled, truth = np.split(sheet.astype(int), 6, axis=1)
    assert np.abs(one_look - other_look).max() > 3
    sky = np.arange(len(sheet)) % 64 < 10  # which no blur reaches: its hint is the truth, but for holes
    known, unknown = (hint == truth).all(-1), (hint == 0).all(-1) & (truth != 0).any(-1)
    assert (known | unknown)[sky].all()
    assert known[sky].mean() > 0.5
    assert (filled == truth)[known & sky[:, None]].all()
    assert (filled[unknown] != 0).any(-1).all()
    assert 0.01 < unknown.mean() < 0.5


def test_half_the_precision_gives_nearly_the_same_losses(train_tiny, run, frozen, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1, settings=frozen, precision="bf16")
    full, half = (
        json.loads((folder / "metrics.jsonl").read_text().splitlines()[0]) for folder in (run, tmp_path / "run")
    )
    assert {name: half[name] for name in TERMS} == pytest.approx(
        {name: full[name] for name in TERMS}, rel=0.05, abs=0.02
    )


def test_the_rates_warm_up_and_fall(train_tiny, tmp_path):
    settings = SMALL | {"warm_up": "2", "decay_from": "0.5", "final_rate": "0.2"}
    seen = []
    for steps in (1, 2):
        train_tiny("image", tmp_path / "run", steps=steps, settings=settings)
        optimizers = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["optimizers"]
        seen.append([optimizers[name]["param_groups"][0]["lr"] for name in ("generator", "discriminator")])
    assert seen == [pytest.approx([2.5e-4, 3e-4]), pytest.approx([5e-4, 6e-4])]
    train_tiny("image", tmp_path / "run", steps=4, settings=settings)
    last = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["optimizers"]["generator"]["param_groups"][0]["lr"]
    assert last == pytest.approx(5e-4 * (0.2 + 0.8 * 0.5))  # at three quarters


def test_the_discriminator_may_learn_less_often(stage):
    built = stage(discriminator_interval="2")
    terms = [set(built.step(step, 0.0)) for step in range(3)]
    assert [("discriminator_real" in names, "adversarial" in names) for names in terms] == [
        (True, True),
        (False, True),
        (True, True),
    ]


def test_all_that_is_random_is_drawn_before_a_step(stage, monkeypatch):
    built = stage(batch="6")
    first, again, next_step = (built._draw(step) for step in (0, 0, 1))
    for field in fields(first):
        one, two, other = (getattr(x, field.name) for x in (first, again, next_step))
        assert torch.equal(one, two)
        assert not torch.equal(one, other) or one.dtype == torch.bool
    assert (first.hints.shape, first.texture.shape, first.style.shape) == ((3, NUMBERS), (6, 4, 64, 64), (6, 4))
    assert len(first.driven_paths) == 2
    state = torch.get_rng_state()
    built._compute(first)
    assert torch.equal(torch.get_rng_state(), state)


def test_spectral_norms_go_on_once_a_step(stage):
    built = stage()
    norm = built.networks["discriminator"].stem.parametrizations.weight[0]
    calls = []
    power_method, norm._power_method = norm._power_method, lambda *args: calls.append(args) or power_method(*args)
    built.step(0, 0.0)
    assert len(calls) == 1


def test_one_look_has_no_style_encoder(stage):
    built = stage(**{"network.style_size": "0", "batch": "3"})
    assert set(built.networks) == {"generator", "discriminator"}
    assert built.step(0, 0.0).keys() == TERMS - {"kl", "perceptual", "critics", "critics_hinge"}
    assert built.validate().keys() == {"val_reconstruction"}


def test_other_features_do_not_go_on_with_a_run(train_tiny, run, frozen, tmp_path):
    torch.manual_seed(1)
    save_file(FrozenFeatures().state_dict(), tmp_path / "other.safetensors")
    settings = frozen | {"critic_weights": str(tmp_path / "other.safetensors")}
    with pytest.raises(
        SettingsError, match=r"other settings: critic_weights \(\w+\.\.\. -> \w+\.\.\.\), settings\.cri"
    ):
        train_tiny("image", run, steps=4, settings=settings)


def test_a_dry_run_says_what_would_be_fetched(train_tiny, tmp_path):
    settings = {"weights.perceptual": "1", "weights.critics": "0.5"}  # the preset's files
    result = train_tiny("image", tmp_path / "run", steps=1, settings=settings, cache=tmp_path / "cache", dry_run=True)
    assert result.summary["VGG16's weights"] == "to be fetched (55 MB)"
    assert result.summary["EfficientNet-Lite1's weights"] == "to be fetched (20 MB)"
    assert list(tmp_path.iterdir()) == []
