"""The names of `--save`; apart from the files that they stand for, as Tab asks for them before NumPy is loaded."""

SAVE_NAMES = ("labels", "flow", "occlusion", "depth", "instances", "boxes", "camera", "first-frame", "frames")
"""What can be saved beside a clip."""
ALL = "all"
"""Stands for everything that a clip has."""
BETWEEN_FRAMES = ("flow", "occlusion")
"""What a clip of one frame has not."""
BY_CAMERA = ("depth", "instances", "boxes")
"""What only a model with a camera can tell."""
OF_THINGS = ("instances", "boxes")
"""What a label map without things has not."""
FLOW_FORMATS = ("npy", "flo", "kitti")
"""How flow is saved."""


def names_to_save(asked: frozenset[str], *, frames: int, has_labels: bool, has_camera: bool) -> frozenset[str]:
    """Return `asked` with ALL spelt out for a clip of so many frames, of a model that has labels, a camera, or not."""
    if ALL not in asked:
        return asked
    lacking = {
        *(BETWEEN_FRAMES if frames < 2 else ()),
        *(() if has_labels else ("labels",)),
        *(() if has_camera else (*BY_CAMERA, "camera")),
    }
    return (asked - {ALL}) | (frozenset(SAVE_NAMES) - lacking)
