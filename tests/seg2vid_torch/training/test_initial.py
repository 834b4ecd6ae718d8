"""Trainings that begin from trained weights."""

import json
from types import MappingProxyType

import pytest
import torch
from safetensors.torch import save_file as save_contiguous

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.errors import ModelError
from seg2vid_torch.export.exporting import export
from seg2vid_torch.training.average import SETTLED
from seg2vid_torch.training.checkpoint import read_checkpoint
from seg2vid_torch.training.light_checkpoint import save_light_checkpoint


def save_file(entries, path):
    save_contiguous({name: value.contiguous() for name, value in entries.items()}, path)


@pytest.fixture
def begin(train_tiny, tmp_path):
    """Build an image stage that begins from something; return its first checkpoint and what is said of it."""

    def begin(source, stage="image", settings=MappingProxyType({}), **rest):
        result = train_tiny(stage, tmp_path / "run", steps=0, settings={"initial": str(source), **settings}, **rest)
        return read_checkpoint(tmp_path / "run" / "checkpoint.pt"), result.summary

    return begin


def expect_the_same(state, other, part, *, begins="", rounded=False):
    names = [name for name in state[part] if name.startswith(begins) and not name.endswith("n_averaged")]
    assert names
    for name in names:
        expected = other[part][name]
        if rounded and expected.is_floating_point():
            expected = expected.half().float()
        assert torch.equal(state[part][name], expected), name


@pytest.mark.parametrize("file", ["", "checkpoint.pt"])
@pytest.mark.parametrize("stage", ["image", "motion"])
def test_a_run_gives_all_its_networks_and_their_average(runs, begin, stage, file):
    source = runs[stage] / file
    state, summary = begin(source, stage, seed=5)
    trained = read_checkpoint(runs[stage] / "checkpoint.pt")
    for part in ("networks", "averaged"):
        expect_the_same(state, trained, part)
    assert state["averaged"]["n_averaged"].item() == SETTLED
    assert summary["begun from"] == str(runs[stage] / "checkpoint.pt")
    assert "begun at random" not in summary
    assert all(optimizer["state"] == {} for optimizer in state["optimizers"].values())


def test_a_light_checkpoint_does_in_half_precision(runs, begin, tmp_path):
    light = tmp_path / "light.safetensors"
    save_light_checkpoint(runs["image"] / "checkpoint.pt", light)
    state, summary = begin(light)
    trained = read_checkpoint(runs["image"] / "checkpoint.pt")
    for part in ("networks", "averaged"):
        expect_the_same(state, trained, part, rounded=True)
    assert summary["begun from"] == str(light)


@pytest.fixture
def named_model(runs, tmp_path):
    """A model folder with the image stage of the run; return what the command line would know of it by name."""
    folder = tmp_path / "model"
    export(ExportRequest((runs["image"],), folder))
    return {"tiny": folder}


def test_a_model_gives_generator_and_style_encoder_by_its_name(runs, begin, named_model):
    state, summary = begin("tiny", models=named_model)
    trained = read_checkpoint(runs["image"] / "checkpoint.pt")
    expect_the_same(state, trained, "averaged")
    expect_the_same(state, trained, "networks", begins="encoder.")
    for name, value in state["averaged"].items():
        if name.startswith("module."):
            assert torch.equal(state["networks"][f"generator.{name.removeprefix('module.')}"], value)
    assert (summary["begun from"], summary["begun at random"]) == (str(named_model["tiny"]), "discriminator")


def test_a_model_s_altered_weights_are_not_begun_from(begin, named_model):
    path = named_model["tiny"] / "style.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match=r"style\.safetensors: altered, its SHA-256 is not the card's$"):
        begin("tiny", models=named_model)


def test_a_model_without_the_stage_is_named(begin, named_model):
    with pytest.raises(ModelError, match=r"model: the model has no motion stage$"):
        begin("tiny", "motion", models=named_model)


