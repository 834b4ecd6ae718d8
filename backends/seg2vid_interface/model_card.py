"""A model on disk: a folder with `model.json` (the card) and the files that it names.

A card may name files that a backend does not need, and only those that it needs have to be there: opening a model
reads the card, whose form pydantic checks, and `ModelFolder.file` checks a file that is about to be used against the
card's SHA-256.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seg2vid_interface.documents import parse_json, read_document
from seg2vid_interface.errors import MissingWeightsError, ModelError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.sizes import SizeRule
from seg2vid_interface.validation import problems_of

FORMAT_VERSION: Final = 2
CARD_NAME = "model.json"
LONGEST_SIDE: Final = 16384
"""In pixels, of any picture."""
MOST_CLASSES: Final = 255
"""Class indices are stored as uint8, and 255 means "unlabelled"."""
LARGEST_ID: Final = 65535
TEXTURE_CHANNELS: Final = 4
"""Of the white noise that an image stage with texture paints its grain from."""
FETCH_AGAIN = "Fetch or export the model again."

_FILE_NAME = re.compile(r"[^./\\:\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]{0,99}")
"""Of a file in the model's folder: on no system does it lead out of the folder; nor is it hidden."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class StageCard(_Strict):
    """One stage: its network, its files and how it was trained."""

    network: dict[str, Any]
    """The network's resolved settings, enough to build it without its weights."""
    files: dict[str, str]
    """File name -> SHA-256 of its bytes, in hexadecimal."""
    parameters: int = Field(ge=0)
    gflop_per_frame: float = Field(ge=0)
    """Floating-point operations (two per multiply-add) at the card's size, in 1e9, for one frame of a clip."""
    preset: str
    steps: int = Field(ge=0)
    """Optimizer steps of the training."""
    seed: int
    data: str
    """What it was trained on."""
    data_licence: str
    quality: dict[str, float] = {}
    """Measured on validation data: name of the measure -> value."""


class Camera(_Strict):
    """The camera through which a model sees the street."""

    focal_length: float = Field(default=1.1, ge=0.05, le=50)
    """Of the picture's width; that of Cityscapes' cameras."""
    horizon: float = Field(default=0.44, gt=0, lt=1)
    """Its row, of the height, while the camera looks straight ahead."""
    height: float = Field(default=1.2, ge=0.05, le=100)
    """Metres above the road."""


