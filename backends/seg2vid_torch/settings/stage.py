"""What the settings of all stages have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

PositiveInt = Annotated[int, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]


class StrictSettings(BaseModel):
    """A table of a preset: no key but those named here, no value changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CommonSettings(StrictSettings):
    """What all stages have."""

    height: PositiveInt
    """Pixels."""
    width: PositiveInt
    """Pixels."""
    label_space: str
    """A bundled label space's name, or the path of a TOML file; "none" for a motion stage without labels."""
    steps: int = Field(ge=0)
    """Optimizer steps; a run may be given more of them later."""
    minutes: float | None = Field(default=None, gt=0)
    """Of training, in place of a number of steps, which then does not count; a run may be given more of them later."""
    initial: str | None = None
    """What the weights begin from: a run's folder or checkpoint, a model's name or folder, or a light checkpoint (see
    `training.initial`); none = random weights."""
    batch: PositiveInt
    """Samples per step, those of all processes together."""
    accumulate: PositiveInt = 1
    """Micro-batches that a step takes its batch in, one after the other, for small memories; their gradients are added
    up, so that it is still one step.  What is computed over a batch then sees a micro-batch: batch norm, and losses
    that are means over those pixels that count.  It may be another when a run goes on."""
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

    def parts(self) -> Sequence["BatchPart"]:
        """Return what a step's samples consist of: each part is shared equally by micro-batches and processes."""
        return [BatchPart("batch", self.batch)]


@dataclass(frozen=True)
class BatchPart:
    """Samples of a step that are of one kind."""

    key: str
    """The setting that says how many there are."""
    count: int
    what: str = ""
    """Which of them, if not all."""


class PerceptualWeights(StrictSettings):
    """Weights of the losses of a stage that may compare pictures in VGG's maps."""

    perceptual: Weight = 0.0
    """Difference in VGG's maps; above 0 it needs `vgg_weights`."""


class PerceptualSettings(CommonSettings):
    """A stage that may compare pictures in VGG's maps."""

    vgg_weights: str | None = None
    """File of VGG19's weights, or "download"; for a SPADE generator VGG16's, too, or "vgg16" (see `weights`)."""
    weights: PerceptualWeights

    @model_validator(mode="after")
    def _check_vgg_weights(self) -> "PerceptualSettings":
        if self.weights.perceptual and self.vgg_weights is None:
            raise ValueError(
                f"weights.perceptual = {self.weights.perceptual:g} needs VGG19's weights: "
                "--set vgg_weights=FILE (or vgg_weights=download), or --set weights.perceptual=0 to do without"
            )
        return self


def kind_or(usual: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what tells the kind of a card's network; cards from before there were several name none: the usual one."""
    return lambda table: str(table.get("kind", usual))


def refuse_size(settings: CommonSettings, problem: str | None) -> None:
    """Raise ValueError if there is a problem with the settings' size."""
    if problem:
        raise ValueError(f"the size {settings.height}x{settings.width}: the stage {problem}")
