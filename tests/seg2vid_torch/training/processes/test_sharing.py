"""Stages whose batches several processes share: threads stand in for them."""

import pytest
import torch

from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import DatasetError, SettingsError
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.training.build import build_stage, find_label_space
from seg2vid_torch.training.frozen_files import FrozenFiles
from seg2vid_torch.training.processes.equal_shares import refuse_unshareable
from several_processes import ThreadedProcesses, at_slow_rates, cases, expect_equal_losses, in_threads, moments_differ

SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def frozen_folder(tmp_path_factory):
    """Where the losses' frozen networks are kept."""
    return tmp_path_factory.mktemp("frozen")


@pytest.fixture(scope="module")
def build(clips, frozen_folder):
    """Build a case's stage: build(case, processes, **settings)."""

    def build(case, processes=None, **settings):
        stage, preset, tiny, data = cases(clips, frozen_folder)[case]
        checked = load_settings(stage, preset, tiny | settings)
        return build_stage(
            TrainingRequest(stage, (data,), frozen_folder / "run", preset=preset),
            checked,
            find_label_space(checked),
            torch.device("cpu"),
            torch.float32,
            frozen=FrozenFiles.find(checked, None),
            processes=processes,
        )

    return build


def two_steps(stage):
    terms = stage.step(0, 0.0)
    return terms, stage.step(1, 0.1)


@pytest.mark.parametrize(
    ("case", "tolerance"),
    [
        ("labels", 1e-3),
        pytest.param("image", 1e-3, marks=SLOW),
        pytest.param("pix2pixhd", 1e-3, marks=SLOW),
        # Rounding decides on which side of a kink a pixel is; in float64 key frames differ by 4e-13.
        pytest.param("key frames", 1e-2, marks=SLOW),
        pytest.param("paper", 1e-2, marks=SLOW),
        pytest.param("teacher", 1e-2, marks=SLOW),
    ],
)
def test_two_processes_learn_what_one_does(build, case, tolerance):
    slow = at_slow_rates(case)
    whole, processes = build(case, **slow), ThreadedProcesses.all(2)
    shared = [build(case, one, **slow) for one in processes]
    expected = two_steps(whole)
    both = in_threads([lambda stage=stage: two_steps(stage) for stage in shared])
    for terms, *found in zip(expected, *both, strict=True):
        means = {name: sum(one[name].item() for one in found) / 2 for name in terms}
        expect_equal_losses(means, {name: value.item() for name, value in terms.items()})
    for stage in shared:
        assert {name: value.shape for name, value in stage.networks.state_dict().items()} == {
            name: value.shape for name, value in whole.networks.state_dict().items()
        }
        differences = moments_differ(whole.optimizers, stage.optimizers)
        assert max(differences.values()) < tolerance, differences
    for ours, theirs in zip(*(stage.networks.state_dict().values() for stage in shared), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("case", "settings"),
    [("pix2pixhd", {}), pytest.param("image", {"batch": "16"}, marks=SLOW), pytest.param("paper", {}, marks=SLOW)],
)
def test_micro_batches_add_up(build, case, settings):
    settings = at_slow_rates(case) | settings
    whole, parts = build(case, **settings), build(case, accumulate="2", **settings)
    expected, found = whole.step(0, 0.0), parts.step(0, 0.0)
    assert found.keys() == expected.keys()
    if case == "pix2pixhd":  # without batch norm it is the same
        for name, value in expected.items():
            assert found[name].item() == pytest.approx(value.item(), rel=1e-5), name
        assert max(moments_differ(whole.optimizers, parts.optimizers).values()) < 1e-3
    assert all(torch.isfinite(value) for value in found.values())


SHARED = "cannot be shared equally by"


@pytest.mark.parametrize(
    ("case", "processes", "settings", "told"),
    [
        ("labels", 3, {}, (f"batch = 4: {SHARED} 3 processes", "--set batch=6, or another number of processes.")),
        (
            "image",
            4,
            {},
            (f"batch = 8: {SHARED} 4 processes: 2 are those in drawn styles that no camera drives on to", "batch=16,"),
        ),
        ("teacher", 2, {"accumulate": "2"}, (f"batch = 4: {SHARED} 2 processes x accumulate = 2: 2 are", "batch=6,")),
        ("teacher", 3, {"batch": "5"}, (f"teacher.clips = 2: {SHARED} 3 processes", "--set teacher.clips=3,")),
        ("key frames", 4, {}, (f"windows = 2: {SHARED} 4 processes", "--set windows=4,")),
        ("labels", 1, {"accumulate": "3"}, (f"batch = 4: {SHARED} accumulate = 3", "number of micro-batches.")),
    ],
)
def test_what_cannot_be_shared_equally_is_refused(clips, frozen_folder, case, processes, settings, told):  # noqa: PLR0917
    stage, preset, tiny, *_ = cases(clips, frozen_folder)[case]
    with pytest.raises(SettingsError) as caught:
        refuse_unshareable(load_settings(stage, preset, tiny | settings), processes)
    assert caught.value.message.startswith(told[0])
    assert told[1] in caught.value.hint


def test_a_captured_step_is_not_shared(clips, frozen_folder):
    stage, preset, tiny, *_ = cases(clips, frozen_folder)["image"]
    settings = load_settings(stage, preset, tiny | {"cuda_graph": "true", "rolled": "0", "driven": "0"})
    refuse_unshareable(settings, 1)
    with pytest.raises(SettingsError, match=r"^cuda_graph = true: a captured step cannot be shared by 2 processes$"):
        refuse_unshareable(settings, 2)
    with pytest.raises(SettingsError, match="cuda_graph = true needs accumulate = 1"):
        load_settings(stage, preset, tiny | {"cuda_graph": "true", "rolled": "0", "driven": "0", "accumulate": "2"})


@pytest.mark.slow
def test_windows_that_are_too_few_to_share_are_named(build):
    with pytest.raises(DatasetError, match="the clips have 6 windows, which 4 processes or micro-batches cannot share"):
        build("key frames", accumulate="4", windows="8")