def test_a_generator_that_knew_no_hints_gets_zeros_for_them(runs, begin, tmp_path):
    trained = read_checkpoint(runs["image"] / "checkpoint.pt")
    older = {f"networks.{name}": x for name, x in trained["networks"].items() if name.startswith("generator.")}
    for name, value in older.items():
        if name.endswith(("head.weight", "condition.weight")):
            older[name] = value[:, :-4]
    path = tmp_path / "older.safetensors"
    save_file(older, path)
    state, summary = begin(path)
    assert summary["begun at random"] == "discriminator, encoder"
    for name in ("head.weight", "blocks.1.condition.weight"):
        for part, entry in (("networks", f"generator.{name}"), ("averaged", f"module.{name}")):
            assert torch.equal(state[part][entry][:, :-4], older[f"networks.generator.{name}"])
            assert not state[part][entry][:, -4:].any()
    assert not list(tmp_path.joinpath("run").glob("*.tmp"))


def test_other_sizes_are_refused_and_the_first_entries_named(runs, begin, tmp_path):
    with pytest.raises(ModelError) as caught:
        begin(runs["image"], settings={"network.hidden": "6"})
    path, fault = str(runs["image"] / "checkpoint.pt"), "generator.blocks.0."
    assert caught.value.message == (
        f"{path}: does not fit the networks to be trained: {fault}condition.weight is (4, 34, 3, 3) instead of "
        f"(6, 34, 3, 3), {fault}condition.bias is (4,) instead of (6,), {fault}norm_1.scale.weight is (8, 4, 1, 1) "
        "instead of (8, 6, 1, 1) and 15 more"
    )
    assert (
        caught.value.hint == "Give the network.* settings that these weights were trained with, or begin from others."
    )
    assert not (tmp_path / "run").exists()


def test_more_levels_are_told_as_missing_and_fewer_as_not_known(runs, begin):
    with pytest.raises(ModelError, match=r"generator\.blocks\.3\.condition\.weight is missing, "):
        begin(runs["image"], settings={"network.channels": "[8, 8, 8, 8]"})
    with pytest.raises(ModelError, match=r"generator\.blocks\.2\.condition\.weight is not known, "):
        begin(runs["image"], settings={"network.channels": "[8, 8]"})


def test_other_settings_are_free_and_the_seed_too(runs, begin):
    settings = {"learning_rate": "0.1", "batch": "3", "ema_decay": "0.5", "hinted": "0"}
    state, _ = begin(runs["image"], settings=settings, seed=3)
    assert state["settings"]["initial"] == str(runs["image"])


def test_a_run_goes_on_without_what_it_began_from(runs, train_tiny, tmp_path):
    light, settings = tmp_path / "light.safetensors", {"initial": str(tmp_path / "light.safetensors")}
    save_light_checkpoint(runs["image"] / "checkpoint.pt", light)
    train_tiny("image", tmp_path / "run", steps=1, settings=settings)
    light.unlink()
    monitor = RecordingMonitor()
    assert train_tiny("image", tmp_path / "run", steps=2, settings=settings, monitor=monitor).finished
    assert monitor.begun_at == 1


def test_what_is_not_there_and_what_is_of_another_stage(runs, begin, tmp_path):
    with pytest.raises(ModelError, match=r"initial = \S+none: no such run, model or file$") as caught:
        begin(tmp_path / "none")
    assert caught.value.hint == "Name a run's folder, a model or its folder, or a light checkpoint (.safetensors)."
    with pytest.raises(ModelError, match=r"checkpoint\.pt: weights of the motion stage, not of the image stage$"):
        begin(runs["motion"])
    notes = tmp_path / "notes.pt"
    notes.write_text("no weights")
    with pytest.raises(ModelError, match=r"notes\.pt: not a readable checkpoint"):
        begin(notes)
    strange = tmp_path / "strange.safetensors"
    save_file({"networks.painter.a": torch.ones(1)}, strange)
    with pytest.raises(ModelError, match=r"strange\.safetensors: holds no generator to begin from$"):
        begin(strange)


def test_a_dry_run_checks_it_too(runs, train_tiny, tmp_path):
    settings = {"initial": str(runs["image"])}
    result = train_tiny("image", tmp_path / "run", steps=1, settings=settings, dry_run=True)
    assert "begun from" in result.summary
    with pytest.raises(ModelError, match="does not fit"):
        train_tiny("image", tmp_path / "run", steps=1, settings=settings | {"network.hidden": "6"}, dry_run=True)
    assert list(tmp_path.iterdir()) == []
    assert json.loads((runs["image"] / "settings.json").read_text())["settings"]["initial"] is None
