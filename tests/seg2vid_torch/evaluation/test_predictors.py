"""The rows that everything is compared with."""

import numpy as np
import pytest
import torch

from drawn_windows import panned, window
from driven_street import film, steps, street
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera
from seg2vid_torch.evaluation.label_geometry import LabelGeometry
from seg2vid_torch.evaluation.measures import psnr
from seg2vid_torch.evaluation.model_clips import best_of
from seg2vid_torch.evaluation.predictors import Copy, Prediction, TrueFlow, TrueFrames
from seg2vid_torch.evaluation.truth import TrueClip, Window, windows_of

pytest.importorskip("cv2")


def quality(made: Prediction, at: Window) -> list[float]:
    return psnr(torch.from_numpy(made.frames).float(), torch.from_numpy(at.truth).float()).tolist()


def test_windows_grow_shorter_towards_the_end_of_a_clip():
    clip = panned(6)
    assert [(one.start, one.steps) for one in windows_of(clip, 3, 1)] == [(0, 3), (1, 3), (2, 3), (3, 2), (4, 1)]
    assert [(one.start, one.steps) for one in windows_of(clip, 3, 2)] == [(0, 3), (2, 3), (4, 1)]


def test_true_frames_and_the_first_again():
    at = window(5)
    (true,), (copy,) = TrueFrames().predict([at]), Copy().predict([at])
    assert np.array_equal(true.frames, at.clip.frames[1:])
    assert np.array_equal(copy.frames, np.repeat(at.clip.frames[:1], 4, 0))


def test_true_flow_moves_the_first_frame_to_each_true_one():
    at = window(5)
    (moved,), (copy,) = TrueFlow().predict([at]), Copy().predict([at])
    assert moved.frames.dtype == np.uint8
    assert min(quality(moved, at)) > max(quality(copy, at)) + 3


def test_geometry_is_what_a_camera_saw_that_drove_on():
    frames = (255 * film(steps(3, forward=0.5)))[0].round().byte().numpy()
    at = Window(TrueClip("drive", frames, street().byte().repeat(4, 1, 1).numpy()), 0, 3)
    (made,), (copy,) = LabelGeometry(CITYSCAPES, Camera()).predict([at]), Copy().predict([at])
    better = [one - other for one, other in zip(quality(made, at), quality(copy, at), strict=True)]
    assert min(better) > 6, better


def test_the_best_sample_is_the_one_of_the_highest_mean_psnr_and_repeats_are_counted():
    at = window(4)
    near, far = (np.clip(at.truth.astype(int) + error, 0, 255).astype(np.uint8) for error in (3, 20))
    best, repeated = best_of([Prediction(frames) for frames in (far, near, far, near)], at)
    assert np.array_equal(best.frames, near)
    assert repeated == 2
    best, repeated = best_of([Prediction(far)], at)
    assert (best.frames is far, repeated) == (True, 0)
