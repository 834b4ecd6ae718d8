import re
from pathlib import Path

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_space_files import read_label_space, read_mapped_label_space
from seg2vid_interface.label_spaces import (
    CITYSCAPES,
    LabelClass,
    LabelSpace,
    MappedClass,
    MappedLabelSpace,
)

PAGE = Path(__file__).parents[2] / "docs" / "label-maps.md"

HARBOUR = """
name = "harbour"
other = "rest"

[[classes]]
name = "water"
ids = [0]
color = [32, 64, 255]

[[classes]]
name = "ship"
color = "#c04020"
ids = [1, 7]
foreground = true

[[classes]]
name = "rest"
color = "#000000"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_label_space_is_read(tmp_path: Path) -> None:
    assert read_label_space(write(tmp_path, HARBOUR)) == LabelSpace(
        "harbour",
        (
            LabelClass("water", (32, 64, 255), (0,)),
            LabelClass("ship", (192, 64, 32), (1, 7), foreground=True),
            LabelClass("rest", (0, 0, 0)),
        ),
        other=2,
    )


def test_without_any_ids_they_are_the_positions(tmp_path: Path) -> None:
    path = write(tmp_path, HARBOUR.replace("ids = [0]", "").replace("ids = [1, 7]", ""))
    assert [label_class.label_ids for label_class in read_label_space(path).classes] == [(0,), (1,), (2,)]


def test_a_position_does_not_contradict_the_ids_that_are_given(tmp_path: Path) -> None:
    path = write(tmp_path, HARBOUR.replace("ids = [0]", "ids = [2]"))
    assert [label_class.label_ids for label_class in read_label_space(path).classes] == [(2,), (1, 7), ()]


def test_the_example_of_the_documents_is_read(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = (text for text in examples if "[[classes]]" in text)
    mapped = read_mapped_label_space(write(tmp_path, example))
    assert [mapped_class.maps_to for mapped_class in mapped.classes] == ["road", "other"]
    assert mapped.class_indices(CITYSCAPES) == (CITYSCAPES.index("road"), CITYSCAPES.index("other"))
    assert [mapped_class.ids for mapped_class in mapped.classes] == [(1, 2), (0,)]


def test_other_may_be_left_out(tmp_path: Path) -> None:
    assert read_label_space(write(tmp_path, HARBOUR.replace('other = "rest"', ""))).other is None


def test_maps_to_is_read_for_reading_and_refused_for_training(tmp_path: Path) -> None:
    path = write(tmp_path, HARBOUR.replace("ids = [1, 7]", 'ids = [1, 7]\nmaps_to = "car"'))

    mapped = read_mapped_label_space(path)
    assert [mapped_class.maps_to for mapped_class in mapped.classes] == [None, "car", None]
    assert mapped.classes[1].ids == (1, 7)
    with pytest.raises(SettingsError) as caught:
        read_label_space(path)
    assert caught.value.message == f"{path}: a model's own label space has no maps_to, but these classes do: ship"


def test_what_is_only_for_reading(tmp_path: Path) -> None:
    """A class without a colour, a colour that is another class's on purpose, layouts, a title and a source."""
    text = HARBOUR.replace('color = "#c04020"\n', "").replace('color = "#000000"', 'color = "#2040ff"\nmerge = true')
    more = 'title = "The harbour"\nsource = "its chart"\nlayouts = ["red", "ids-256"]\n'
    path = write(tmp_path, more + text)

    assert read_mapped_label_space(path) == MappedLabelSpace(
        "harbour",
        "The harbour",
        (
            MappedClass("water", (0,), (32, 64, 255)),
            MappedClass("ship", (1, 7)),
            MappedClass("rest", (), (32, 64, 255)),
        ),
        "rest",
        ("red", "ids-256"),
        "its chart",
    )
    with pytest.raises(SettingsError) as caught:
        read_label_space(path)
    assert caught.value.message == (
        f"{path}: a model paints every class in a colour of its own, but these have none: ship, rest"
    )
    assert caught.value.hint == "Leaving color out and merge are for files given to --label-format."


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_mapped_label_space(write(tmp_path, 'layouts = ["green"]\n' + HARBOUR))
    assert "layouts.0: Input should be 'ids', 'colors', 'red'" in caught.value.message


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
name = "harbour"
other = "quay"
[[classes]]
name = "water"
color = "blue"
[[classes]]
name = "ship"
color = [1, 2, 3]
ids = [4, 4]
size = 3
[[classes]]
name = "tug"
color = [1, 2, 300]
ids = [70000]
[[classes]]
name = "buoy"
color = [9, 9, 9]
ids = [5, 5]
[[classes]]
name = "buoy"
color = "#090909"
foreground = 1
[[classes]]
name = "buoy"
color = "#090909"
""",
    )

    with pytest.raises(SettingsError) as caught:
        read_label_space(path)
    assert caught.value.message.split("; ") == [
        f"{path}: class 1 (water): color: 'blue' is not #rrggbb",
        "class 2 (ship): size: Extra inputs are not permitted",
        "class 3 (tug): color.2: Input should be less than or equal to 255",
        "class 3 (tug): ids.0: Input should be less than or equal to 65535",
        "class 5 (buoy): foreground: Input should be a valid boolean",
        "the name 'buoy' is given more than once",
        "the colour (9, 9, 9) is given more than once",
        "the id 5 is given more than once",
        "other: 'quay' is not the name of a class",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = ", "not a TOML file: Invalid value (at end of document)"),
        ('name = "x"', "classes: Field required"),
        ('name = "x"\nclasses = []', "classes: List should have at least 1 item after validation, not 0"),
        (HARBOUR + 'colour = "red"', "class 3 (rest): colour: Extra inputs are not permitted"),
        ("colours = 3\n" + HARBOUR, "colours: Extra inputs are not permitted"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(SettingsError) as caught:
        read_mapped_label_space(path)
    assert caught.value.message == f"{path}: {problem}"
    assert caught.value.hint == "Correct the label space file."


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml: no such file"):
        read_label_space(tmp_path / "nothing.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_label_space(tmp_path)
