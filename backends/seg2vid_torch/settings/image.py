"""Typed settings of the image stage."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from seg2vid_torch.settings.sizes import image_sizes, pix2pixhd_sizes
from seg2vid_torch.settings.stage import (
    CommonSettings,
    PerceptualSettings,
    PerceptualWeights,
    PositiveInt,
    StrictSettings,
    Weight,
    refuse_size,
)


class SpadeNetworkSettings(StrictSettings):
    """A SPADE generator, its style encoder, a segmentation discriminator and critics."""

    kind: Literal["spade"] = "spade"
    channels: tuple[PositiveInt, ...] = Field(min_length=2)
    """Channels of the generator per resolution, coarsest first."""
    hidden: PositiveInt
    """Channels of the condition's hidden map, from which the normalisations take their scale and shift."""
    style_size: int = Field(ge=0)
    """Z: numbers in a style; 0 = one look, and no style encoder."""
    style_channels: tuple[Annotated[int, Field(gt=0, multiple_of=8)], ...] = Field(
        default=(32, 64, 128, 192, 192, 192), min_length=1
    )
    """Channels of the style encoder's convolutions, each of which halves the size."""
    discriminator_channels: tuple[PositiveInt, ...] = Field(min_length=2)
    """Channels of the discriminator per resolution, full size first."""
    critic_width: PositiveInt = 64
    """Channels of the critics."""


class Pix2PixHDNetworkSettings(StrictSettings):
    """pix2pixHD's generator and discriminators (Wang et al., CVPR 2018)."""

    kind: Literal["pix2pixhd"]
    width: PositiveInt
    """Channels of the generator at full size, doubled by every downsampling; the paper: 64, and 32 with an enhancer."""
    downsamplings: PositiveInt = 4
    """Of the global generator."""
    blocks: PositiveInt = 9
    """Residual blocks of the global generator."""
    enhancer_blocks: int = Field(default=0, ge=0)
    """Residual blocks of the local enhancer around it; 0 = no enhancer; the paper: 3."""
    instance_edges: bool = True
    """Whether the generator sees the edges between instances."""
    discriminator_width: PositiveInt = 64
    """Channels of the discriminators' first layer."""
    discriminator_scales: PositiveInt = 2
    """Discriminators, each at half the size of the one before."""


def _kind(table: Mapping[str, Any]) -> str:
    """Return the kind of a card's network; cards from before there were several name none."""
    return str(table.get("kind", "spade"))


ImageNetworkSettings = Annotated[
    Annotated[SpadeNetworkSettings, Tag("spade")] | Annotated[Pix2PixHDNetworkSettings, Tag("pix2pixhd")],
    Discriminator(_kind),
]
"""The image stage's networks, told apart by `kind`."""
IMAGE_NETWORK: TypeAdapter[SpadeNetworkSettings | Pix2PixHDNetworkSettings] = TypeAdapter(ImageNetworkSettings)


class SpadeSettings(CommonSettings):
    """Training of a SPADE generator."""

    reconstruction_weight: Weight
    """Of the pooled L1 loss."""
    adversarial_weight: Weight
    """Of the discriminator's loss on generated frames."""
    class_weight_limit: float = Field(gt=0)
    """Largest weight of a rare class in the discriminator's cross-entropy."""
    network: SpadeNetworkSettings

    @model_validator(mode="after")
    def _check_size(self) -> "SpadeSettings":
        levels = max(len(self.network.channels), len(self.network.discriminator_channels))
        refuse_size(self, image_sizes(levels).problem(self.height, self.width))
        return self


class Pix2PixHDWeights(PerceptualWeights):
    """Weights of pix2pixHD's losses (see `losses.pix2pixhd`); 0 leaves a loss out of the sum.

    The perceptual loss is over five of the first 13 maps, with maximum pooling.
    """

    adversarial: Weight
    """Of the generator's least-squares loss, summed over the discriminators."""
    feature_matching: Weight
    """Difference in the discriminators' features, summed over the discriminators."""


class Pix2PixHDSettings(PerceptualSettings):
    """Training of pix2pixHD's generator."""

    decay_from: float = Field(ge=0, le=1)
    """Share of the steps after which the learning rate begins to fall, linearly to 0; 1 = it never falls.

    A run that is given more steps later goes on with the rate of this step among so many, and so ends otherwise than
    one that had them from the start, unless it began to fall in neither.
    """
    weights: Pix2PixHDWeights
    network: Pix2PixHDNetworkSettings

    @model_validator(mode="after")
    def _check_size(self) -> "Pix2PixHDSettings":
        levels = self.network.downsamplings + bool(self.network.enhancer_blocks)
        refuse_size(self, pix2pixhd_sizes(levels).problem(self.height, self.width))
        return self
