"""Label spaces: the classes a model knows, with the ids and colours by which pictures name them.

A class index counts 0..K-1 in the order of `LabelSpace.classes`; networks and `.labels` files use it.  For Cityscapes
indices 0..18 are the train ids and 19 is "other" (255 in files).  A `MappedLabelSpace` lets pictures of another
label space be read for a model: `CAMVID_12` and `CAMVID_32` for Cityscapes models; `label_space_files` reads others
from files.
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


@dataclass(frozen=True)
class MappedLabelSpace:
    """A label space whose pictures are read for models of another label space."""

    space: LabelSpace
    """Names what the pictures hold: `label_ids` and colours; 255 stands for its `other`."""
    maps_to: Mapping[str, str]
    """Class name -> class name of the model; a class that is not listed maps to the model's class of its own name."""

    def class_indices(self, model_space: LabelSpace) -> tuple[int, ...]:
        """Return the model's class index of each of `space.classes`.

        Raises:
            SettingsError: classes map to names that the model's label space lacks; all of them are named.
        """
        names = [self.maps_to.get(label_class.name, label_class.name) for label_class in self.space.classes]
        index_of = {label_class.name: i for i, label_class in enumerate(model_space.classes)}
        missing = [
            f"{label_class.name!r}" + (f" (maps_to {name!r})" if name != label_class.name else "")
            for label_class, name in zip(self.space.classes, names, strict=True)
            if name not in index_of
        ]
        if missing:
            raise SettingsError(
                f"label space {self.space.name}: no class of the model's label space {model_space.name} for "
                + ", ".join(missing),
                "Map them with maps_to; the model's classes are: " + ", ".join(index_of) + ".",
            )
        return tuple(index_of[name] for name in names)


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


def _mapped(name: str, other: str, table: tuple[tuple[LabelClass, str], ...]) -> MappedLabelSpace:
    classes = tuple(label_class for label_class, _ in table)
    space = LabelSpace(name, classes, other=[c.name for c in classes].index(other))
    return MappedLabelSpace(space, {label_class.name: target for label_class, target in table})


# Badrinarayanan et al., "SegNet" (arXiv 1511.00561): the usual 12 classes, in the order of its label pictures.
CAMVID_12 = _mapped(
    "CamVid 12-class",
    "Unlabelled",
    (
        (LabelClass("Sky", (128, 128, 128), (0,)), "sky"),
        (LabelClass("Building", (128, 0, 0), (1,)), "building"),
        (LabelClass("Pole", (192, 192, 128), (2,)), "pole"),
        (LabelClass("Road", (128, 64, 128), (3,)), "road"),
        (LabelClass("Pavement", (0, 0, 192), (4,)), "sidewalk"),
        (LabelClass("Tree", (128, 128, 0), (5,)), "vegetation"),
        (LabelClass("SignSymbol", (192, 128, 128), (6,)), "traffic sign"),
        (LabelClass("Fence", (64, 64, 128), (7,)), "fence"),
        (LabelClass("Car", (64, 0, 128), (8,), foreground=True), "car"),
        (LabelClass("Pedestrian", (64, 64, 0), (9,), foreground=True), "person"),
        (LabelClass("Bicyclist", (0, 128, 192), (10,), foreground=True), "rider"),
        (LabelClass("Unlabelled", (0, 0, 0), (11,), foreground=True), "other"),
    ),
)

# Brostow et al., "Semantic object classes in video" (Pattern Recognition Letters 2009): the 32 classes, by colour only.
CAMVID_32 = _mapped(
    "CamVid",
    "Void",
    (
        (LabelClass("Animal", (64, 128, 64), foreground=True), "other"),
        (LabelClass("Archway", (192, 0, 128)), "building"),
        (LabelClass("Bicyclist", (0, 128, 192), foreground=True), "rider"),
        (LabelClass("Bridge", (0, 128, 64)), "other"),
        (LabelClass("Building", (128, 0, 0)), "building"),
        (LabelClass("Car", (64, 0, 128), foreground=True), "car"),
        (LabelClass("CartLuggagePram", (64, 0, 192), foreground=True), "other"),
        (LabelClass("Child", (192, 128, 64), foreground=True), "person"),
        (LabelClass("Column_Pole", (192, 192, 128)), "pole"),
        (LabelClass("Fence", (64, 64, 128)), "fence"),
        (LabelClass("LaneMkgsDriv", (128, 0, 192)), "road"),
        (LabelClass("LaneMkgsNonDriv", (192, 0, 64)), "road"),
        (LabelClass("Misc_Text", (128, 128, 64)), "other"),
        (LabelClass("MotorcycleScooter", (192, 0, 192), foreground=True), "motorcycle"),
        (LabelClass("OtherMoving", (128, 64, 64), foreground=True), "other"),
        (LabelClass("ParkingBlock", (64, 192, 128)), "sidewalk"),
        (LabelClass("Pedestrian", (64, 64, 0), foreground=True), "person"),
        (LabelClass("Road", (128, 64, 128)), "road"),
        (LabelClass("RoadShoulder", (128, 128, 192)), "sidewalk"),
        (LabelClass("Sidewalk", (0, 0, 192)), "sidewalk"),
        (LabelClass("SignSymbol", (192, 128, 128)), "traffic sign"),
        (LabelClass("Sky", (128, 128, 128)), "sky"),
        (LabelClass("SUVPickupTruck", (64, 128, 192), foreground=True), "car"),
        (LabelClass("TrafficCone", (0, 0, 64)), "other"),
        (LabelClass("TrafficLight", (0, 64, 64)), "traffic light"),
        (LabelClass("Train", (192, 64, 128), foreground=True), "train"),
        (LabelClass("Tree", (128, 128, 0)), "vegetation"),
        (LabelClass("Truck_Bus", (192, 128, 192), foreground=True), "truck"),
        (LabelClass("Tunnel", (64, 0, 64)), "other"),
        (LabelClass("VegetationMisc", (192, 192, 0)), "terrain"),
        (LabelClass("Void", (0, 0, 0), foreground=True), "other"),
        (LabelClass("Wall", (64, 192, 0)), "wall"),
    ),
)
