"""An image stage and a motion stage of different label spaces and sizes, in one model."""

from dataclasses import replace

import pytest

from key_frame_stages import untrained_stages
from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import CITYSCAPES, CITYSCAPES_LABEL_IDS, NO_LABELS
from seg2vid_interface.model_card import open_model_folder
from seg2vid_interface.sizes import SizeRule
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.export.sources import read_stages
from seg2vid_torch.stages.fit import StageFit, fit_stages


@pytest.fixture(scope="module")
def stages(label_id_runs):
    return read_stages(tuple(label_id_runs.values()))


def with_image(stages, **changes):
    return {**stages, "image": replace(stages["image"], **changes)}


def test_a_larger_image_stage_of_finer_labels_fits(stages):
    sizes = SizeRule(multiple=32, smallest=128, area_multiple=4096)
    assert fit_stages(stages) == StageFit(CITYSCAPES, CITYSCAPES_LABEL_IDS, 128, 128, 2, sizes)
    assert fit_stages(with_image(stages, height=384, width=384)).image_scale == 3
    assert fit_stages(with_image(stages, label_space=CITYSCAPES)).image_label_space is None


def test_one_stage_alone(stages):
    image = {"image": stages["image"]}
    assert fit_stages(image) == StageFit(CITYSCAPES, CITYSCAPES_LABEL_IDS, 256, 256, 1, SizeRule(8, 16))
    motion = {"motion": stages["motion"]}
    assert fit_stages(motion).label_space == CITYSCAPES


def test_stages_of_the_fine_label_space_share_it(stages):
    both = {**stages, "motion": replace(stages["motion"], label_space=CITYSCAPES_LABEL_IDS)}
    fit = fit_stages(both)
    assert (fit.label_space, fit.image_label_space) == (CITYSCAPES_LABEL_IDS, None)


@pytest.mark.parametrize("size", [(64, 64), (256, 128), (200, 200), (512, 256)])
def test_other_sizes_are_refused(stages, size):
    height, width = size
    message = rf"^the stages were trained at different sizes: image {height}x{width}, motion 128x128$"
    with pytest.raises(ModelError, match=message):
        fit_stages(with_image(stages, height=height, width=width))


def test_label_spaces_without_relation_are_refused(stages):
    message = r"^the stages were trained with different label spaces: image cityscapes-label-ids, motion none$"
    with pytest.raises(ModelError, match=message):
        fit_stages({**stages, "motion": replace(stages["motion"], label_space=NO_LABELS)})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"network": "pix2pixHD's"}, "takes no hints"),
        ({"label_space": CITYSCAPES_LABEL_IDS}, "sees other labels"),
        ({"height": 128, "width": 256}, "was trained at another size"),
    ],
)
def test_not_every_image_stage_can_paint_key_frames(stages, changes, problem):
    both = untrained_stages()
    assert fit_stages(both) == StageFit(CITYSCAPES, None, 64, 128, 1, SizeRule(4, 32))
    if "network" in changes:
        changes = {"network": stages["image"].network}
    message = f"^the motion stage lets the image stage paint key frames, and that {problem}$"
    with pytest.raises(ModelError, match=message):
        fit_stages(with_image(both, **changes))


def test_such_a_model_can_be_exported_again(label_id_graph_model, tmp_path):
    TorchBackend().export(ExportRequest((label_id_graph_model.path,), tmp_path / "copy"))
    card = open_model_folder(tmp_path / "copy").card
    unlike = {"name", "stages"}
    assert card.model_dump(exclude=unlike) == label_id_graph_model.card.model_dump(exclude=unlike)
    assert card.stages["image"].gflop_per_frame == label_id_graph_model.card.stages["image"].gflop_per_frame > 0
