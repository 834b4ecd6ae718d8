"""Typed settings of both stages, read from a preset and `--set` overrides."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.validation import problems_of
from seg2vid_torch.sizes import MOTION_SIZES, image_sizes

PRESET_FOLDER = Path(__file__).parent / "presets"

PositiveInt = Annotated[int, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ImageNetworkSettings(_Strict):
    """The image stage's networks."""

    channels: tuple[PositiveInt, ...] = Field(min_length=2)
    """Channels of the generator per resolution, coarsest first."""
    hidden: PositiveInt
    """Channels of the labels' hidden map, from which the normalisations take their scale and shift."""
    noise_size: int = Field(ge=0)
    """Numbers in the image noise."""
    discriminator_channels: tuple[PositiveInt, ...] = Field(min_length=2)
    """Channels of the discriminator per resolution, full size first."""


class MotionNetworkSettings(_Strict):
    """The motion stage's network."""

    width: float = Field(ge=1 / 16)
    """Factor on all channels of the motion encoders, content encoder, decoder and heads; 1 = the paper's."""
    refinement_width: float = Field(ge=1 / 64)
    """Factor on all channels of the refinement; 1 = the paper's."""
    chunk_frames: PositiveInt
    """T: frames predicted at once."""
    labels: bool = True
    """Whether the network sees the classes; without them it goes on from a first frame alone."""
    paths: Literal[1, 2] = 2
    """Motion encoders: one each for background and foreground classes, or one for all; without labels 1."""
    image_channels: Literal[1, 3] = 3
    """Of the frames: RGB, or grey."""
    interpolation: Literal["bilinear", "nearest"] = "bilinear"
    """How decoder and heads double the size; the paper's network without labels takes the nearest neighbour."""
    background_latent: float = Field(default=0.5, ge=0.125, le=0.875)
    """Share of the latent that the background's motion encoder makes; the foreground's makes the rest."""
    masked_flow: bool = True
    """Whether sampling positions move by flow * mask (the paper) or by the flow alone, which keeps it exact where a
    pixel is only partly visible."""
    residual_refinement: bool = False
    """Whether the refinement adds to what was warped, or paints the frame anew (the paper)."""
    padding: Literal["zeros", "border"] = "zeros"
    """What lies outside the picture when it is warped; "zeros" is the paper's."""
    flow_scale: float = Field(default=1.0, gt=0)
    """Factor on the flow heads' outputs (the paper: 1).  In grid units a street moves by hundredths: with 1, training
    begins by unlearning flows of 60 pixels."""
    camera_prior: bool = False
    """Whether the flow heads correct the flow that a driving camera would cause (see `networks.camera_prior`); needs
    classes named road and sky.  The paper has no such prior."""

    @model_validator(mode="after")
    def _check_labels(self) -> "MotionNetworkSettings":
        if not self.labels and self.paths == 2:
            raise ValueError("paths = 2 needs labels; set paths to 1")
        if not self.labels and self.camera_prior:
            raise ValueError("camera_prior = true needs labels; set it to false")
        return self


class _StageSettings(_Strict):
    """What both stages have."""

    height: PositiveInt
    """Pixels."""
    width: PositiveInt
    """Pixels."""
    label_space: str
    """A bundled label space's name, or the path of a TOML file."""
    steps: int = Field(ge=0)
    """Optimizer steps."""
    batch: PositiveInt
    """Samples per step."""
    learning_rate: float = Field(gt=0)
    """Of Adam."""
    ema_decay: float = Field(ge=0, lt=1)
    """Decay per step of the averaged weights, which are the ones exported."""
    log_interval: PositiveInt
    """Steps between two lines of metrics."""
    checkpoint_interval: PositiveInt
    """Steps between two checkpoints."""
    sample_interval: PositiveInt
    """Steps between two samples."""


class ImageSettings(_StageSettings):
    """Training of the image stage."""

    reconstruction_weight: Weight
    """Of the pooled L1 loss."""
    adversarial_weight: Weight
    """Of the discriminator's loss on generated frames."""
    class_weight_limit: float = Field(gt=0)
    """Largest weight of a rare class in the discriminator's cross-entropy."""
    network: ImageNetworkSettings

    @model_validator(mode="after")
    def _check_size(self) -> "ImageSettings":
        levels = max(len(self.network.channels), len(self.network.discriminator_channels))
        _refuse_size(self, image_sizes(levels).problem(self.height, self.width))
        return self


class TeacherSettings(_Strict):
    """Clips made from stills by a moving camera (see `data.teacher_clips`)."""

    stills: tuple[str, ...] = ()
    """Dataset roots of labelled stills; none = the motion stage learns from real clips alone."""
    clips: int = Field(default=0, ge=0)
    """How many of the batch's clips are the teacher's."""
    refines_alone: bool = False
    """Whether the refinement learns from the teacher's clips alone.  Their flow is exact; on real clips a refinement
    learns to blur what the flow misses."""


