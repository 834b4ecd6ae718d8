"""The motion stage of key frames: what each of its parts learns, and that its runs go on and become models."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from driven_street import CAMERA, CLASSES, steps, street, write_drives
from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import BackendError, DatasetError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.path_teacher import PathTeacher
from seg2vid_torch.export.sources import read_stages
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.training.checkpoint import averaged_weights, read_checkpoint
from seg2vid_torch.training.key_frame_paths import RealWindows
from seg2vid_torch.training.key_frame_terms import correction_terms
from seg2vid_torch.training.light_checkpoint import save_light_checkpoint
from street_data import TINY_KEY_FRAMES

CPU = torch.device("cpu")


def network(frames: int = 8) -> KeyFrameMotion:
    torch.manual_seed(0)
    return KeyFrameMotion(CITYSCAPES, CAMERA, frames=frames, channels=8, encoder_channels=8)


@pytest.fixture(scope="module")
def drives(tmp_path_factory):
    """A dataset root of two clips along known paths, in which buildings are nearer than their labels tell."""
    return write_drives(tmp_path_factory.mktemp("drives"))


def train(root: Path, out: Path, *, count: int, monitor: RecordingMonitor | None = None, **settings: str):
    tiny = {**TINY_KEY_FRAMES, "width": "128", "stills": f'["{root}"]', "steps": str(count), **settings}
    request = TrainingRequest("motion", (root,), out, settings=tiny, device="cpu")
    return TorchBackend().train(request, monitor or RecordingMonitor())


def test_the_encoder_learns_to_read_a_path_from_flow():
    stills = FrameStore(torch.zeros(1, 3, 64, 128, dtype=torch.uint8), street().byte(), (range(1),))
    teacher = PathTeacher(stills, CITYSCAPES, CAMERA, 8, seed=0)
    encoder = network().encoder
    optimizer = torch.optim.Adam(encoder.parameters(), 5e-3)
    for step in range(60):
        taught = teacher.draw(step, 16, CPU)
        optimizer.zero_grad()
        functional.mse_loss(encoder(taught.inverse_depth, taught.still, taught.flows), taught.numbers).backward()
        optimizer.step()
    unseen = teacher.draw(1000, 64, CPU, disturbed=False)
    with torch.no_grad():
        read = encoder(unseen.inverse_depth, unseen.still, unseen.flows)
    assert functional.mse_loss(read, unseen.numbers) < 0.4  # 1 = nothing is read


def test_the_teacher_draws_the_same_for_the_same_step_alone():
    stills = FrameStore(torch.zeros(1, 3, 64, 128, dtype=torch.uint8), street().byte(), (range(1),))
    first, again, other = (PathTeacher(stills, CITYSCAPES, CAMERA, 8, seed=0).draw(s, 2, CPU) for s in (3, 3, 4))
    assert torch.equal(first.flows, again.flows)
    assert torch.equal(first.numbers, again.numbers)
    assert not torch.equal(first.numbers, other.numbers)
    assert first.flows.shape == (2, 2, 2, 32, 64)  # half the stills' size


def test_the_teachers_road_is_often_too_bare_to_have_a_flow():
    stills = FrameStore(torch.zeros(1, 3, 64, 128, dtype=torch.uint8), street().byte(), (range(1),))
    teacher = PathTeacher(stills, CITYSCAPES, CAMERA, 8, seed=0)
    exact, disturbed = (teacher.draw(0, 64, CPU, disturbed=disturbed) for disturbed in (False, True))
    road, houses = (slice(20, 26), slice(56, 64)), (slice(4, 16), slice(56, 64))  # of (32, 64), half the stills' size
    kept = {}
    for name, (rows, columns) in {"road": road, "houses": houses}.items():
        moved, true = (x.flows[:, 0, 0, rows, columns].mean((1, 2)) for x in (disturbed, exact))
        fast = true.abs() > 2
        kept[name] = (moved / true)[fast]
        assert fast.sum() > 20
    assert 0.1 < (kept["road"] < 0.5).float().mean() < 0.5
    assert kept["road"].min() < 0.15
    assert (kept["houses"] < 0.5).float().mean() < 0.1


def test_the_correction_learns_how_near_buildings_are(drives):
    from seg2vid_torch.data.datasets.opening import open_data_sets
    from seg2vid_torch.data.frame_store import load_frames

    store = load_frames(open_data_sets([drives], CITYSCAPES), "train", height=64, width=128)
    windows = RealWindows(store, CLASSES, CAMERA, 4)
    drawn = windows.draw(torch.tensor([0, len(windows.starts) - 1]), CPU)
    true = torch.cat([steps(8, forward=0.5), steps(8, forward=0.25)])  # "fast" is read before "slow"
    learner = network(4)
    optimizer = torch.optim.Adam(learner.correction.parameters(), 5e-3)
    losses = []
    for _ in range(40):
        factor = learner.factor(drawn.labels, drawn.scenes.told)
        places = replace(drawn.scenes, factor=factor).places(true, CAMERA)
        terms = correction_terms(drawn, places, factor)
        losses.append((terms["picture"] + terms["flow"]).item())
        optimizer.zero_grad()
        (terms["picture"] + terms["flow"]).backward()
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]
    assert factor[drawn.labels == 0].eq(1).all()  # the ground is where it is
    assert 1.2 < factor[drawn.labels == 2].mean() < 1.8


@pytest.mark.slow
def test_a_stopped_and_resumed_run_ends_with_the_same_bits(drives, tmp_path):
    whole = train(drives, tmp_path / "whole", count=4)
    assert {"taught_path", "picture", "flow", "val_teacher_latent", "val_picture"} <= whole.metrics.keys()
    assert train(drives, tmp_path / "parts", count=4, monitor=RecordingMonitor(stop_after=3)).step == 3
    assert train(drives, tmp_path / "parts", count=4).finished
    first, second = (read_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("whole", "parts"))
    for part in ("networks", "averaged"):
        assert first[part].keys() == second[part].keys()
        assert all(torch.equal(value, second[part][name]) for name, value in first[part].items())
    assert [path.name for path in (tmp_path / "whole" / "samples").iterdir()] == ["0000004.png"]


@pytest.mark.slow
def test_a_run_and_its_light_checkpoint_become_a_motion_stage(drives, tmp_path):
    train(drives, tmp_path / "run", count=1)
    save_light_checkpoint(tmp_path / "run" / "checkpoint.pt", tmp_path / "light.safetensors")
    averaged = averaged_weights(read_checkpoint(tmp_path / "run" / "checkpoint.pt"))
    for source, tolerance in ((tmp_path / "run", 0.0), (tmp_path / "light.safetensors", 1e-3)):
        stage = read_stages((source,))["motion"]
        assert isinstance(stage.network, KeyFrameMotion)
        assert (stage.height, stage.width, stage.frames_per_second, stage.steps) == (64, 128, 17.0, 1)
        for name, value in stage.network.state_dict().items():
            torch.testing.assert_close(value, averaged[name], atol=tolerance, rtol=0)
    begun = train(drives, tmp_path / "more", count=1, initial=str(tmp_path / "light.safetensors"))
    assert begun.finished


@pytest.mark.slow
def test_the_correction_can_begin_later(drives, tmp_path):
    result = train(drives, tmp_path / "run", count=1, correction_from="1")
    assert "taught_path" in result.metrics
    assert "picture" not in result.metrics


def test_clips_that_are_too_short_are_told(drives, tmp_path):
    with pytest.raises(DatasetError, match="no clip has the 17 consecutive frames that training needs"):
        train(drives, tmp_path / "run", count=1, **{"network.chunk_frames": "8"})


def test_without_opencv_the_remedy_is_told(drives, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(BackendError, match="needs OpenCV") as caught:
        train(drives, tmp_path / "run", count=1)
    assert caught.value.hint == "Install it: pip install 'seg2vid[train]'"
