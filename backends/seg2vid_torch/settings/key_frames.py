"""Typed settings of the motion stage of key frames."""

from typing import Literal

from pydantic import Field, model_validator

from seg2vid_torch.settings.sizes import KEY_FRAME_SIZES
from seg2vid_torch.settings.stage import BatchPart, CommonSettings, PositiveInt, StrictSettings, Weight, refuse_size


class KeyFrameNetworkSettings(StrictSettings):
    """The motion stage of key frames (see `networks.key_frames`)."""

    kind: Literal["key-frames"]
    chunk_frames: PositiveInt = 8
    """T: frames from one key frame to the next."""
    channels: PositiveInt = 48
    """Of the depth correction's features."""
    encoder_channels: PositiveInt = 32
    """Of the path encoder's."""

    @property
    def image_channels(self) -> int:
        """Of the frames: RGB."""
        return 3


class KeyFrameWeights(StrictSettings):
    """Weights of the losses of the depth correction and the path encoder; 0 leaves a loss out."""

    taught_path: Weight = 1.0
    """Squared error of the path that the encoder reads from the teacher's flow."""
    picture: Weight = 1.0
    """Difference of the real clips' later frames, fetched back by the geometry, to the first."""
    flow: Weight = 1.0
    """Difference of the geometry to the real clips' optical flow."""
    smooth: Weight = 0.1
    """How the correction changes from pixel to pixel."""
    small: Weight = 0.01
    """How far the correction is from none."""


class KeyFrameSettings(CommonSettings):
    """Training of the motion stage of key frames: `batch` counts the teacher's paths of a step."""

    frames_per_second: float = Field(gt=0)
    """Of the clips trained on."""
    stills: tuple[str, ...] = ()
    """Dataset roots of labelled stills, through which the teacher drives; none = the clips' own frames."""
    windows: PositiveInt = 4
    """Windows of the real clips that the correction learns from in a step."""
    correction_from: int = Field(default=0, ge=0)
    """First step that trains the correction: before, the encoder cannot yet tell real clips' paths to begin with."""
    final_rate: float = Field(default=0.05, ge=0, le=1)
    """What the learning rate falls to, along a cosine, as a share of its height."""
    correction_rate: float = Field(default=1.0, gt=0)
    """The correction's learning rate, as a share of the encoder's."""
    weights: KeyFrameWeights = KeyFrameWeights()
    network: KeyFrameNetworkSettings

    def parts(self) -> list[BatchPart]:
        """See `CommonSettings`; the encoder learns from a batch, the correction from windows."""
        return [BatchPart("batch", self.batch), BatchPart("windows", self.windows)]

    @model_validator(mode="after")
    def _check_size(self) -> "KeyFrameSettings":
        refuse_size(self, KEY_FRAME_SIZES.problem(self.height, self.width))
        if self.network.chunk_frames % 2:
            raise ValueError("network.chunk_frames must be even: the encoder sees the middle of a chunk and its end")
        return self
