"""Label spaces: the classes a model knows, with the ids and colours by which pictures name them.

A class index counts 0..K-1 in the order of `LabelSpace.classes`; networks and `.labels` files use it.  For Cityscapes
indices 0..18 are the train ids and 19 is "other" (255 in files).  A `MappedLabelSpace` lets pictures of another
label space be read for a model; `label_space_files` reads both from files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from seg2vid_interface.errors import SettingsError

Color = tuple[int, int, int]
"""RGB, 0..255."""


@dataclass(frozen=True)
class LabelClass:
    """One class."""

    name: str
    color: Color
    """As label pictures paint it."""
    label_ids: tuple[int, ...] = ()
    """The ids that the dataset's full numbering has for this class (Cityscapes "label ids")."""
    foreground: bool = False
    """True for what moves by itself; the paper encodes its motion apart from the background's."""
    more_colors: tuple[Color, ...] = ()
    """Further colours that the dataset's pictures use for this class; read, never painted."""


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


LAYOUTS = ("ids", "colors", "red", "red-instances", "red-bitmask", "ids-256", "ids-1000", "first-channel-16")
"""Where pictures of other label spaces keep the class of a pixel.

ids: in the grey value, or the palette's index.
colors: each class has a colour.
red: an id in the red channel, green and blue are 0.
red-instances: an id in the red channel, green and blue number the instances.
red-bitmask: an id in the red channel, blue and alpha number the instances, green holds flags.
ids-256, ids-1000: 16-bit grey, the id times 256 (or 1000) plus the number of the instance.
first-channel-16: an id in the first of three 16-bit channels.
"""


@dataclass(frozen=True)
class MappedClass:
    """One class of pictures that are read for models of another label space."""

    name: str
    ids: tuple[int, ...]
    """The values that stand for it."""
    color: Color | None = None
    maps_to: str | None = None
    """Name of the model's class; None: it is that of the same name."""


@dataclass(frozen=True)
class MappedLabelSpace:
    """A label space whose pictures are read for models of another label space."""

    name: str
    title: str
    """For messages, e.g. "CARLA 0.9.14 and later"."""
    classes: tuple[MappedClass, ...]
    """Of those of one colour, the colour means the first."""
    other: str | None = None
    """Name of the class that takes unlabelled pixels (255 in files); None if every pixel needs a class."""
    layouts: tuple[str, ...] = ("ids", "colors")
    """Among LAYOUTS: how its pictures keep the classes."""
    source: str = ""
    """Where the numbers are from."""

    def class_indices(self, model_space: LabelSpace) -> tuple[int, ...]:
        """Return the model's class index of each of `classes`.

        Raises:
            SettingsError: classes map to names that the model's label space lacks; all of them are named.
        """
        index_of = {label_class.name: i for i, label_class in enumerate(model_space.classes)}
        missing = [
            f"{mapped.name!r}" + (f" (maps_to {mapped.maps_to!r})" if mapped.maps_to else "")
            for mapped in self.classes
            if (mapped.maps_to or mapped.name) not in index_of
        ]
        if missing:
            raise SettingsError(
                f"label space {self.name}: no class of the model's label space {model_space.name} for "
                + ", ".join(missing),
                "Map them with maps_to; the model's classes are: " + ", ".join(index_of) + ".",
            )
        return tuple(index_of[mapped.maps_to or mapped.name] for mapped in self.classes)


# Cordts et al., "The Cityscapes Dataset" (CVPR 2016): the classes with a train id, in that order, which is also that of
# their label ids.
_TRAINED = (
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
)

# Those that have a label id alone; in the train ids they are "other".
_UNTRAINED = (
    LabelClass("unlabeled", (0, 0, 0), (0,)),
    LabelClass("ego vehicle", (0, 0, 0), (1,)),
    LabelClass("rectification border", (0, 0, 0), (2,)),
    LabelClass("out of roi", (0, 0, 0), (3,)),
    LabelClass("static", (0, 0, 0), (4,)),
    LabelClass("dynamic", (111, 74, 0), (5,), foreground=True),
    LabelClass("ground", (81, 0, 81), (6,)),
    LabelClass("parking", (250, 170, 160), (9,)),
    LabelClass("rail track", (230, 150, 140), (10,)),
    LabelClass("guard rail", (180, 165, 180), (14,)),
    LabelClass("bridge", (150, 100, 100), (15,)),
    LabelClass("tunnel", (150, 120, 90), (16,)),
    LabelClass("pole group", (153, 153, 153), (18,)),
    LabelClass("caravan", (0, 0, 90), (29,), foreground=True),
    LabelClass("trailer", (0, 0, 110), (30,), foreground=True),
)

# The split is the paper's (background 0..10, foreground 11..19, arXiv 1903.04480).  By colour alone licence plates
# cannot be told from cars, nor pole groups from poles.
CITYSCAPES = LabelSpace(
    name="cityscapes",
    classes=(
        *_TRAINED,
        LabelClass(
            "other",
            (0, 0, 0),
            tuple(label_id for label_class in _UNTRAINED for label_id in label_class.label_ids),
            foreground=True,
            more_colors=(
                (20, 20, 20),  # static, in early copies of the table
                (111, 74, 0),  # dynamic
                (81, 0, 81),  # ground
                (250, 170, 160),  # parking
                (230, 150, 140),  # rail track
                (180, 165, 180),  # guard rail
                (150, 100, 100),  # bridge
                (150, 120, 90),  # tunnel
                (0, 0, 90),  # caravan
                (0, 0, 110),  # trailer
            ),
        ),
    ),
    other=19,
)

# The full numbering of Cityscapes: a class index is the label id, and 34 the licence plate (label id -1, which label
# pictures do not hold).  Split and colours are those of the benchmark's table; where two ids share a colour, pictures
# of colours mean the first.
CITYSCAPES_LABEL_IDS = LabelSpace(
    name="cityscapes-label-ids",
    classes=(
        *sorted((*_TRAINED, *_UNTRAINED), key=lambda label_class: label_class.label_ids),
        LabelClass("licence plate", (0, 0, 142), foreground=True),
    ),
    other=0,
)

NO_LABELS = LabelSpace("none", ())
"""What a model without labels knows: nothing.  Its card has no label space; settings call this one by its name."""

LABEL_SPACES: Mapping[str, LabelSpace] = {space.name: space for space in (CITYSCAPES, CITYSCAPES_LABEL_IDS)}
"""The label spaces that can be asked for by name."""


def model_space(image_space: LabelSpace) -> LabelSpace:
    """Return the label space of a model whose image stage sees `image_space`: that one, or the coarser one behind it.

    Every class of Cityscapes' full numbering has its train id, so that such a model can take either.
    """
    return CITYSCAPES if image_space == CITYSCAPES_LABEL_IDS else image_space
