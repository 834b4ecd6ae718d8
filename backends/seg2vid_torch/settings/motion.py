"""Typed settings of the motion stage."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from seg2vid_interface.label_spaces import NO_LABELS
from seg2vid_torch.settings.key_frames import KeyFrameNetworkSettings
from seg2vid_torch.settings.sizes import MOTION_SIZES
from seg2vid_torch.settings.stage import (
    BatchPart,
    PerceptualSettings,
    PerceptualWeights,
    PositiveInt,
    StrictSettings,
    Weight,
    kind_or,
    refuse_size,
)


class MotionNetworkSettings(StrictSettings):
    """The paper's motion stage: flow and occlusion of a chunk's frames, each warped and refined."""

    kind: Literal["img2vid"] = "img2vid"
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
    background_latent: float = Field(default=0.5, gt=0, lt=1)
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
        if self.camera_prior and not 0.125 <= self.background_latent <= 0.875:
            raise ValueError("camera_prior = true needs background_latent in 0.125..0.875, for its code in both parts")
        return self


AnyMotionNetworkSettings = Annotated[
    Annotated[MotionNetworkSettings, Tag("img2vid")] | Annotated[KeyFrameNetworkSettings, Tag("key-frames")],
    Discriminator(kind_or("img2vid")),
]
"""The motion stage's networks, told apart by `kind`."""
MOTION_NETWORK: TypeAdapter[MotionNetworkSettings | KeyFrameNetworkSettings] = TypeAdapter(AnyMotionNetworkSettings)


class TeacherSettings(StrictSettings):
    """Clips made from stills by a moving camera (see `data.teacher_clips`)."""

    stills: tuple[str, ...] = ()
    """Dataset roots of labelled stills; none = the motion stage learns from real clips alone."""
    clips: int = Field(default=0, ge=0)
    """How many of the batch's clips are the teacher's."""
    refines_alone: bool = False
    """Whether the refinement learns from the teacher's clips alone.  Their flow is exact; on real clips a refinement
    learns to blur what the flow misses."""


class MotionWeights(PerceptualWeights):
    """Weights of the motion stage's losses (see `losses.motion`); 0 leaves a loss out of the sum.

    The perceptual loss is that of the warped frames, over the first 12 maps, with average pooling.
    """

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
    gradient_difference: Weight = 0.0
    """The same, divided by the number of values; the paper does not use either."""
    smoothness: Weight
    """Bilateral smoothness of the first flow both ways."""
    flow_gradient: Weight = 0.0
    """Another smoothness of the first flow both ways, by its gradient; the paper does not use it."""
    consistency: Weight
    """There and back again, summed over frames."""
    visibility: Weight
    """Of what is hidden, on real clips."""
    kl: Weight
    """Per nat and clip."""
    kl_of_batch: Weight = 0.0
    """Per 1000 nats of all clips together, as in the paper's code: with it, twice the batch counts twice."""
    teacher_flow: Weight
    """Per pixel of end-point error on the teacher's clips."""
    teacher_latent: Weight
    """Squared error of the code (see `geometry.camera_code`) that the motion encoders read from the teacher's clips."""
    teacher_mask: Weight
    """Cross-entropy of the masks on the teacher's clips."""


class MotionSettings(PerceptualSettings):
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
        refuse_size(self, MOTION_SIZES.problem(self.height, self.width))
        self._check_labels()
        if self.batch // self.accumulate < 2:
            raise ValueError("batch must be at least 2 in every micro-batch: the refinement normalises over it")
        if self.teacher.clips >= self.batch:
            raise ValueError(f"teacher.clips = {self.teacher.clips} leaves no real clip in the batch of {self.batch}")
        if self.teacher.clips and not self.teacher.stills:
            raise ValueError("teacher.stills is needed, the roots of labelled stills, or teacher.clips=0 to do without")
        if self.teacher.refines_alone and self.teacher.clips and self.teacher.clips // self.accumulate < 2:
            raise ValueError(
                "teacher.refines_alone needs at least 2 teacher.clips in a micro-batch: the refinement normalises "
                "over them"
            )
        if self.refined_frames > self.network.chunk_frames:
            raise ValueError(f"refined_frames is more than chunk_frames = {self.network.chunk_frames}")
        return self

    def parts(self) -> list[BatchPart]:
        """See `CommonSettings`; some of the clips are the teacher's."""
        taught = self.teacher.clips
        return [BatchPart("batch", self.batch - taught, "real clips"), BatchPart("teacher.clips", taught)]

    def _check_labels(self) -> None:
        without = NO_LABELS.name
        if self.network.labels and self.label_space == without:
            raise ValueError(f"label_space = {without!r} needs network.labels = false")
        if not self.network.labels and self.label_space != without:
            raise ValueError(f"network.labels = false needs label_space = {without!r}, not {self.label_space!r}")
        if not self.network.labels and (self.teacher.clips or self.teacher.stills):
            raise ValueError("the teacher needs labels: set teacher.clips to 0 and teacher.stills to []")
