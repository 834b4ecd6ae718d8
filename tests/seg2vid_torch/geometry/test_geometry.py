"""Depth from labels, the camera's motion, and the clips made of both."""

import numpy as np
import pytest
import torch

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace
from seg2vid_torch.data.batches import one_hot
from seg2vid_torch.data.teacher_clips import TeacherClips, drive
from seg2vid_torch.geometry.camera_code import TOP_SPEED, camera_code, path_of_code
from seg2vid_torch.geometry.camera_motion import FOCAL_LENGTH, CameraPath, Scene, length, pixel_grid, project, sample
from seg2vid_torch.geometry.inversion import invert
from seg2vid_torch.geometry.label_depth import StreetClasses, inverse_depth
from seg2vid_torch.networks.img2vid.camera_prior import HORIZON as PRIOR_HORIZON
from seg2vid_torch.networks.img2vid.camera_prior import CameraPrior
from seg2vid_torch.networks.img2vid.warp import to_pixels
from street_data import HEIGHT, WIDTH, label_map

CLASSES = StreetClasses.of(CITYSCAPES)
HORIZON = torch.tensor([50.0])
GRID = pixel_grid(HEIGHT, WIDTH, torch.device("cpu"))[None]


def street() -> torch.Tensor:
    """One-hot classes (1, 20, 128, 128)."""
    labels = torch.from_numpy(label_map()).long()
    labels[labels == 255] = CITYSCAPES.other
    return one_hot(labels[None], CITYSCAPES.size)


def scene(*, foreground: bool = True) -> Scene:
    masks = CLASSES.masks(street())
    moving = masks.foreground if foreground else torch.zeros_like(masks.foreground)
    return Scene(inverse_depth(masks, HORIZON), moving, masks.bonnet)


def straight(speed: float, frames: int = 5, yaw: float = 0.0) -> CameraPath:
    nothing = torch.zeros(1)
    return CameraPath(torch.tensor([speed]), torch.tensor([yaw]), torch.zeros(1, frames), HORIZON, nothing, nothing)


def clip(speed: float, *, still_last: bool, yaw: float = 0.0) -> TeacherClips:
    # A picture without edges: where near and far meet, a bilinear sample is a mixture that no flow explains.
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = np.stack([np.sin(x / 9), np.cos(y / 11), np.sin((x + y) / 13)]) / 2 + 0.5
    image = torch.from_numpy(smooth.astype(np.float32))[None]
    return drive(image, street(), straight(speed, yaw=yaw), still_last=still_last, classes=CLASSES)


def test_depth_follows_ground_and_feet():
    depth = scene().depth[0]
    assert depth[5, 64] == 0  # sky
    assert depth[100, 64] == 50  # road, 50 rows below the horizon
    assert depth[70, 68].item() == pytest.approx(84 - 50, rel=1e-5)  # the car stands on row 84
    assert depth[40, 110].item() == pytest.approx(56 - 50, rel=1e-5)  # the trees on row 56


def test_ragged_feet_are_averaged_within_a_kind_but_not_across():
    depth = scene().depth[0]
    assert depth[70, 57].item() == pytest.approx(84 - 50, rel=1e-5)  # the car's edge knows nothing of the road


def test_an_outstretched_arm_is_as_near_as_the_feet():
    labels = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.long)  # all road
    labels[0, 60:90, 60:66] = CITYSCAPES.index("person")
    labels[0, 66:69, 66:68] = CITYSCAPES.index("person")  # the arm, with road below it
    masks = CLASSES.masks(one_hot(labels, CITYSCAPES.size))
    depth = inverse_depth(masks, HORIZON)[0]
    assert depth[67, 67].item() == pytest.approx(90 - 50, rel=1e-5)
    assert depth[67, 62].item() == pytest.approx(90 - 50, rel=1e-5)


def test_a_label_space_without_a_road_has_no_depth():
    with pytest.raises(SettingsError, match="no classes named road and sky") as caught:
        StreetClasses.of(LabelSpace("faces", (LabelClass("hair", (0, 0, 0)),)))
    assert "rolled = driven = 0" in caught.value.hint


def test_the_road_moves_as_perspective_says():
    places = project(scene(foreground=False), straight(0.5), torch.tensor([2.0]), torch.zeros(1, 1))[:, 0]
    # A ground point d pixels below the horizon, one camera height nearer: d / (1 - d / F).
    below = 100 - 50
    expected = 50 + below / (1 - below / (FOCAL_LENGTH * WIDTH))
    assert places[0, 1, 100, 64].item() == pytest.approx(expected, rel=1e-5)


def test_a_car_in_our_lane_drives_ahead_and_the_bonnet_stays():
    places = project(scene(), straight(0.5), torch.tensor([4.0]), torch.zeros(1, 1))[:, 0]
    torch.testing.assert_close(places[0, :, 70, 66], torch.tensor([66.0, 70.0]))
    torch.testing.assert_close(places[0, :, 125, 30], torch.tensor([30.0, 125.0]))


