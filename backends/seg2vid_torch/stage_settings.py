"""What the settings of both stages have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]


class StrictSettings(BaseModel):
    """A table of a preset: no key but those named here, no value changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CommonSettings(StrictSettings):
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


def refuse_size(settings: CommonSettings, problem: str | None) -> None:
    """Raise ValueError if there is a problem with the settings' size."""
    if problem:
        raise ValueError(f"the size {settings.height}x{settings.width}: the stage {problem}")
