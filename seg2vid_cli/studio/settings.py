"""What a page or a program asks of a clip: the same words as `seg2vid generate`'s flags, with the same limits."""

import math
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.studio.failures import RequestError
from seg2vid_interface.driving.paths import RATES
from seg2vid_interface.validation import problems_of

MOST_FRAMES: Final = 2000
MOST_PIXELS: Final = 2048 * 2048
"""Of a frame."""
LARGEST_SEED: Final = 2**63 - 1
_NUMBER = r"[+-]?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})"
_RATES = rf"({'|'.join(RATES)})={_NUMBER}(,({'|'.join(RATES)})={_NUMBER})*"

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


def _checked_size(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,5}x[0-9]{1,5}", text):
        raise ValueError(f"{text[:20]!r} is not HEIGHTxWIDTH")
    if math.prod(map(int, text.split("x"))) > MOST_PIXELS:
        raise ValueError(f"{text} is more than {MOST_PIXELS // 2**20} megapixels")
    return text


def _checked_camera(text: str) -> str:
    if text not in CAMERA_NAMES and not re.fullmatch(_RATES, text[:200]):
        raise ValueError(f"{text[:40]!r} is none of {', '.join(CAMERA_NAMES)}, and no rates as in forward=8,yaw=3")
    return text


class Settings(BaseModel):
    """What is left out is as `seg2vid generate` has it; None likewise."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    model: Annotated[str, Field(max_length=1000)] | None = None
    """Name of a bundled or pulled model, or of that the studio was opened with."""
    backend: Annotated[str, Field(max_length=100)] | None = None
    """"auto" or a name."""
    size: Annotated[str, AfterValidator(_checked_size)] | None = None
    """HEIGHTxWIDTH in pixels."""
    frames: Annotated[int, Field(ge=1, le=MOST_FRAMES)] | None = None
    """Length, the first frame included."""
    fps: Annotated[float, Field(ge=0.1, le=240)] | None = None
    """Frames per second."""
    seed: Seed = 0
    sample: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of the clip: each has a motion of its own."""
    style: Seed | None = None
    """Seed of the first frame's look alone; None = the clip's own."""
    camera: Annotated[str, AfterValidator(_checked_camera)] | None = None
    """A name, or rates as in forward=8,yaw=3; None = drawn by the seed.  Never a file."""

    @property
    def height_width(self) -> tuple[int, int] | None:
        """The size as numbers."""
        if self.size is None:
            return None
        height, _, width = self.size.partition("x")
        return int(height), int(width)


def parse_settings(document: Any) -> Settings:
    """Return the settings of a JSON object.  Raises RequestError that names what is wrong."""
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise RequestError(f"settings: {'; '.join(problems_of(error))}") from None
