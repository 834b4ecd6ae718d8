"""What every stage keeps of its promises to the loop."""

import gc

import pytest
import torch
from torch import Tensor

from seg2vid_interface.backend import TrainingRequest
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.training.build import build_stage, find_label_space
from street_data import FIRST_STREET, TINY_IMAGE, TINY_MOTION, TINY_PIX2PIXHD

STAGES = {
    "spade": ("image", "street", TINY_IMAGE),
    "pix2pixhd": ("image", "pix2pixhd", TINY_PIX2PIXHD | {"weights.perceptual": "0"}),
    "motion": ("motion", FIRST_STREET, TINY_MOTION),
}


def tensors_with_a_graph() -> int:
    gc.collect()
    return sum(issubclass(type(held), Tensor) and held.grad_fn is not None for held in gc.get_objects())


@pytest.mark.parametrize("name", STAGES)
def test_a_step_s_terms_keep_no_activations_alive(name, clips, tmp_path):
    stage_name, preset, overrides = STAGES[name]
    stills = {"teacher.stills": f'["{clips}"]'} if stage_name == "motion" else {}
    settings = load_settings(stage_name, preset, overrides | stills)
    request = TrainingRequest(stage_name, (clips,), tmp_path / "run")
    stage = build_stage(request, settings, find_label_space(settings), torch.device("cpu"), torch.float32)
    before = tensors_with_a_graph()
    pending = [stage.step(step, step / 2) for step in range(2)]  # as the loop keeps them until the next line of metrics
    assert all(len(terms) >= 4 for terms in pending)
    assert not any(term.requires_grad for terms in pending for term in terms.values())
    assert tensors_with_a_graph() == before
