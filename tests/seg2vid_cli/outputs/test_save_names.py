import pytest

from seg2vid_cli.outputs.save_names import SAVE_NAMES, names_to_save


@pytest.mark.parametrize(
    ("frames", "has_labels", "names"),
    [
        (24, True, SAVE_NAMES),
        (24, False, ("flow", "occlusion", "first-frame", "frames")),
        (1, True, ("labels", "first-frame", "frames")),
    ],
)
def test_all_is_what_the_clip_has(frames, has_labels, names):
    assert names_to_save(frozenset({"all"}), frames=frames, has_labels=has_labels) == set(names)


def test_what_is_asked_for_by_name_is_never_left_out():
    assert names_to_save(frozenset({"labels", "flow"}), frames=1, has_labels=False) == {"labels", "flow"}
    assert names_to_save(frozenset({"all", "labels"}), frames=2, has_labels=False) == set(SAVE_NAMES)
