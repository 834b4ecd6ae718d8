import subprocess
import sys

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import (
    CITYSCAPES,
    CITYSCAPES_LABEL_IDS,
    LABEL_SPACES,
    LabelClass,
    LabelSpace,
    MappedClass,
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


def test_names_and_colors_are_unique() -> None:
    names = [label_class.name for label_class in CITYSCAPES.classes]
    colors = [color for c in CITYSCAPES.classes for color in (c.color, *c.more_colors)]

    assert len(set(names)) == len(names)
    assert len(set(colors)) == len(colors)


def test_mapping_falls_back_on_equal_names_and_names_every_missing_class() -> None:
    model = LabelSpace("model", (LabelClass("water", (0, 0, 1)), LabelClass("ship", (0, 0, 2))))
    boat, water = MappedClass("boat", (1,), maps_to="ship"), MappedClass("water", (2,))

    assert MappedLabelSpace("pictures", "Pictures", (boat, water)).class_indices(model) == (1, 0)
    lost = (MappedClass("boat", (1,)), MappedClass("water", (2,), maps_to="sea"))
    with pytest.raises(SettingsError) as caught:
        MappedLabelSpace("pictures", "Pictures", lost).class_indices(model)
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
    own = LabelSpace("own", (LabelClass("water", (0, 0, 1)),))
    assert model_space(own) == own


def test_importing_the_tables_imports_no_library() -> None:
    code = "import sys, seg2vid_interface.label_spaces; print({'numpy', 'pydantic'} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "set()"