class ModelCard(_Strict):
    """What `model.json` holds."""

    format_version: Literal[2] = FORMAT_VERSION
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)
    description: str
    licence: str
    """SPDX expression of the weights' licence."""
    licence_files: dict[str, str] = {}
    """File name -> SHA-256, for licences that lie beside the weights."""
    label_space: LabelSpace | None
    """None for a model without labels."""
    height: int = Field(ge=32, le=LONGEST_SIDE)
    width: int = Field(ge=32, le=LONGEST_SIDE)
    chunk_frames: int = Field(ge=1, le=1000)
    """T: frames predicted by one network call."""
    frames_per_second: float = Field(ge=0.1, le=240)
    frames: int = Field(default=24, ge=1, le=100_000)
    """Default length of a clip."""
    latent_size: int = Field(ge=0, le=10_000_000)
    """Numbers in a motion latent at the card's size."""
    sizes: SizeRule = SizeRule()
    """Other heights and widths that the networks can take; a latent's size goes with the area."""
    grey: bool = False
    """Whether the motion stage makes grey frames, of three equal channels."""
    style_size: int = Field(ge=0, le=100_000)
    """Numbers in a style, the look of a first frame; 0 where the image stage takes none."""
    texture: bool = False
    """Whether the image stage takes a texture, white noise of `TEXTURE_CHANNELS` a pixel."""
    hints: bool = False
    """Whether the image stage paints the rest of a picture that is known in part."""
    image_label_space: LabelSpace | None = None
    """What the image stage sees, if that is finer than `label_space`."""
    instance_edges: bool = False
    """Whether the image stage sees the edges between instances."""
    image_scale: int = Field(default=1, ge=1, le=16)
    """The image stage works at so many times the height and width of the frames; its picture is averaged down."""
    camera: Camera | None = None
    """Of a model that paints key frames and samples the frames between, so that its camera drives as it is told; None =
    the paper's chunks, whose motion the latent alone says."""
    stages: dict[Literal["image", "motion", "labels"], StageCard]

    @property
    def reads_styles(self) -> bool:
        """Whether the model has a style encoder, which reads the style of a picture."""
        return "image" in self.stages and any(name.startswith("style.") for name in self.stages["image"].files)

    @property
    def segments(self) -> bool:
        """Whether the model can tell the labels of a picture, so that it makes label maps of photographs."""
        return "labels" in self.stages

    @property
    def abilities(self) -> tuple[str, ...]:
        """What the model can do, a few words each."""
        motion, image = "motion" in self.stages, "image" in self.stages
        able = {
            "first frames from labels": image,
            "clips": motion,
            "labels of every frame": motion and self.label_space is not None,
            "a camera that drives as told": motion and self.camera is not None,
            "depth and instances of every frame": motion and self.camera is not None,
            "styles by seed": image and self.style_size > 0,
            "the style of a picture": self.reads_styles,
            "pictures known in part": image and self.hints,
            "label maps of pictures": self.segments,
            "instances": image and self.instance_edges,
        }
        return tuple(ability for ability, can in able.items() if can)

    @property
    def gflop_per_frame(self) -> float:
        """GFLOP at the card's size for a frame of a clip after the first; of a model that makes no more, for that one.

        Of one that makes no pictures, for a label map.  Key frames are painted by the image stage, one for every chunk.
        """
        gflop = {name: stage.gflop_per_frame for name, stage in self.stages.items()}
        if "motion" not in gflop:
            return gflop["image"] if "image" in gflop else gflop["labels"]
        return gflop["motion"] + (gflop["image"] / self.chunk_frames if self.camera and "image" in gflop else 0.0)

    @property
    def image_labels(self) -> LabelSpace | None:
        """The label space of the image stage."""
        return self.image_label_space or self.label_space

    @property
    def sees_own_labels(self) -> bool:
        """Whether the image stage sees another label map than the motion stage: a finer one, or a larger one."""
        return self.image_label_space is not None or (self.label_space is not None and self.image_scale > 1)

    def image_size(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width at which the image stage makes a frame of this height and width."""
        return self.image_scale * height, self.image_scale * width

    def halvings(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the sizes, each about half of the next, from about the card's own up to this height and width."""
        sizes, step = [(height, width)], self.sizes.multiple
        while sizes[0][0] * sizes[0][1] > 2 * self.height * self.width:  # the nearer one to its own, in powers of two
            height, width = (max(1, round(side / 2 / step)) * step for side in sizes[0])
            sizes.insert(0, (height, width))
        return sizes

    def texture_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Return the shape of the texture for a frame of this height and width; without any, no channels."""
        return TEXTURE_CHANNELS if self.texture else 0, *self.image_size(height, width)

    def noise_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Return the shape of a chunk's noise for frames of this height and width.

        It is what fills the frame where nothing is known, or where key frames are painted, their texture there.
        """
        return 3 if self.camera is None else TEXTURE_CHANNELS, height, width

    def all_files(self) -> dict[str, str]:
        """Return file name -> SHA-256 of everything the card vouches for."""
        files = dict(self.licence_files)
        for stage in self.stages.values():
            files |= stage.files
        return files

    @model_validator(mode="after")
    def _check_file_names(self) -> Self:
        for name in self.all_files():
            if not _FILE_NAME.fullmatch(name):
                raise ValueError(f"the file name {name!r} leaves the model's folder, or is a hidden file's")
        return self

    @model_validator(mode="after")
    def _check_ranges(self) -> Self:
        rule = self.sizes
        if not all(1 <= side <= LONGEST_SIDE for side in (rule.multiple, rule.smallest, rule.area_multiple)):
            raise ValueError(f"sizes: {rule.multiple}, {rule.smallest}, {rule.area_multiple} are no sizes in pixels")
        for name in ("label_space", "image_label_space"):
            space = getattr(self, name)
            if problem := space and _problem_of(space):
                raise ValueError(f"{name}: {problem}")
        return self


def _problem_of(space: LabelSpace) -> str | None:
    """Say what is out of range in a label space; None if nothing is."""
    if not 1 <= space.size <= MOST_CLASSES:
        return f"{space.size} classes; there must be 1 to {MOST_CLASSES}"
    if space.other is not None and not 0 <= space.other < space.size:
        return f"other = {space.other} is none of the {space.size} classes"
    for label_class in space.classes:
        values = [value for color in (label_class.color, *label_class.more_colors) for value in color]
        if not all(0 <= value <= 255 for value in values):
            return f"{label_class.name!r}: a colour out of 0..255"
        if not all(0 <= value <= LARGEST_ID for value in label_class.label_ids):
            return f"{label_class.name!r}: an id out of 0..{LARGEST_ID}"
    return None


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose card was read; what its files hold is still to be checked."""

    path: Path
    card: ModelCard

    def has(self, name: str) -> bool:
        """Say whether the card names a file and it is there."""
        return name in self.card.all_files() and (self.path / name).is_file()

    def file(self, name: str, remedy: str | None = None) -> Path:
        """Return the path of a file that is to be used, which is there and what the card says.

        Raises:
            MissingWeightsError: the card does not name it, or it is not there; `remedy` is the hint.
            ModelError: it is not the file that the card means, or cannot be read.
        """
        if name not in self.card.all_files():
            raise MissingWeightsError(f"{self.path}: the model has no {name}", remedy or FETCH_AGAIN)
        if not self.has(name):
            raise MissingWeightsError(f"{self.path}: the model's file {name} is missing", remedy or FETCH_AGAIN)
        if self._is_altered(name):
            raise ModelError(f"{self.path / name}: altered, its SHA-256 is not the card's", FETCH_AGAIN)
        return self.path / name

    def check_all_files(self) -> None:
        """Raise ModelError unless every file that the card names is there, and what it says."""
        files = self.card.all_files()
        missing = [name for name in files if not self.has(name)]
        altered = [name for name in files if name not in missing and self._is_altered(name)]
        if altered:
            also = f"; missing: {', '.join(missing)}" if missing else ""
            raise ModelError(f"{self.path}: altered, by the card's SHA-256: {', '.join(altered)}{also}", FETCH_AGAIN)
        if missing:
            raise ModelError(
                f"{self.path}: {len(missing)} of {len(files)} files are missing: {', '.join(missing)}",
                "The others are intact, and enough for a backend that needs no more of them.",
            )

    def _is_altered(self, name: str) -> bool:
        try:
            return file_sha256(self.path / name) != self.card.all_files()[name]
        except OSError as error:
            raise ModelError(f"{self.path / name}: cannot be read: {error.strerror}", FETCH_AGAIN) from None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_model_folder(path: Path) -> ModelFolder:
    """Read the card of the model folder `path`; its files are checked when they are used.

    Raises:
        ModelError: what `read_card` raises.
    """
    return ModelFolder(path, read_card(path))


def read_card(path: Path) -> ModelCard:
    """Read the card of the model folder `path`.

    Raises:
        ModelError: no folder, no card, or a card that does not follow the format.
    """
    card_path = path / CARD_NAME
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder", "`seg2vid models list` lists the models by name.")
    try:
        document = parse_json(read_document(card_path))
    except FileNotFoundError:
        raise ModelError(
            f"{path}: not a model folder, it has no {CARD_NAME}", "`seg2vid models list` lists the models by name."
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{card_path}: not readable as JSON: {error}", FETCH_AGAIN) from None
    if isinstance(document, dict) and document.get("format_version") != FORMAT_VERSION:
        raise ModelError(
            f"{card_path}: format version {document.get('format_version')!r}, but this seg2vid reads {FORMAT_VERSION}",
            "Get it anew: `seg2vid models pull URL --overwrite`, or export its runs or published checkpoints again "
            "(an image stage with noise, of version 1, must be trained anew). Or install a seg2vid of its time.",
        )
    try:
        card = ModelCard.model_validate(document)
    except ValidationError as error:
        raise ModelError(f"{card_path}: not a valid model card: {'; '.join(problems_of(error))}", FETCH_AGAIN) from None
    if not card.stages:
        raise ModelError(f"{card_path}: not a valid model card: stages: there is none", FETCH_AGAIN)
    return card
