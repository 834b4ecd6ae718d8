import pytest

from seg2vid_cli.outputs.save_names import SAVE_NAMES, names_to_save


@pytest.mark.parametrize(
    ("frames", "has_labels", "has_camera", "names"),
    [
        (24, True, True, SAVE_NAMES),
        (24, True, False, ("labels", "flow", "occlusion", "first-frame", "frames")),
        (24, False, False, ("flow", "occlusion", "first-frame", "frames")),
        (1, True, True, ("labels", "depth", "instances", "boxes", "first-frame", "frames")),
    ],
)
def test_all_is_what_the_clip_has(frames, has_labels, has_camera, names):
    saved = names_to_save(frozenset({"all"}), frames=frames, has_labels=has_labels, has_camera=has_camera)
    assert saved == set(names)


def test_what_is_asked_for_by_name_is_never_left_out():
    blind = {"has_labels": False, "has_camera": False}
    assert names_to_save(frozenset({"labels", "flow", "boxes"}), frames=1, **blind) == {"labels", "flow", "boxes"}
    assert names_to_save(frozenset({"all", "labels", "depth", "instances", "boxes"}), frames=2, **blind) == set(
        SAVE_NAMES
    )
