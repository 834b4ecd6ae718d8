"""Label spaces: the classes a model knows, with the ids and colours by which pictures name them.

A class index counts 0..K-1 in the order of `LabelSpace.classes`; networks and `.labels` files use it.  For Cityscapes
indices 0..18 are the train ids and 19 is "other" (255 in files).
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class LabelClass:
    """One class."""

    name: str
    color: tuple[int, int, int]
    """RGB, 0..255, as label pictures paint it."""
    label_ids: tuple[int, ...] = ()
    """The ids that the dataset's full numbering has for this class (Cityscapes "label ids")."""
    foreground: bool = False
    """True for what moves by itself; the paper encodes its motion apart from the background's."""


@dataclass(frozen=True)
class LabelSpace:
    """An ordered set of classes."""

    name: str
    classes: tuple[LabelClass, ...]
    other: int | None = None
    """Index of the class that takes unlabelled pixels (255 in files); None if every pixel needs a class."""

    @property
    def size(self) -> int:
        """K, the number of classes."""
        return len(self.classes)

    @cached_property
    def background(self) -> tuple[int, ...]:
        """Indices of the classes that only the camera moves."""
        return tuple(i for i, c in enumerate(self.classes) if not c.foreground)

    @cached_property
    def foreground(self) -> tuple[int, ...]:
        """Indices of the classes that move by themselves."""
        return tuple(i for i, c in enumerate(self.classes) if c.foreground)

    def index(self, name: str) -> int:
        """Return the index of the class called `name`; raises KeyError."""
        for i, label_class in enumerate(self.classes):
            if label_class.name == name:
                return i
        raise KeyError(name)


# Cordts et al., "The Cityscapes Dataset" (CVPR 2016): train ids, colours and label ids.  The split is the paper's
# (background 0..10, foreground 11..19, arXiv 1903.04480); train id 19 stands for every label id without a train id.
CITYSCAPES = LabelSpace(
    name="cityscapes",
    classes=(
        LabelClass("road", (128, 64, 128), (7,)),
        LabelClass("sidewalk", (244, 35, 232), (8,)),
        LabelClass("building", (70, 70, 70), (11,)),
        LabelClass("wall", (102, 102, 156), (12,)),
        LabelClass("fence", (190, 153, 153), (13,)),
        LabelClass("pole", (153, 153, 153), (17,)),
        LabelClass("traffic light", (250, 170, 30), (19,)),
        LabelClass("traffic sign", (220, 220, 0), (20,)),
        LabelClass("vegetation", (107, 142, 35), (21,)),
        LabelClass("terrain", (152, 251, 152), (22,)),
        LabelClass("sky", (70, 130, 180), (23,)),
        LabelClass("person", (220, 20, 60), (24,), foreground=True),
        LabelClass("rider", (255, 0, 0), (25,), foreground=True),
        LabelClass("car", (0, 0, 142), (26,), foreground=True),
        LabelClass("truck", (0, 0, 70), (27,), foreground=True),
        LabelClass("bus", (0, 60, 100), (28,), foreground=True),
        LabelClass("train", (0, 80, 100), (31,), foreground=True),
        LabelClass("motorcycle", (0, 0, 230), (32,), foreground=True),
        LabelClass("bicycle", (119, 11, 32), (33,), foreground=True),
        LabelClass(
            "other", (0, 0, 0), (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30), foreground=True
        ),
    ),
    other=19,
)
