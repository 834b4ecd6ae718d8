"""Depth from labels, the camera's motion, and the clips made of both."""

import numpy as np
import pytest
import torch

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace
from seg2vid_torch.data.camera_motion import FOCAL_LENGTH, CameraPath, Scene, draw_path, invert, project, sample
from seg2vid_torch.data.label_depth import StreetClasses, inverse_depth
from seg2vid_torch.data.teacher_clips import TeacherClips, drive
from street_data import HEIGHT, WIDTH, label_map

CLASSES = StreetClasses.of(CITYSCAPES)
FOREGROUND = torch.tensor([c.foreground for c in CITYSCAPES.classes])


def street() -> torch.Tensor:
    labels = torch.from_numpy(label_map()).long()
    labels[labels == 255] = CITYSCAPES.other
    return labels[None]


def straight(speed: float, frames: int = 5, yaw: float = 0.0) -> CameraPath:
    nothing = torch.zeros(1)
    return CameraPath(
        torch.tensor([speed]), torch.tensor([yaw]), torch.zeros(1, frames), torch.tensor([50.0]), nothing, nothing
    )


def clip(speed: float, *, still_last: bool, yaw: float = 0.0) -> TeacherClips:
    # A picture without edges: where near and far meet, a bilinear sample is a mixture that no flow explains.
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = np.stack([np.sin(x / 9), np.cos(y / 11), np.sin((x + y) / 13)]) / 2 + 0.5
    image = torch.from_numpy(smooth.astype(np.float32))[None]
    return drive(
        image, street(), straight(speed, yaw=yaw), still_last=still_last, classes=CLASSES, foreground=FOREGROUND
    )


def test_depth_follows_ground_and_feet():
    depth = inverse_depth(street(), torch.tensor([50.0]), CLASSES)[0]
    assert depth[5, 64] == 0  # sky
    assert depth[100, 64] == 50  # road, 50 rows below the horizon
    assert depth[70, 66] == 84 - 50  # the car stands on row 84
    assert depth[40, 110] == 56 - 50  # the trees on row 56
    assert depth[125, 64] == 0  # the bonnet stays


def test_a_label_space_without_a_road_has_no_depth():
    with pytest.raises(SettingsError, match="no classes named road and sky"):
        StreetClasses.of(LabelSpace("faces", (LabelClass("hair", (0, 0, 0)),)))


def test_the_road_moves_as_perspective_says():
    depth = inverse_depth(street(), torch.tensor([50.0]), CLASSES)
    places = project(Scene(depth, torch.zeros_like(depth, dtype=torch.bool)), straight(0.5), 2.0, torch.zeros(1))
    # A ground point d pixels below the horizon, one camera height per two frames later: d / (1 - d / F).
    below = 100 - 50
    expected = 50 + below / (1 - below / (FOCAL_LENGTH * WIDTH))
    assert places[0, 1, 100, 64].item() == pytest.approx(expected, rel=1e-5)


def test_inverting_a_motion_gives_it_back():
    depth = inverse_depth(street(), torch.tensor([50.0]), CLASSES)
    places = project(Scene(depth, torch.zeros_like(depth, dtype=torch.bool)), straight(0.3), 3.0, torch.zeros(1))
    origins, found = invert(places, depth)
    error = sample(places, origins) - torch.stack(torch.meshgrid(torch.arange(128), torch.arange(128), indexing="xy"))
    assert found.float().mean() > 0.95
    assert error.norm(dim=1, keepdim=True)[found].quantile(0.95) < 0.2


@pytest.mark.parametrize("still_last", [False, True])
@pytest.mark.parametrize("yaw", [0.0, 0.01])
def test_warping_frame_0_by_the_flow_gives_every_frame(still_last, yaw):
    made = clip(0.3, still_last=still_last, yaw=yaw)
    for t in range(4):
        flow, visible = made.forward_flow[:, t], made.forward_visible[:, t] & made.known[:, t + 1]
        grid = torch.stack(torch.meshgrid(torch.arange(WIDTH), torch.arange(HEIGHT), indexing="xy"))[None]
        difference = (sample(made.frames[:, 0], grid - flow) - made.frames[:, t + 1]).abs().amax(1, True)
        assert visible.float().mean() > 0.6
        assert difference[visible].quantile(0.97) < 0.06


@pytest.mark.parametrize("still_last", [False, True])
def test_the_backward_flow_leads_from_frame_0_to_every_frame(still_last):
    made = clip(0.3, still_last=still_last)
    grid = torch.stack(torch.meshgrid(torch.arange(WIDTH), torch.arange(HEIGHT), indexing="xy"))[None]
    flow, visible = made.backward_flow[:, -1], made.backward_visible[:, -1] & made.known[:, 0]
    difference = (sample(made.frames[:, -1], grid - flow) - made.frames[:, 0]).abs().amax(1, True)
    assert visible.float().mean() > 0.5
    assert difference[visible].quantile(0.97) < 0.06


def test_a_standing_camera_changes_nothing():
    made = clip(0.0, still_last=False)
    assert made.forward_flow.abs().max() < 1e-4
    assert made.forward_visible.all()
    torch.testing.assert_close(made.frames[:, 0], made.frames[:, 4])


def test_drawn_paths_drive_forward():
    path = draw_path(np.random.default_rng(0), 500, 5, 128, top_speed=0.6)
    assert path.speed.min() > 0
    assert path.speed.max() <= 0.6
    assert path.pitch.shape == (500, 5)
    assert 0.3 < (path.foreground_speed == 0).float().mean() < 0.7