class MotionWeights(_Strict):
    """Weights of the motion stage's losses (see `motion_losses`); 0 leaves a loss out of the sum."""

    reconstruction: Weight
    """L1 of the refined frames."""
    reconstruction_before: Weight
    """L1 of the warped frames, where visible."""
    reconstruction_back: Weight
    """L1 of the later frames warped back onto frame 0, where visible."""
    similarity: Weight
    """SSIM and L1 of the refined frames, summed over frames."""
    image_gradient: Weight
    """Difference of the refined frames' gradients: keeps them sharp."""
    smoothness: Weight
    """Bilateral smoothness of the first flow both ways."""
    consistency: Weight
    """There and back again, summed over frames."""
    visibility: Weight
    """Of what is hidden, on real clips."""
    kl: Weight
    """Per nat and clip."""
    teacher_flow: Weight
    """Per pixel of end-point error on the teacher's clips."""
    teacher_latent: Weight
    """Squared error of the code (see `geometry.camera_code`) that the motion encoders read from the teacher's clips."""
    teacher_mask: Weight
    """Cross-entropy of the masks on the teacher's clips."""


class MotionSettings(_StageSettings):
    """Training of the motion stage."""

    frames_per_second: float = Field(gt=0)
    """Of the clips trained on."""
    refined_frames: PositiveInt
    """How many of the T frames, chosen at random, are refined in a step (the paper: all)."""
    refined_from: int = Field(default=0, ge=0)
    """First step that trains the refinement, and rolls out; before it, flow and occlusion are learned alone, which
    takes half the time.  A residual refinement is the identity until then."""
    rollout_probability: float = Field(ge=0, le=1)
    """How often the real clips' input frame is the network's own prediction from T frames before, so that it learns
    to go on from what it made."""
    teacher: TeacherSettings = TeacherSettings()
    weights: MotionWeights
    network: MotionNetworkSettings

    @model_validator(mode="after")
    def _check_batch(self) -> "MotionSettings":
        _refuse_size(self, MOTION_SIZES.problem(self.height, self.width))
        if self.batch < 2:
            raise ValueError("batch must be at least 2: the refinement normalises over it")
        if self.teacher.clips >= self.batch:
            raise ValueError(f"teacher.clips = {self.teacher.clips} leaves no real clip in the batch of {self.batch}")
        if self.teacher.clips and not self.teacher.stills:
            raise ValueError("teacher.stills is needed, the roots of labelled stills, or teacher.clips=0 to do without")
        if self.teacher.refines_alone and self.teacher.clips == 1:
            raise ValueError(
                "teacher.refines_alone needs at least 2 teacher.clips: the refinement normalises over them"
            )
        if self.refined_frames > self.network.chunk_frames:
            raise ValueError(f"refined_frames is more than chunk_frames = {self.network.chunk_frames}")
        return self


def _refuse_size(settings: _StageSettings, problem: str | None) -> None:
    if problem:
        raise ValueError(f"the size {settings.height}x{settings.width}: the stage {problem}")


StageSettings = ImageSettings | MotionSettings
_MODELS: Mapping[str, type[ImageSettings] | type[MotionSettings]] = {"image": ImageSettings, "motion": MotionSettings}


def preset_names() -> list[str]:
    """Return the names of the bundled presets."""
    return sorted(path.stem for path in PRESET_FOLDER.glob("*.toml"))


def load_settings(stage: Literal["image", "motion"], preset: str, overrides: Mapping[str, str]) -> StageSettings:
    """Return the checked settings of a stage.

    Args:
        stage: which table of the preset is read.
        preset: a bundled preset's name, or the path of a TOML file with the tables [image] and/or [motion].
        overrides: dotted key -> TOML value as text ("network.width" -> "0.5"); text that is no TOML value is a string.

    Raises:
        SettingsError: unknown preset, or all that is wrong with its keys and values.
    """
    document = _read_preset(preset)
    if stage not in document:
        raise SettingsError(f"--preset {preset}: has no [{stage}] table", "Choose another preset for this stage.")
    table = document[stage]
    if not isinstance(table, dict):
        raise SettingsError(f"--preset {preset}: {stage} is a value, not a table")
    for key, value in overrides.items():
        _override(table, key, _toml_value(value))
    try:
        return _MODELS[stage].model_validate(table)
    except ValidationError as error:
        problems = "; ".join(problems_of(error))
        raise SettingsError(f"--preset {preset}, stage {stage}: {problems}", "Mend the preset or the --set.") from None


def _read_preset(preset: str) -> dict[str, Any]:
    path = PRESET_FOLDER / f"{preset}.toml" if preset in preset_names() else Path(preset)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise SettingsError(
            f"--preset {preset}: neither a bundled preset nor a file",
            f"Bundled presets: {', '.join(preset_names())}.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"--preset {preset}: not readable as TOML: {error}") from None


def _override(table: dict[str, Any], key: str, value: object) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise SettingsError(f"--set {key}: {parent} is a value, not a table")
    table[last] = value


def _toml_value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
