"""Typed settings of the image stage."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from seg2vid_torch.settings.sizes import image_sizes, pix2pixhd_sizes
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


ImageNetworkSettings = Annotated[
    Annotated[SpadeNetworkSettings, Tag("spade")] | Annotated[Pix2PixHDNetworkSettings, Tag("pix2pixhd")],
    Discriminator(kind_or("spade")),
]
"""The image stage's networks, told apart by `kind`."""
IMAGE_NETWORK: TypeAdapter[SpadeNetworkSettings | Pix2PixHDNetworkSettings] = TypeAdapter(ImageNetworkSettings)


class SpadeWeights(PerceptualWeights):
    """Weights of the SPADE generator's losses (see `losses`); 0 leaves a loss out.

    The first half of a batch is painted in the pictures' own style, the second in one that is drawn.
    """

    perceptual: Weight = 1.0
    """Of the first half: difference in VGG's maps, each divided by the mean of the true map; needs `vgg_weights`."""
    reconstruction: Weight = 1.0
    """Of the first half: the pooled L1 loss."""
    kl: Weight = 0.02
    """Of the first half: divergence of its styles from those that are drawn, in nats per picture."""
    light: Weight = 1.0
    """Of the second half: L1 of the pictures pooled by 16."""
    adversarial: Weight = 1.0
    """Of both halves: the segmentation discriminator's cross-entropy."""
    critics: Weight = 0.5
    """Of both halves: the critics on frozen features; needs `critic_weights`."""


class SpadeSettings(PerceptualSettings):
    """Training of a SPADE generator, its style encoder, a discriminator and critics."""

    learning_rate: float = Field(gt=0)
    """Of Adam, for generator and style encoder."""
    discriminator_learning_rate: float = Field(gt=0)
    """Of Adam, for the discriminator."""
    critic_learning_rate: float = Field(gt=0)
    """Of Adam, for the critics."""
    warm_up: int = Field(default=0, ge=0)
    """Steps over which all rates rise to their full height."""
    decay_from: float = Field(default=0.55, ge=0, le=1)
    """Share of the training after which the rates begin to fall, as a cosine does; 1 = they never fall.

    A run that is given more steps or minutes later goes on with the rates of this share of all of them.
    """
    final_rate: float = Field(default=0.04, ge=0, le=1)
    """What the rates fall to, as a share of their full height."""
    discriminator_interval: PositiveInt = 1
    """Steps between two updates of the discriminator; above 1 saves time where arithmetic is dear."""
    class_weight_limit: float = Field(default=20.0, gt=0)
    """Largest weight of a rare class in the discriminator's cross-entropy."""
    hinted: float = Field(default=0.75, ge=0, le=1)
    """Share of the first half of a batch that is painted with a hint (see `data.hints`)."""
    rolled: float = Field(default=0.0, ge=0, le=1)
    """Share of the hints that are rolled out from key frame to key frame (see `data.rolled_hints`); needs classes named
    road and sky."""
    rolled_chunks: PositiveInt = 3
    """Most chunks that a rolled hint comes through."""
    driven: float = Field(default=0.0, ge=0, le=0.5)
    """Share of the second half of a batch that a camera drives on to from what was painted (see `data.rolled_hints`);
    needs classes named road and sky."""
    driven_chunks: PositiveInt = 4
    """Most chunks that it drives."""
    critic_weights: str | None = None
    """File of the critics' frozen features, or "download" (see `weights.efficientnet_lite`)."""
    cuda_graph: bool = False
    """Whether a step is captured once and then replayed as one CUDA graph; without a GPU, or where that fails, steps
    are done one operation after the other, as always."""
    weights: SpadeWeights = SpadeWeights()
    network: SpadeNetworkSettings

    @model_validator(mode="after")
    def _check_size(self) -> "SpadeSettings":
        levels = max(len(self.network.channels), len(self.network.discriminator_channels))
        refuse_size(self, image_sizes(levels).problem(self.height, self.width))
        return self

    @model_validator(mode="after")
    def _check_training(self) -> "SpadeSettings":
        if self.batch < 2:
            raise ValueError("batch must be at least 2: half of it is painted in its own style, half in a drawn one")
        if self.weights.critics and self.critic_weights is None:
            raise ValueError(
                f"weights.critics = {self.weights.critics:g} needs the critics' frozen features: "
                "--set critic_weights=FILE (or critic_weights=download), or --set weights.critics=0 to do without"
            )
        if self.cuda_graph and self.accumulate > 1:
            raise ValueError("cuda_graph = true needs accumulate = 1: a captured step takes its batch at once")
        if self.cuda_graph and self.discriminator_interval > 1:
            raise ValueError("cuda_graph = true needs discriminator_interval = 1: every replay is the same step")
        if self.cuda_graph and (self.rolled or self.driven):
            raise ValueError("cuda_graph = true needs rolled = 0 and driven = 0: drives are longer or shorter")
        return self

    def parts(self) -> list[BatchPart]:
        """See `CommonSettings`; the second half is of those that a camera drives on to, and of the others."""
        own, drawn = self.batch // 2, self.batch - self.batch // 2
        driven = round(self.driven * drawn)
        return [
            BatchPart("batch", own, "the half in its own style"),
            BatchPart("batch", drawn - driven, "those in drawn styles that no camera drives on to"),
            BatchPart("batch", driven, "those that a camera drives on to"),
        ]


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
    """Share of the training after which the learning rate begins to fall, linearly to 0; 1 = it never falls.

    A run that is given more steps or minutes later goes on with the rate of this share of all of them, and so ends
    otherwise than one that had them from the start, unless it began to fall in neither.
    """
    weights: Pix2PixHDWeights
    network: Pix2PixHDNetworkSettings

    @model_validator(mode="after")
    def _check_size(self) -> "Pix2PixHDSettings":
        levels = self.network.downsamplings + bool(self.network.enhancer_blocks)
        refuse_size(self, pix2pixhd_sizes(levels).problem(self.height, self.width))
        return self
