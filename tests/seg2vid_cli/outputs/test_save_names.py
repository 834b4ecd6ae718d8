import pytest

from seg2vid_cli.outputs.save_names import SAVE_NAMES, names_to_save


@pytest.mark.parametrize(
    ("has", "lacking"),
    [
        ({}, set()),
        ({"has_labels": False}, {"labels"}),
        ({"has_camera": False}, {"depth", "instances", "boxes", "camera"}),
        ({"frames": 1}, {"flow", "occlusion"}),
    ],
)
def test_all_is_what_the_clip_has(has, lacking):
    clip = {"frames": 24, "has_labels": True, "has_camera": True} | has
    assert names_to_save(frozenset({"all"}), **clip) == set(SAVE_NAMES) - lacking


def test_what_is_asked_for_by_name_is_never_left_out():
    has = {"has_labels": False, "has_camera": False}
    asked = {"labels", "flow", "camera", "boxes"}
    assert names_to_save(frozenset(asked), frames=1, **has) == asked
    by_name = frozenset({"all", "labels", "depth", "instances", "boxes", "camera"})
    assert names_to_save(by_name, frames=2, **has) == set(SAVE_NAMES)
