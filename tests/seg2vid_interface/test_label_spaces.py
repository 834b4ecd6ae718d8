import subprocess
import sys

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import (
    CAMVID_12,
    CAMVID_32,
    CITYSCAPES,
    CITYSCAPES_LABEL_IDS,
    LABEL_SPACES,
    LabelClass,
    LabelSpace,
    MappedLabelSpace,
    model_space,
)


def test_cityscapes_has_the_published_ids_and_the_papers_split() -> None:
    label_ids = [label_id for label_class in CITYSCAPES.classes for label_id in label_class.label_ids]
    train_id_of = {label_id: i for i, c in enumerate(CITYSCAPES.classes) for label_id in c.label_ids}

    assert sorted(label_ids) == list(range(34))
    assert CITYSCAPES.size == 20
    assert CITYSCAPES.other == CITYSCAPES.index("other") == 19
    assert CITYSCAPES.background == tuple(range(11))
    assert CITYSCAPES.foreground == tuple(range(11, 20))
    assert [train_id_of[i] for i in (7, 8, 11, 17, 21, 23, 24, 26, 33)] == [0, 1, 2, 5, 8, 10, 11, 13, 18]


@pytest.mark.parametrize("space", [CITYSCAPES, CAMVID_12.space, CAMVID_32.space], ids=lambda space: space.name)
def test_names_and_colors_are_unique(space: LabelSpace) -> None:
    names = [label_class.name for label_class in space.classes]
    colors = [color for c in space.classes for color in (c.color, *c.more_colors)]

    assert len(set(names)) == len(names)
    assert len(set(colors)) == len(colors)


def test_a_color_that_cityscapes_and_camvid_share_means_the_same() -> None:
    cityscapes = {c.color: i for i, c in enumerate(CITYSCAPES.classes)}
    camvid = dict(zip((c.color for c in CAMVID_32.space.classes), CAMVID_32.class_indices(CITYSCAPES), strict=True))
    shared = cityscapes.keys() & camvid.keys()

    assert shared == {(128, 64, 128), (0, 0, 0)}
    assert all(cityscapes[color] == camvid[color] for color in shared)


def test_camvid_12_maps_to_cityscapes() -> None:
    targets = [CITYSCAPES.classes[i].name for i in CAMVID_12.class_indices(CITYSCAPES)]

    assert [c.label_ids for c in CAMVID_12.space.classes] == [(i,) for i in range(12)]
    assert targets == [
        "sky",
        "building",
        "pole",
        "road",
        "sidewalk",
        "vegetation",
        "traffic sign",
        "fence",
        "car",
        "person",
        "rider",
        "other",
    ]


def test_camvid_32_is_complete() -> None:
    assert len(CAMVID_32.space.classes) == 32
    assert CAMVID_32.space.other == CAMVID_32.space.index("Void")


def test_mapping_falls_back_on_equal_names_and_names_every_missing_class() -> None:
    model = LabelSpace("model", (LabelClass("water", (0, 0, 1)), LabelClass("ship", (0, 0, 2))))
    pictures = LabelSpace("pictures", (LabelClass("boat", (1, 0, 0)), LabelClass("water", (2, 0, 0))))

    assert MappedLabelSpace(pictures, {"boat": "ship"}).class_indices(model) == (1, 0)
    with pytest.raises(SettingsError) as caught:
        MappedLabelSpace(pictures, {"water": "sea"}).class_indices(model)
    assert caught.value.message == (
        "label space pictures: no class of the model's label space model for 'boat', 'water' (maps_to 'sea')"
    )
    assert caught.value.hint == "Map them with maps_to; the model's classes are: water, ship."


def test_label_spaces_are_found_by_name() -> None:
    assert LABEL_SPACES == {"cityscapes": CITYSCAPES, "cityscapes-label-ids": CITYSCAPES_LABEL_IDS}
    with pytest.raises(KeyError):
        CITYSCAPES.index("elephant")


def test_label_ids_stand_for_train_ids() -> None:
    assert model_space(CITYSCAPES_LABEL_IDS) == CITYSCAPES
    assert model_space(CITYSCAPES) == CITYSCAPES
    assert model_space(CAMVID_12.space) == CAMVID_12.space


def test_importing_the_tables_imports_no_library() -> None:
    code = "import sys, seg2vid_interface.label_spaces; print({'numpy', 'pydantic'} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "set()"
