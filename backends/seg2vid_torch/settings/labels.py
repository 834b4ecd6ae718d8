"""Typed settings of the labels stage."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from seg2vid_interface.sizes import SizeRule
from seg2vid_torch.settings.sizes import label_sizes
from seg2vid_torch.settings.stage import CommonSettings, PositiveInt, StrictSettings, Weight, kind_or, refuse_size


class UNetSettings(StrictSettings):
    """A U-Net that begins at random."""

    kind: Literal["u-net"] = "u-net"
    channels: tuple[PositiveInt, ...] = Field(min_length=2)
    """Channels per resolution, full size first."""

    @property
    def sizes(self) -> SizeRule:
        """Which pictures it can take."""
        return label_sizes(len(self.channels) - 1)


class PretrainedUNetSettings(StrictSettings):
    """A U-Net whose way down is the beginning of EfficientNet-Lite1."""

    kind: Literal["pretrained-u-net"]
    width: Annotated[int, Field(gt=0, multiple_of=4)] = 64
    """Channels of the way up."""

    @property
    def sizes(self) -> SizeRule:
        """Which pictures it can take."""
        return label_sizes(4)


LabelsNetworkSettings = Annotated[
    Annotated[UNetSettings, Tag("u-net")] | Annotated[PretrainedUNetSettings, Tag("pretrained-u-net")],
    Discriminator(kind_or("u-net")),
]
"""The labels stage's networks, told apart by `kind`."""
LABELS_NETWORK: TypeAdapter[UNetSettings | PretrainedUNetSettings] = TypeAdapter(LabelsNetworkSettings)


class LabelsSettings(CommonSettings):
    """Training of the labels stage, whatever its network."""

    warm_up: int = Field(default=0, ge=0)
    """Steps over which the rates rise to their full height."""
    final_rate: float = Field(default=0.02, ge=0, le=1)
    """What the rates fall to, along a cosine, as a share of their full height."""
    balance: float = Field(default=0.5, ge=0, le=1)
    """Of the classes: a class counts by its share of the pixels to the power of minus this; 1 = all classes alike."""
    class_weight_limit: float = Field(default=10.0, ge=1)
    """Largest weight of a rare class, as a multiple of the mean of all pixels."""
    other_weight: Weight = 0.3
    """Factor on the weight of "other", which is what nobody labelled, and looks like anything."""
    zoom: float = Field(default=2.0, ge=1)
    """Most by which a part of a picture is magnified to the whole size."""
    color: float = Field(default=0.3, ge=0, lt=1)
    """Most by which brightness, contrast and saturation vary, as a share of them."""
    network: UNetSettings | PretrainedUNetSettings

    @model_validator(mode="after")
    def _check_size(self) -> "LabelsSettings":
        refuse_size(self, self.network.sizes.problem(self.height, self.width))
        return self


class UNetLabelsSettings(LabelsSettings):
    """Training of a U-Net that begins at random."""

    network: UNetSettings


class PretrainedLabelsSettings(LabelsSettings):
    """Training of a U-Net that begins with ImageNet's weights."""

    encoder_rate: float = Field(default=0.3, ge=0)
    """The learning rate of the way down, as a share of the rest's."""
    encoder_weights: str | None = None
    """File of EfficientNet-Lite1's weights, with which the way down begins, or "download"; not used with `initial`."""
    network: PretrainedUNetSettings

    @model_validator(mode="after")
    def _check_encoder(self) -> "PretrainedLabelsSettings":
        if self.encoder_weights is None and self.initial is None:
            raise ValueError(
                "a pretrained U-Net needs EfficientNet-Lite1's weights: --set encoder_weights=FILE (or "
                "encoder_weights=download), or --set initial=RUN"
            )
        return self