def test_inverting_a_motion_gives_it_back():
    still = scene(foreground=False)
    places = project(still, straight(0.3), torch.tensor([1.0, 3.0]), torch.zeros(1, 2))
    origins, found = invert(places, still.nearness)
    for moment in range(2):
        error = length(sample(places[:, moment], origins[:, moment]) - GRID)
        assert found[:, moment].float().mean() > 0.95
        assert error[found[:, moment]].quantile(0.95) < 0.2


def test_what_is_nearest_covers_the_rest():
    """A wall stands still but for a post that comes 3 pixels to the right, and is nearer."""
    nearness = torch.zeros(1, HEIGHT, WIDTH)
    nearness[:, :, 40:44] = 1
    places = GRID[:, None].repeat(1, 1, 1, 1, 1)
    places[:, :, 0, :, 40:44] += 3
    origins, found = invert(places, nearness)
    row = origins[0, 0, 0, 60]
    assert row[43:47].tolist() == [40, 41, 42, 43]  # the post, where it came to
    assert torch.equal(row[47:], GRID[0, 0, 60, 47:])  # the wall beyond it
    assert not found[0, 0, 0, 60, 40:43].any()  # what it uncovered


def test_the_road_vanishes_under_the_bonnet():
    made = clip(0.5, still_last=False)
    assert made.forward_flow[0, :, :, 122:].abs().max() < 1e-4
    assert made.forward_flow[0, -1, 1, 117, 64] > 2


@pytest.mark.parametrize("still_last", [False, True])
@pytest.mark.parametrize("yaw", [0.0, 0.01])
def test_warping_frame_0_by_the_flow_gives_every_frame(still_last, yaw):
    made = clip(0.3, still_last=still_last, yaw=yaw)
    for t in range(4):
        flow, visible = made.forward_flow[:, t], made.forward_visible[:, t] & made.known[:, t + 1]
        difference = (sample(made.frames[:, 0], GRID - flow) - made.frames[:, t + 1]).abs().amax(1, True)
        assert visible.float().mean() > 0.6
        assert difference[visible].quantile(0.97) < 0.06


@pytest.mark.parametrize("still_last", [False, True])
def test_the_backward_flow_leads_from_frame_0_to_every_frame(still_last):
    made = clip(0.3, still_last=still_last)
    flow, visible = made.backward_flow[:, -1], made.backward_visible[:, -1] & made.known[:, 0]
    difference = (sample(made.frames[:, -1], GRID - flow) - made.frames[:, 0]).abs().amax(1, True)
    assert visible.float().mean() > 0.5
    assert difference[visible].quantile(0.97) < 0.06


def test_a_standing_camera_changes_nothing():
    made = clip(0.0, still_last=False)
    assert made.forward_flow.abs().max() < 1e-4
    assert made.forward_visible.all()
    torch.testing.assert_close(made.frames[:, 0], made.frames[:, 4])


def test_every_latent_means_driving_forward():
    latent = torch.from_numpy(np.random.default_rng(0).standard_normal((800, 8, 32), dtype=np.float32))
    code = camera_code(latent, foreground_column=16)
    assert code.mean(0).abs().max() < 0.15
    assert (code.std(0) - 1).abs().max() < 0.1
    path = path_of_code(code, horizon=torch.full((800,), 50.0), pitch=torch.zeros(800, 5))
    assert 0.25 * TOP_SPEED <= path.speed.min() < path.speed.max() <= TOP_SPEED
    assert 0.4 < (path.foreground_speed == 0).float().mean() < 0.6
    assert torch.equal(path.foreground_speed == 0, path.foreground_drift == 0)


def test_the_code_lies_in_four_columns_of_the_latent():
    latent = torch.zeros(1, 4, 8)
    latent[0, :, 0], latent[0, :, 1], latent[0, :, 6], latent[0, :, 7] = 1, 2, 3, 4
    assert camera_code(latent, foreground_column=6).tolist() == [[2, 4, 6, 8]]


def test_the_prior_tells_the_teachers_flow_from_labels_and_latent():
    latent = torch.from_numpy(np.random.default_rng(3).standard_normal((1, 4, 32), dtype=np.float32))
    prior = CameraPrior(CLASSES, frames=4, foreground_column=16)
    forward, backward = prior(street(), latent)
    horizon = torch.tensor([PRIOR_HORIZON * HEIGHT])
    path = path_of_code(camera_code(latent, 16), horizon=horizon, pitch=torch.zeros(1, 5))
    taught = drive(torch.rand(1, 3, HEIGHT, WIDTH), street(), path, still_last=False, classes=CLASSES)
    for flow, truth, visible in (
        (forward, taught.forward_flow, taught.forward_visible),
        (backward, taught.backward_flow, taught.backward_visible),
    ):
        error = length((to_pixels(flow) - truth).flatten(0, 1))[visible.flatten(0, 1)]
        assert truth.abs().max() > 3
        assert error.quantile(0.9) < 0.3


def test_the_priors_gradient_reaches_the_speed():
    latent = torch.zeros(1, 4, 32, requires_grad=True)
    forward, _ = CameraPrior(CLASSES, frames=2, foreground_column=16)(street(), latent)
    # Faster driving moves the road on the right further to the right.
    forward[0, 1, 0, 100, 100].backward()
    assert latent.grad is not None
    assert (latent.grad[0, :, 0] > 0).all()
    assert not latent.grad[0, :, 5].any()
